"""FDDI."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

FRAMES = [
    (b"\x50" + bytes(12) + b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4(udp(b"x" * 20)), "fddi:llc:ip:udp"),
    (b"\xc2" + bytes(30), "fddi"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 10)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 10)
