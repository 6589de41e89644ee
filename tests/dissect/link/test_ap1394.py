"""Apple's IP over IEEE 1394."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (bytes(16) + b"\x08\0" + ipv4(udp(b"x" * 20)), "ap1394:ip:udp"),
    (bytes(16) + b"\x86\xdd" + ipv6(udp(b"x" * 20)), "ap1394:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 138)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 138)
