"""Radiotap: its length, and whether a frame check sequence follows the frame."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

FRAME = b"\x08\1" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4(udp(b"x" * 20))


def header(fields: bytes = b"\0", present: int = 2) -> bytes:
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), present) + fields


FRAMES = [
    (header() + FRAME, "radiotap:wlan:llc:ip:udp"),
    (header(b"\x10") + FRAME + b"abcd", "radiotap:wlan:llc:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 127)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 127)


def test_frame_check_sequence(walk_frames):
    words = struct.pack("<I", 0)  # a second word of the presence mask
    stamped = header(bytes(8) + b"\x10", 3)
    extended = header(words + bytes(4) + bytes(8) + b"\x10", 0x80000003)
    frames = [header(b"\x10"), header(b"\0"), stamped, extended, header(b"\x10", 4)]
    table = walk_frames([frame + FRAME + b"abcd" for frame in frames], 127).table("wlan")
    assert (table["end"] - table["at"] - len(FRAME)).tolist() == [0, 4, 0, 0, 4]
    assert (table["reported"] == table["end"]).all()


def test_lengths_that_lie(walk_frames):
    walk = walk_frames([b"\0\0\4\0" + bytes(20), b"\0\0\xff\0" + bytes(20)], 127)
    assert walk.table("radiotap")["fault"].tolist() == [Fault.HEADER_LENGTH] * 2
