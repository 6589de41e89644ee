"""Netfilter log messages in either byte order."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp


def message(order: str, family: int, protocol: int | None, packet: bytes) -> bytes:
    header = b"" if protocol is None else struct.pack(order + "HHHH", 8, 1, protocol, 0)
    return bytes([family, 0, 0, 0]) + header + struct.pack(order + "HH", 4 + len(packet), 9) + packet


FRAMES = [
    (message("<", 2, 0x0008, ipv4(udp(b"x" * 20))), "nflog:ip:udp"),
    (message(">", 2, 0x0800, ipv4(udp(b"x" * 20))), "nflog:ip:udp"),
    (message("<", 10, None, ipv6(udp(b"x" * 20))), "nflog:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 239)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 239)


def test_attributes_that_do_not_end(walk_frames):
    short, many = b"\2\0\0\0" + bytes(40), b"\2\0\0\0" + struct.pack("<HH", 4, 99) * 100
    assert walk_frames([short, many], 239).table("nflog")["fault"].tolist() == [Fault.HEADER_LENGTH, Fault.CHAIN]
