"""UDP: which lengths are believed, and which tunnel the ports tell."""

import struct

import dpkt
import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

VXLAN = b"\x08\0\0\0\0\0\x01\0" + ethernet(ipv4(udp()))


def test_columns(walk_frames):
    packet = dpkt.udp.UDP(sport=0, dport=65_535, data=b"12345")
    packet.ulen = len(packet)
    table = walk_frames([ethernet(ipv4(bytes(packet)))]).table("udp")
    assert [int(table[name][0]) for name in ("srcport", "dstport", "length", "len", "version")] == [0, 65_535, 13, 5, 4]


@pytest.mark.parametrize(
    ("length", "fault", "payload"),
    [(8, Fault.NONE, 0), (10, Fault.NONE, 2), (12, Fault.NONE, 4), (1000, Fault.TOTAL_LENGTH, 992), (7, Fault.HEADER_LENGTH, -1)],
)
def test_length(walk_frames, length, fault, payload):
    for frame in (ethernet(ipv4(udp(b"1234", length=length))), ethernet(ipv6(udp(b"1234", length=length)), 0x86DD)):
        table = walk_frames([frame]).table("udp")
        assert table["fault"].tolist() == [fault]
        assert table["len"].tolist() == [payload]
        assert table["carries"].tolist() == [-1 if payload < 0 else 0]


def test_a_length_of_0_is_all_of_an_ipv6_packet_and_wrong_in_ipv4(walk_frames):
    walk = walk_frames([ethernet(ipv6(udp(b"1234", length=0)), 0x86DD), ethernet(ipv4(udp(b"1234", length=0)))])
    assert walk.table("udp")["len"].tolist() == [4, -1]
    assert walk.table("udp")["carries"].tolist() == [0, -1]


def test_ports_are_there_before_the_rest(walk_frames):
    table = walk_frames([ethernet(ipv4(udp()[:size])) for size in (3, 4, 7)]).table("udp")
    assert table["srcport"].tolist() == [0, 4000, 4000]
    assert table["carries"].tolist() == [-1, -1, -1]


def test_either_port_tells_the_tunnel(walk_frames):
    walk = walk_frames([ethernet(ipv4(udp(VXLAN, *ports))) for ports in ((50_000, 4789), (4789, 50_000), (50_000, 8472))])
    assert [path(walk, row) for row in range(3)] == ["eth:ip:udp:vxlan:eth:ip:udp"] * 2 + ["eth:ip:udp"]


def test_the_lower_port_tells_it_first(walk_frames):
    assert path(walk_frames([ethernet(ipv4(udp(VXLAN, 4790, 4789)))])) == "eth:ip:udp:vxlan:eth:ip:udp"


def test_without_payload_there_is_no_tunnel(walk_frames):
    assert path(walk_frames([ethernet(ipv4(udp(b"", 50_000, 4789)))])) == "eth:ip:udp"


def test_padding_behind_the_length_is_outside(walk_frames):
    frame = ethernet(ipv4(udp(b"1234" + bytes(10), length=12)))
    table = walk_frames([frame]).table("udp")
    assert (table["inner_end"] - table["inner"]).tolist() == [4]
    assert struct.unpack("!H", frame[38:40]) == (12,)


def test_cut_everywhere():
    cut_everywhere(ethernet(ipv4(udp(VXLAN, 50_000, 4789))))
