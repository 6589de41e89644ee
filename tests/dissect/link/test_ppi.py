"""PPI: any link type, and the check sequence of 802.11."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

FRAME = b"\x08\1" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4(udp(b"x" * 20))
FRAMES = [
    (struct.pack("<BBHI", 0, 0, 8, 105) + FRAME, "ppi:wlan:llc:ip:udp"),
    (struct.pack("<BBHI", 0, 0, 8, 1) + ethernet(ipv4(udp(b"x" * 20))), "ppi:eth:ip:udp"),
    (struct.pack("<BBHI", 0, 0, 8, 195) + bytes(9), "ppi:wpan"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 192)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 192)


def test_frame_check_sequence(walk_frames):
    common = struct.pack("<HHQH10s", 2, 20, 0, 1, b"")
    plain = struct.pack("<BBHI", 0, 0, 8 + len(common), 105) + common + FRAME + b"abcd"
    aligned = struct.pack("<BBHI", 0, 1, 16 + len(common), 105) + struct.pack("<HH4s", 9, 3, b"") + common + FRAME + b"abcd"
    table = walk_frames([plain, aligned], 192).table("wlan")
    assert (table["end"] - table["at"]).tolist() == [len(FRAME)] * 2
