"""L2TP version 2: the optional fields of data messages."""

import struct

import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

PPP = b"\xff\x03\0\x21" + ipv4(udp(b"1234"))


def l2tp(flags, fields, payload=PPP):
    return ethernet(ipv4(udp(struct.pack("!H", flags) + fields + payload, 50_000, 1701)))


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        (0x0002, bytes(4)), (0x4002, b"\0\x99" + bytes(4)), (0x0802, bytes(8)), (0x0202, bytes(6)),
        (0x0202, bytes(4) + b"\0\3abc"), (0x4A02, b"\0\x99" + bytes(10)), (0x0102, bytes(4)),
    ],
)  # fmt: skip
def test_fields(walk_frames, flags, fields):
    assert path(walk_frames([l2tp(flags, fields)])) == "eth:ip:udp:l2tp:ppp:ip:udp"


@pytest.mark.parametrize("flags", [0x8002, 0xC802, 0x0003, 0x0001])
def test_control_messages_and_other_versions(walk_frames, flags):
    assert path(walk_frames([l2tp(flags, bytes(10))])) == "eth:ip:udp:l2tp"


def test_lengths_that_lie(walk_frames):
    messages = [(0x0202, bytes(4) + b"\xff\xff"), (0x4002, b"\0\5" + bytes(4)), (0x4002, b"\0\x20" + bytes(4))]
    table = walk_frames([l2tp(*message) for message in messages]).table("l2tp")
    assert table["fault"].tolist() == [Fault.SHORT, Fault.TOTAL_LENGTH, Fault.NONE]
    assert int(table["inner_end"][2] - table["at"][2]) == 32


def test_cut_everywhere():
    cut_everywhere(l2tp(0x4A02, b"\0\x99" + bytes(10)))
