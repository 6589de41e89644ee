"""802.11: where the header of a data frame ends, and which frames carry nothing."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, udp

ADDRESSES = bytes(range(1, 19))
SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"


def data(payload: bytes, flags: int = 1, subtype: int = 0, more: bytes = b"", sequence: int = 0x10) -> bytes:
    fourth = bytes(6) if flags & 3 == 3 else b""
    return bytes([subtype << 4 | 8, flags, 0, 0]) + ADDRESSES + struct.pack("<H", sequence) + fourth + more + payload


FRAMES = [
    (data(SNAP + ipv4(udp(b"x" * 20))), "wlan:llc:ip:udp"),
    (data(SNAP + ipv4(udp(b"x" * 20)), 3), "wlan:llc:ip:udp"),
    (data(SNAP + ipv4(udp(b"x" * 20)), subtype=8, more=bytes(2)), "wlan:llc:ip:udp"),
    (data(SNAP + ipv4(udp(b"x" * 20)), 0x81, 8, bytes(6)), "wlan:llc:ip:udp"),
    (data(SNAP + ipv4(udp(b"x" * 20)), 2, 8, b"\0\1" + bytes(6)), "wlan:llc:ip:udp"),
    (data(SNAP + ipv4(udp(b"x" * 20)), 3, 8, b"\0\1\2" + bytes(17)), "wlan:llc:ip:udp"),
    (data(bytes(2) + SNAP + ipv4(udp(b"x" * 20)), subtype=8, more=bytes(2)), "wlan:llc:ip:udp"),
    (data(SNAP + ipv4(udp(b"x" * 20)), 0x41), "wlan"),
    (data(b"", subtype=4), "wlan"),
    (data(SNAP + ipv4(udp(b"x" * 20)), 5), "wlan"),
    (data(bytes(40), sequence=0x11), "wlan"),
    (data(SNAP + ipv4(udp(b"x" * 20)), sequence=0x11), "wlan:llc:ip:udp"),
    (data(b"\xff\xff" + bytes(28)), "wlan:ipx"),
    (data(ADDRESSES[12:] + bytes(6) + b"\x08\0" + ipv4(udp(b"x" * 20))), "wlan:eth:ip:udp"),
    (b"\x80\0" + bytes(50), "wlan"),
    (b"\xd4\0" + bytes(8), "wlan"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 105)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 105)


def test_a_protocol_version_that_does_not_exist(walk_frames):
    assert walk_frames([b"\x09\1" + bytes(40)], 105).table("wlan")["fault"].tolist() == [Fault.VERSION]
