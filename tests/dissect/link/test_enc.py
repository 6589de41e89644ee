"""OpenBSD's encapsulating interface."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (b"\2\0\0\0" + bytes(8) + ipv4(udp(b"x" * 20)), "enc:ip:udp"),
    (b"\0\0\0\x18" + bytes(8) + ipv6(udp(b"x" * 20)), "enc:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 109)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 109)
