"""Solaris IP observability."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (b"\1\2" + bytes(22) + ipv4(udp(b"x" * 20)), "ipnet:ip:udp"),
    (b"\1\x1a" + bytes(22) + ipv6(udp(b"x" * 20)), "ipnet:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 226)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 226)
