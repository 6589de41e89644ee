"""ERSPAN types II and III in GRE."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

INNER = ethernet(ipv4(udp(b"1234")))


def erspan(kind, header):
    return ethernet(ipv4(struct.pack("!HHI", 0x1000, kind, 1) + header + INNER, 47))


def test_types(walk_frames):
    frames = [
        erspan(0x88BE, b"\x10\x05\0\1\0\0\0\0"),
        erspan(0x22EB, b"\x20\x05\0\1" + bytes(8)),
        erspan(0x22EB, b"\x20\x05\0\1" + bytes(7) + b"\1" + bytes(8)),
    ]
    walk = walk_frames(frames)
    assert [path(walk, row) for row in range(3)] == ["eth:ip:gre:erspan:eth:ip:udp"] * 3


def test_other_frame_types_are_not_dissected(walk_frames):
    walk = walk_frames([erspan(0x22EB, b"\x20\x05\0\1" + bytes(6) + b"\x08\0"), erspan(0x88BE, bytes(8))])
    assert [path(walk, row) for row in range(2)] == ["eth:ip:gre:erspan"] * 2
    assert walk.table("erspan")["fault"].tolist() == [Fault.NONE, Fault.VERSION]


def test_cut_everywhere():
    cut_everywhere(erspan(0x88BE, b"\x10\x05\0\1\0\0\0\0"))
    cut_everywhere(erspan(0x22EB, b"\x20\x05\0\1" + bytes(7) + b"\1" + bytes(8)))
