"""TCP: the header, its options, and what is not there."""

import struct

import dpkt
import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere
from tests.frames import ethernet, ipv4, tcp


def walked(walk_frames, *segments):
    return walk_frames([ethernet(ipv4(segment, 6)) for segment in segments]).table("tcp")


def test_columns(walk_frames):
    segment = dpkt.tcp.TCP(sport=1, dport=65_535, seq=0xFFFFFFFF, ack=0x80000000, flags=0x1C2, win=65_535, data=b"123")
    table = walked(walk_frames, bytes(segment))
    names = ("srcport", "dstport", "seq_raw", "ack_raw", "flags", "window", "hdr_len", "len", "shown")
    assert [int(table[name][0]) for name in names] == [1, 65_535, 0xFFFFFFFF, 0x80000000, 0x1C2, 65_535, 20, 3, 1]


def test_options(walk_frames):
    sack = b"\x05\x12" + struct.pack("!IIII", 10, 20, 0xFFFFFFF0, 0x10)
    options = b"\x02\x04\x05\xb4" + b"\x01\x03\x03\x0f" + b"\x08\x0a" + struct.pack("!II", 0xFFFFFFFF, 7) + b"\x04\x02" + sack
    table = walked(walk_frames, tcp(options=options + bytes(-len(options) % 4)))
    names = ("mss", "shift", "sack_blocks", "sack_bytes", "tsval", "tsecr", "fault")
    assert [int(table[name][0]) for name in names] == [1460, 14, 2, 42, 0xFFFFFFFF, 7, 0]


@pytest.mark.parametrize("options", [b"\x01\x01\x01\x08", b"\x08\x00\0\0", b"\x08\x0a\0\0"])
def test_option_lists_that_break_off(walk_frames, options):
    assert walked(walk_frames, tcp(options=options))["fault"].tolist() == [Fault.OPTIONS]


def test_16_bytes_make_a_conversation(walk_frames):
    table = walked(walk_frames, *(tcp()[:size] for size in (3, 4, 15, 16, 19, 20)))
    assert table["carries"].tolist() == [-1, -1, -1, 0, 0, 0]
    assert table["srcport"].tolist() == [0, *[4000] * 5]
    assert table["shown"].tolist() == [0, 0, 0, 0, 0, 1]
    assert table["len"].tolist() == [-1, -1, -1, -1, -1, 0]


@pytest.mark.parametrize(("offset", "length"), [(0x40, 8), (0xF0, -1)])
def test_data_offset(walk_frames, offset, length):
    segment = tcp(b"1234")
    table = walked(walk_frames, segment[:12] + bytes([offset]) + segment[13:])
    assert table["len"].tolist() == [length]
    assert table["carries"].tolist() == [0]


def test_cut_everywhere():
    cut_everywhere(ethernet(ipv4(tcp(b"12", options=b"\x02\x04\x05\xb4\x03\x03\x07\x00"), 6)))
