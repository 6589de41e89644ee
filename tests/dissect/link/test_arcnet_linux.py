"""ARCNET from Linux."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

FRAMES = [
    (b"\1\2\0\0\xd4\0\0\0" + ipv4(udp(b"x" * 20)), "arcnet:ip:udp"),
    (b"\1\2\0\0\xf0" + ipv4(udp(b"x" * 20)), "arcnet:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 129)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 129)
