"""ARCNET from BSD."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

FRAMES = [
    (b"\1\2\xd4\0\0\0" + ipv4(udp(b"x" * 20)), "arcnet:ip:udp"),
    (b"\1\2\xf0" + ipv4(udp(b"x" * 20)), "arcnet:ip:udp"),
    (b"\1\2\xd4\xff\0\0\xd4\0\0\0" + ipv4(udp(b"x" * 20)), "arcnet:ip:udp"),
    (b"\1\2\xdd\0\0\0" + bytes(9), "arcnet:ddp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 7)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 7)
