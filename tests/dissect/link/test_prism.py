"""Prism headers."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

FRAME = b"\x08\1" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4(udp(b"x" * 20))
FRAMES = [
    (struct.pack("<II", 0x44, 144) + bytes(136) + FRAME, "prism:wlan:llc:ip:udp"),
    (struct.pack("!II", 0x80211001, 64) + bytes(56) + FRAME, "prism:wlan:llc:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 119)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 119)
