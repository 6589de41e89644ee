"""IPv4: which lengths are believed, and what is carried."""

import dpkt
import pytest

from analyzer.dissect.network.ipv4 import COLUMNS
from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, tcp, udp


def test_columns(walk_frames):
    packet = dpkt.ip.IP(src=b"\1\2\3\4", dst=b"\5\6\7\x08", tos=0xB8, id=4711, df=1, ttl=3, p=17, opts=b"\1\1\1\0", data=udp())
    packet.hl = 6
    packet.len = len(packet)
    table = walk_frames([ethernet(bytes(packet))]).table("ip")
    assert {name: int(table[name][0]) for name in COLUMNS} == {
        "hdr_len": 24, "tos": 0xB8, "id": 4711, "fragment": 0x4000, "ttl": 3, "proto": 17,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("total", "fault", "payload"),
    [(0, Fault.NONE, 25), (45, Fault.NONE, 25), (40, Fault.NONE, 20), (1000, Fault.TOTAL_LENGTH, 25)],
)
def test_total_length(walk_frames, total, fault, payload):
    walk = walk_frames([ethernet(ipv4(tcp(b"12345"), 6, total=total))])
    table = walk.table("ip")
    assert table["fault"].tolist() == [fault]
    assert (table["inner_reported"] - table["inner"]).tolist() == [payload]
    assert path(walk) == "eth:ip:tcp"


def test_without_payload_nothing_is_carried(walk_frames):
    assert path(walk_frames([ethernet(ipv4(b"", 6) + bytes(26))])) == "eth:ip"


@pytest.mark.parametrize("total", [1, 19])
def test_total_length_below_the_header(walk_frames, total):
    walk = walk_frames([ethernet(ipv4(tcp(), 6, total=total))])
    assert walk.table("ip")["fault"].tolist() == [Fault.TOTAL_LENGTH]
    assert path(walk) == "eth:ip"


@pytest.mark.parametrize(("first", "fault"), [(0x44, Fault.HEADER_LENGTH), (0x4F, Fault.HEADER_LENGTH), (0x55, Fault.VERSION)])
def test_first_byte(walk_frames, first, fault):
    walk = walk_frames([ethernet(bytes([first]) + ipv4(tcp(), 6, total=200)[1:])])
    assert walk.table("ip")["fault"].tolist() == [fault]
    assert path(walk) == "eth:ip"


def test_ipv6_in_its_place(walk_frames):
    walk = walk_frames([ethernet(ipv6(udp())), ethernet(ipv4(ipv6(udp()), 4))])
    assert path(walk, 0) == "eth:ip:ipv6:udp"
    assert path(walk, 1) == "eth:ip:ip:ipv6:udp"
    assert walk.table("udp")["version"].tolist() == [6, 6]
    assert walk.table("udp")["network"].tolist() == [14, 62 + 14 + 20]


def test_tunnels(walk_frames):
    walk = walk_frames(
        [ethernet(ipv4(ipv4(udp()), 4)), ethernet(ipv4(ipv6(udp()), 41)), ethernet(ipv4(ethernet(ipv4(udp())), 143))]
    )
    assert [path(walk, row) for row in range(3)] == ["eth:ip:ip:udp", "eth:ip:ipv6:udp", "eth:ip:eth:ip:udp"]


def test_fragments_stop_here(walk_frames):
    walk = walk_frames([ethernet(ipv4(udp(), more=True)), ethernet(ipv4(udp(), offset=8)), ethernet(ipv4(udp()))])
    assert walk.table("ip")["carries"].tolist() == [-2, -2, 17]


def test_cut_everywhere():
    cut_everywhere(ethernet(ipv4(tcp(b"12345"), 6)))
    cut_everywhere(ethernet(ipv4(ipv6(ipv4(udp(b"123")), 4), 41)))
