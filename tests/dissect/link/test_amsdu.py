"""A-MSDU: the first subframe."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

SNAP = b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4(udp(bytes(20)))
FRAME = b"\x88\1" + bytes(22) + b"\x80\0" + bytes(12) + struct.pack("!H", len(SNAP)) + SNAP
FRAMES = [
    (FRAME, "wlan:wlan_aggregate:llc:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 105)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 105)


def test_a_length_beyond_the_frame(walk_frames):
    walk = walk_frames([FRAME[:38] + b"\xff\xff" + FRAME[40:]], 105)
    assert walk.table("wlan_aggregate")["fault"].tolist() == [Fault.TOTAL_LENGTH]
