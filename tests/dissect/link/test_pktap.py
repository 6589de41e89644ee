"""Apple's packet tap."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

FRAMES = [
    (struct.pack("<III", 108, 1, 1) + bytes(96) + ethernet(ipv4(udp(b"x" * 20))), "pktap:eth:ip:udp"),
    (struct.pack("<III", 108, 1, 12) + bytes(96) + ipv4(udp(b"x" * 20)), "pktap:raw:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 258)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 258)
