"""ICMP: echo fields, and what errors quote."""

import struct

import dpkt
import pytest

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, tcp, udp


def icmp(kind, payload=b"", code=0, rest=b"\0\0\0\0"):
    return ethernet(ipv4(struct.pack("!BBH", kind, code, 0) + rest + payload, 1))


@pytest.mark.parametrize("kind", [0, 8])
def test_echo(walk_frames, kind):
    message = bytes(dpkt.icmp.ICMP(type=kind, data=dpkt.icmp.ICMP.Echo(id=0x1234, seq=7, data=b"payload")))
    table = walk_frames([ethernet(ipv4(message, 1))]).table("icmp")
    assert [int(table[name][0]) for name in ("type", "code", "ident", "seq", "carries")] == [kind, 0, 0x1234, 7, -1]


@pytest.mark.parametrize("kind", [3, 4, 5, 11, 12])
def test_an_error_quotes(walk_frames, kind):
    walk = walk_frames([icmp(kind, ipv4(udp(b"12345678")), 1)])
    assert path(walk) == "eth:ip:icmp:ip:udp"
    assert walk.table("ip")["quoted"].tolist() == [0, 1]
    assert walk.table("udp")["quoted"].tolist() == [1]
    assert walk.table("icmp")["code"].tolist() == [1]


def test_only_errors_quote(walk_frames):
    walk = walk_frames([icmp(kind, ipv4(udp())) for kind in range(256) if kind not in (3, 4, 5, 11, 12)])
    assert walk.table("udp") is None


def test_64_bits_of_tcp_are_no_conversation(walk_frames):
    walk = walk_frames([icmp(3, ipv4(tcp(), 6)[: 20 + size]) for size in (8, 15, 16, 20)])
    assert walk.table("tcp")["carries"].tolist() == [-1, -1, 0, 0]
    assert walk.table("tcp")["srcport"].tolist() == [4000] * 4


def test_of_what_a_redirect_quotes_64_bits_are_read(walk_frames):
    walk = walk_frames([icmp(5, ipv4(tcp(), 6), rest=b"\x0a\0\0\1")])
    assert walk.table("tcp")["carries"].tolist() == [-1]


def test_extensions_are_behind_the_quotation(walk_frames):
    quoted = ipv4(udp(bytes(100)), total=500).ljust(128, b"\0")
    walk = walk_frames([icmp(11, quoted + b"\x20\0\0\0\0\x08\1\1\0\1\1\xff", rest=b"\0\x20\0\0")])
    assert path(walk) == "eth:ip:icmp:ip:udp"


def test_an_error_within_an_error(walk_frames):
    inner = b"\x03\1\0\0\0\0\0\0" + ipv4(udp())
    walk = walk_frames([icmp(3, ipv4(inner, 1)), icmp(3, ipv6(udp()))])
    assert path(walk, 0) == "eth:ip:icmp:ip:icmp:ip:udp"
    assert path(walk, 1) == "eth:ip:icmp:ip:ipv6:udp"


def test_cut_everywhere():
    cut_everywhere(icmp(3, ipv4(tcp(b"1234"), 6)))
    cut_everywhere(icmp(5, ipv4(udp())))
    cut_everywhere(icmp(8, b"abcd"))
