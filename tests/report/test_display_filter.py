"""Display filters: meaning, and errors that show the place."""

from __future__ import annotations

import struct

import pytest

from analyzer.report.display_filter import DisplayFilter, FilterError
from tests.frames import ethernet, ipv4, ipv6, tcp, udp, vlan

from .conftest import Make

#: 1 TCP SYN, 2 TCP with HTTP, 3 UDP in a VLAN, 4 UDP over IPv6, 5 ICMP quoting frame 3, 6 LLDP
DATAGRAM = ipv4(udp(b"name", 5353, 53), source="192.168.7.1", destination="224.0.0.251")
FRAMES = [
    ethernet(ipv4(tcp(b"", 0x02, 99, 0), 6)),
    ethernet(ipv4(tcp(b"GET / HTTP/1.1\r\n", 0x18, 100, 1), 6)),
    ethernet(vlan(DATAGRAM, 100), 0x8100),
    ethernet(ipv6(udp(b"x" * 100)), 0x86DD),
    ethernet(ipv4(struct.pack("!BBHI", 3, 3, 0, 0) + DATAGRAM, 1, source="10.1.0.9", destination="192.168.7.1")),
    ethernet(b"\x02\x07\x04", 0x88CC),
]


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("tcp", [1, 2]),
        ("!tcp", [3, 4, 5, 6]),
        ("not tcp and not lldp", [3, 4, 5]),
        ("frame", [1, 2, 3, 4, 5, 6]),
        ("vlan", [3]),
        ("udp", [3, 4, 5]),
        ("icmp || lldp", [5, 6]),
        ("ip.addr == 10.0.0.1", [1, 2]),
        ("ip.addr == 10.0.0.0/8", [1, 2, 5]),
        ("ip.addr != 10.0.0.1", [3, 5]),
        ("!(ip.addr == 10.0.0.1)", [3, 4, 5, 6]),
        ("ip.addr !== 10.0.0.1", [1, 2, 3, 5]),
        ("ip.src === 10.0.0.1", [1, 2]),
        ("ip.dst > 200.0.0.0", [3, 5]),
        ("ip.src ne 10.0.0.0/15", [3]),
        ("ipv6.addr == 2001:db8::/32", [4]),
        ("ipv6.src == 2001:db8::2", []),
        ("ipv6.dst >= 2001:db8::2", [4]),
        ("ipv6.addr != 2001:db8::1", []),
        ("eth.dst == 02-00-00-00-00-02", [1, 2, 3, 4, 5, 6]),
        ("eth.src == 0200.0000.0001", [1, 2, 3, 4, 5, 6]),
        ("eth.addr < 02:00:00:00:00:01", []),
        ("tcp.port == 80", [1, 2]),
        ("tcp.port in {22, 4000..5000}", [1, 2]),
        ("udp.port in {53,5353}", [3, 5]),
        ("tcp.port not in {80}", [3, 4, 5, 6]),
        ("not tcp.port in {80}", [3, 4, 5, 6]),
        ("all tcp.port > 1024", []),
        ("any tcp.port > 1024", [1, 2]),
        ("any tcp.port != 80", [1, 2]),
        ("tcp.flags & 0x02", [1]),
        ("tcp.flags & 0x18 == 0x18", [2]),
        ("tcp.flags == 0x018", [2]),
        ("tcp.flags.syn == 1", [1]),
        ("tcp.flags.syn == false", [2]),
        ("tcp.flags.syn", [1, 2]),
        ("tcp.len gt 0", [2]),
        ("tcp.len == 020", [2]),
        ("tcp.len == '\\x10'", None),
        ("frame.number >= 2 && frame.number <= 0x3", [2, 3]),
        ("frame.time_relative > 0.0025", [4, 5, 6]),
        ("frame.time_epoch == .003", [4]),
        ('frame.time >= "1970-01-01T00:00:00.004Z"', [5, 6]),
        ("frame.time < 1970-01-01", []),
        ("frame.len > 100", [4]),
        ("vlan.id eq 100", [3]),
        ("icmp.type == 3 and icmp.code != 4", [5]),
        ("icmp.quoted_stream == 0", [5]),
        ("udp.stream == 0", [3, 5]),
        ('frame.protocols contains "vlan"', [3]),
        ('frame.protocols matches "^ETH:ETHERTYPE:IP:(tcp|icmp)"', [1, 2, 5]),
        ('frame.protocols == "eth:ethertype:lldp"', [6]),
        ('tcp contains "HTTP"', [2]),
        ("frame contains 47:45:54", [2]),
        ('tcp matches r"http/1\\.[01]"', [2]),
        ("udp contains name", [3, 5]),
        ("tcp || udp && vlan", [1, 2, 3]),
        ("(tcp or udp) and vlan", [3]),
        ("frame.cap_len < frame.len", []),
        ("frame.cap_len == frame.len", [1, 2, 3, 4, 5, 6]),
        ("ip.src < ip.dst", [1, 2, 3, 5]),
        ("all ip.src < ip.dst", [1, 2, 3]),
        ("ip.src == ip.dst", [5]),
        ("ip.src != ip.dst", [1, 2, 3]),
        ("any ip.src != ip.dst", [1, 2, 3, 5]),
        ("ip.src !== ip.dst", [1, 2, 3, 5]),
        ("ip.addr === ip.src", []),
        ("tcp.srcport > udp.srcport", []),
        ("udp.srcport == tcp.srcport || udp.dstport == udp.port", [3, 4, 5]),
        ("ipv6.src < ipv6.dst", [4]),
        ("ipv6.src != ipv6.addr", []),
        ("eth.src != eth.dst", [1, 2, 3, 4, 5, 6]),
        ("tcp.flags.syn == tcp.flags.ack", []),
        ("tcp.flags & 0x10 > tcp.len", []),
        ("tcp.flags & 0x10 >= tcp.len", [1, 2]),
        ("frame.time_delta < frame.time_relative", [3, 4, 5, 6]),
        ("frame.protocols == frame.protocols", [1, 2, 3, 4, 5, 6]),
        ("frame.protocols > frame.interface_name", [1, 2, 3, 4, 5, 6]),
        ("eth.addr contains 02:00", [1, 2, 3, 4, 5, 6]),
        ("eth.src contains 00:02", []),
        ('frame contains "ip.src"', []),
        ("eth.dst contains 00:02", [1, 2, 3, 4, 5, 6]),
        ('eth.src matches "^\\x02.*\\x01$"', [1, 2, 3, 4, 5, 6]),
        ("tcp.analysis.flags", []),
        ("tcp.len == 99999999999999999999999999", []),
        ("tcp.len > -1", [1, 2]),
        ("frame.time_relative < 99999999999999999999", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_meaning(text: str, frames: list[int] | None, view_of: Make) -> None:
    if frames is None:
        with pytest.raises(FilterError):
            DisplayFilter(text)
        return
    view = view_of(FRAMES)
    assert view.batch.number[DisplayFilter(text).mask(view)].tolist() == frames


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "empty", 0),
        ("tcp.port ==", "expected a value", 11),
        ("tcp.port == http", "no number", 12),
        ("tpc.port == 80", "tcp.port", 0),
        ("(tcp", "expected )", 4),
        ("tcp udp", "expected &&", 4),
        ("tcp.port in {80", "expected , or }", 15),
        ("ip.addr == 10.0.0.0/40", "network", 11),
        ("tcp == 1", "no value to compare", 7),
        ("tcp.analysis.flags == 1", "no value to compare", 22),
        ("eth.src[0] == 1", "slices", 7),
        ("len(tcp) > 1", "no field", 0),
        ("ip.src & 1", "no number", 9),
        ("tcp.port matches 8", "this program knows matches only for", 17),
        ("eth.addr contains eth.src", "a field behind contains is not supported", 18),
        ("lldp contains 02", "not for lldp", 14),
        ("ip.src == eth.src", "ip.src (IPv4 address) and eth.src (MAC address) cannot be compared", 10),
        ("frame.time == frame.time_relative", "cannot be compared", 14),
        ("tcp.port == tcp", "no number", 12),
        ("tcp == tcp.port", "no value to compare", 7),
        ('frame matches "("', "regular", 14),
        ("tcp && $", "means nothing", 7),
        ('frame.protocols == "x', "no end", 19),
        ("== 80", "expected a field", 0),
        ("!" * 300 + "tcp", "nested", None),
        ("tcp.flags & 0", "no bits", 12),
        ("frame.time == yesterday", "time", 14),
        ("ipv6.src == 1.2.3.4", "IPv6", 12),
    ],
)
def test_errors(text: str, reason: str, position: int | None) -> None:
    with pytest.raises(FilterError) as error:
        DisplayFilter(text)
    assert reason in str(error.value)
    assert position is None or error.value.position == position


def test_an_error_shows_the_place() -> None:
    with pytest.raises(FilterError) as error:
        DisplayFilter("tcp.port == http")
    assert str(error.value).splitlines()[1:] == ["  tcp.port == http", "              ^"]


def test_a_long_filter_is_no_deep_one(view_of: Make) -> None:
    text = " || ".join(f"tcp.port == {port}" for port in range(5000))
    assert DisplayFilter(text).mask(view_of(FRAMES)).tolist() == [True, True, False, False, False, False]
