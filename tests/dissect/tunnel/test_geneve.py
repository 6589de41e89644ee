"""Geneve: options and EtherTypes."""

import struct

import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp, vlan


def geneve(kind, payload, options=b"", words=None, first=0):
    length = len(options) // 4 if words is None else words
    header = struct.pack("!BBH", first | length, 0, kind) + b"\xfe\xdc\xba\0"
    return ethernet(ipv4(udp(header + options + payload, 50_000, 6081)))


@pytest.mark.parametrize(
    ("kind", "payload", "carried"),
    [
        (0x6558, ethernet(ipv4(udp())), "eth:ip:udp"), (0x0800, ipv4(udp()), "ip:udp"), (0x86DD, ipv6(udp()), "ipv6:udp"),
        (0x8100, vlan(ipv4(udp()), 7), "vlan:ip:udp"),
    ],
)  # fmt: skip
def test_ethertypes(walk_frames, kind, payload, carried):
    for options in (b"", b"\1\2\3\1" + bytes(4), bytes(252)):
        for version in (0, 0xC0):
            walk = walk_frames([geneve(kind, payload, options, first=version)])
            assert path(walk) == f"eth:ip:udp:geneve:{carried}"
            assert walk.table("geneve")["vni"].tolist() == [0xFEDCBA]


def test_options_beyond_the_datagram(walk_frames):
    walk = walk_frames([geneve(0x0800, ipv4(udp()), words=63)])
    assert walk.table("geneve")["fault"].tolist() == [Fault.HEADER_LENGTH]


def test_cut_everywhere():
    cut_everywhere(geneve(0x6558, ethernet(ipv4(udp())), bytes(8)))
