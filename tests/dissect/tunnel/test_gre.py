"""GRE: its optional fields, and what the protocol type tells."""

import struct

import pytest
from scapy.layers.inet import IP
from scapy.layers.l2 import GRE

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

INNER = ipv4(udp(b"1234"))


def gre(flags, kind, payload):
    return ethernet(ipv4(struct.pack("!HH", flags, kind) + payload, 47))


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        (0, b""), (0x8000, bytes(4)), (0x2000, bytes(4)), (0x1000, bytes(4)), (0xB000, bytes(12)), (0x0800, b""), (0x0700, b""),
        (0x0080, b""), (0x0001, b""), (0x0007, b""), (0x0078, b""), (0x4000, bytes(8)),
        (0x4000, bytes(4) + b"\x08\0\0\4" + bytes(4) + bytes(4)), (0xF000, bytes(16)),
    ],
)  # fmt: skip
def test_fields(walk_frames, flags, fields):
    assert path(walk_frames([gre(flags, 0x0800, fields + INNER)])) == "eth:ip:gre:ip:udp"


def test_as_scapy_builds_it(walk_frames):
    header = GRE(proto=0x0800, chksum_present=1, key_present=1, seqnum_present=1, key=0xFEDCBA98)
    walk = walk_frames([ethernet(bytes(IP(proto=47) / header / INNER))])
    assert path(walk) == "eth:ip:gre:ip:udp"
    assert walk.table("gre")["key"].tolist() == [0xFEDCBA98]


@pytest.mark.parametrize(
    ("kind", "payload", "carried"),
    [
        (0x86DD, ipv6(udp()), "ipv6:udp"), (0x6558, ethernet(INNER), "eth:ip:udp"),
        (0x880B, b"\xff\x03\0\x21" + INNER, "ppp:ip:udp"),
        (0x8847, b"\0\1\1\x40" + INNER, "mpls:ip:udp"), (0x883E, INNER, "ip:udp"), (0x883E, b"\0\1\2\3" + INNER, "ip:udp"),
        (0x88BE, ethernet(INNER), "eth:ip:udp"), (0x2000, b"1234", "cdp"), (0x8200, b"1234", "wlan"),
    ],
)  # fmt: skip
def test_what_it_carries(walk_frames, kind, payload, carried):
    assert path(walk_frames([gre(0, kind, payload)])) == f"eth:ip:gre:{carried}"


def test_enhanced_gre_acknowledges(walk_frames):
    walk = walk_frames([gre(0x3081, 0x880B, bytes(12) + b"\0\x21" + INNER), gre(0x3001, 0x880B, bytes(8) + b"\x21" + INNER)])
    assert [path(walk, row) for row in range(2)] == ["eth:ip:gre:ppp:ip:udp"] * 2
    assert path(walk_frames([gre(0x2081, 0x880B, bytes(8))])) == "eth:ip:gre"


def test_over_udp(walk_frames):
    assert path(walk_frames([ethernet(ipv4(udp(b"\0\0\x08\0" + INNER, 50_000, 4754)))])) == "eth:ip:udp:gre:ip:udp"


def test_endless_routes_are_capped(walk_frames):
    walk = walk_frames([gre(0x4000, 0x0800, bytes(4) + b"\x08\0\0\0" * 100)])
    assert path(walk) == "eth:ip:gre"
    assert walk.table("gre")["fault"].any()


def test_cut_everywhere():
    cut_everywhere(gre(0xF000, 0x0800, bytes(8) + bytes(4) + bytes(4) + INNER))
    cut_everywhere(gre(0x3081, 0x880B, bytes(12) + b"\0\x21" + INNER))
