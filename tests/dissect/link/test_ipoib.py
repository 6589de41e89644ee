"""IP over InfiniBand."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (bytes(40) + b"\x08\0\0\0" + ipv4(udp(b"x" * 20)), "ipoib:ip:udp"),
    (bytes(40) + b"\x86\xdd\0\0" + ipv6(udp(b"x" * 20)), "ipoib:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 242)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 242)
