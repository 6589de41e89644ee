"""MACsec that is not encrypted."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

FRAMES = [
    (ethernet(b"\0\0\0\0\0\1\x08\0" + ipv4(udp(b"x" * 20)) + bytes(16), 0x88E5), "eth:macsec:ip:udp"),
    (ethernet(b"\x20" + bytes(13) + b"\x86\xdd" + ipv6(udp(b"x" * 20)) + bytes(16), 0x88E5), "eth:macsec:ipv6:udp"),
    (ethernet(b"\x2c" + bytes(60), 0x88E5), "eth:macsec"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)
