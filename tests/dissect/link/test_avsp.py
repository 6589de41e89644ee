"""Arista's time stamps."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

FRAMES = [
    (ethernet(b"\0\1\0\x10" + bytes(8) + b"\x08\0" + ipv4(udp(b"x" * 20)), 0xD28B), "eth:avsp:ip:udp"),
    (ethernet(b"\0\1\1\x20" + bytes(6) + b"\x86\xdd" + ipv6(udp(b"x" * 20)), 0xD28B), "eth:avsp:ipv6:udp"),
    (ethernet(b"\0\2\0\x10" + bytes(30), 0xD28B), "eth:avsp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)
