"""GTP-U: optional fields, extension headers, and what a G-PDU holds."""

import struct

import pytest
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.layers.inet import IP, UDP

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

INNER = ipv4(udp(b"1234"))


def gtp(flags, payload, kind=255, length=None):
    header = struct.pack("!BBHI", flags, kind, len(payload) if length is None else length, 0xFEDCBA98)
    return ethernet(ipv4(udp(header + payload, 50_000, 2152)))


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        (0x30, b""), (0x32, bytes(4)), (0x31, bytes(4)), (0x34, bytes(4)), (0x33, b"\0\0\0\x85"), (0x34, b"\0\0\0\x85\1\0\1\0"),
        (0x37, b"\0\0\0\x85\2\0\1\0\0\0\0\x40\1\0\1\0"),
    ],
)  # fmt: skip
def test_fields(walk_frames, flags, fields):
    walk = walk_frames([gtp(flags, fields + INNER)])
    assert path(walk) == "eth:ip:udp:gtp:ip:udp"
    assert walk.table("gtp")["teid"].tolist() == [0xFEDCBA98]


def test_as_scapy_builds_it(walk_frames):
    packet = IP() / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=7, E=1) / GTPPDUSessionContainer(QFI=9) / IP() / UDP(dport=9)
    walk = walk_frames([ethernet(bytes(packet))])
    assert path(walk) == "eth:ip:udp:gtp:ip:udp"
    assert walk.table("gtp")["teid"].tolist() == [7]


@pytest.mark.parametrize(
    ("payload", "carried"),
    [
        (ipv6(udp()), ":ipv6:udp"), (ethernet(INNER), ":eth:ip:udp"), (ethernet(ipv6(udp()), 0x86DD), ":eth:ipv6:udp"),
        (ethernet(INNER, 0x88F7), ""), (b"\x4f" + INNER[1:], ""), (b"\xff\x03\0\x21" + INNER, ""), (b"", ""),
    ],
)  # fmt: skip
def test_what_a_g_pdu_holds(walk_frames, payload, carried):
    assert path(walk_frames([gtp(0x30, payload)])) == f"eth:ip:udp:gtp{carried}"


def test_other_messages_hold_nothing(walk_frames):
    walk = walk_frames([gtp(0x30, INNER, kind) for kind in (1, 26, 254)] + [gtp(0x20, INNER), gtp(0x48, INNER)])
    assert [path(walk, row) for row in range(5)] == ["eth:ip:udp:gtp"] * 5
    assert walk.table("gtp")["message"].tolist() == [1, 26, 254, 255, 255]


def test_the_length_field_ends_the_packet(walk_frames):
    walk = walk_frames([gtp(0x30, INNER, length=30), gtp(0x30, INNER, length=300), gtp(0x30, INNER, length=0)])
    ends = walk.table("gtp")["inner_reported"] - walk.table("gtp")["at"]
    assert ends.tolist() == [38, 8 + len(INNER), 8]
    assert [path(walk, row) for row in range(3)] == ["eth:ip:udp:gtp:ip:udp"] * 2 + ["eth:ip:udp:gtp"]


def test_extensions_that_lie(walk_frames):
    walk = walk_frames([gtp(0x34, b"\0\0\0\x85\0\0\1\0" + INNER), gtp(0x34, b"\0\0\0\x85\xff\0\1\0" + INNER)])
    assert [path(walk, row) for row in range(2)] == ["eth:ip:udp:gtp"] * 2
    assert walk.table("gtp")["fault"].tolist() == [Fault.HEADER_LENGTH, Fault.SHORT]


def test_version_0(walk_frames):
    header = struct.pack("!BBH", 0x1E, 255, len(INNER)) + bytes(16)
    walk = walk_frames([ethernet(ipv4(udp(header + INNER, 50_000, port))) for port in (2152, 3386)])
    assert [path(walk, row) for row in range(2)] == ["eth:ip:udp:gtp:ip:udp"] * 2


def test_cut_everywhere():
    cut_everywhere(gtp(0x34, b"\0\0\0\x85\1\0\1\0" + INNER))
    cut_everywhere(gtp(0x30, ethernet(INNER)))
