"""Fields: what a row shows, and what a filter looks at."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from analyzer.report.field_rows import dictionaries
from analyzer.report.fields import FIELDS, NAMED, UnknownField, View, find
from tests.frames import ethernet, ipv4, ipv6, tcp, udp, vlan

from .conftest import Make

SYN, ACK, PSH = 0x02, 0x10, 0x08
MSS = bytes((2, 4, 5, 180, 1, 3, 3, 7))


def quoting(quoted: bytes) -> bytes:
    """An ICMP port unreachable about a datagram."""
    return ethernet(ipv4(struct.pack("!BBHI", 3, 3, 0, 0) + quoted, 1, source="10.0.0.2", destination="10.0.0.1"))


def vxlan(frame: bytes) -> bytes:
    return ethernet(
        ipv4(udp(struct.pack("!II", 0x08000000, 100 << 8) + frame, 50000, 4789), source="192.0.2.1", destination="192.0.2.2")
    )


def shown(view: View, name: str, form: str = "python") -> list[Any]:
    return FIELDS[name].column(view, len(view), None, form, None)


def found(view: View, name: str) -> list[tuple[int, Any]]:
    """(row, value) of all occurrences."""
    occurrences = FIELDS[name].occurrences(view)
    return list(zip(occurrences.row.tolist(), FIELDS[name].kind.python(occurrences), strict=True))


def test_of_the_frame(view_of: Make) -> None:
    view = view_of([ethernet(ipv4(udp(b"x")))] * 2, wire=[100, 43], times=[1_700_000_000_123_456_789, 1_700_000_000_123_456_788])
    assert shown(view, "frame.number") == [1, 2]
    assert shown(view, "frame.len") == [100, 43]
    assert shown(view, "frame.cap_len") == [43, 43]
    assert shown(view, "frame.time_epoch") == ["1700000000.123456789", "1700000000.123456788"]
    assert shown(view, "frame.time_epoch", "json") == ['"1700000000.123456789"', '"1700000000.123456788"']
    assert shown(view, "frame.time") == ["2023-11-14T22:13:20.123456789Z", "2023-11-14T22:13:20.123456788Z"]
    assert shown(view, "frame.time_relative", "json") == ["0.000000000", "-0.000000001"]
    assert shown(view, "frame.time_delta") == [0.0, -1e-9]
    assert shown(view, "frame.protocols") == ["eth:ethertype:ip:udp"] * 2
    assert shown(view, "file") == [None, None]


def test_headers(view_of: Make) -> None:
    view = view_of(
        [
            ethernet(vlan(vlan(ipv4(tcp(b"hello", SYN, 5, 0, MSS), 6), 30), 20, 0x8100), 0x8100),
            ethernet(ipv6(udp(b"abc")), 0x86DD),
        ]
    )
    assert shown(view, "eth.src") == ["02:00:00:00:00:01"] * 2
    assert shown(view, "eth.type") == [0x8100, 0x86DD]
    assert shown(view, "vlan.id") == [[20, 30], None]
    assert shown(view, "vlan.id", "json") == ["[20,30]", None]
    assert shown(view, "vlan.id", "text") == ["20;30", None]
    assert shown(view, "ip.src") == ["10.0.0.1", None]
    assert shown(view, "ip.addr") == [["10.0.0.1", "10.0.0.2"], None]
    assert shown(view, "ip.version") == [4, 6]
    assert shown(view, "ipv6.dst", "json") == [None, '"2001:db8::2"']
    assert shown(view, "ipv6.plen") == [None, 11]
    assert shown(view, "tcp.port") == [[4000, 80], None]
    assert shown(view, "tcp.flags.syn", "json") == ["true", None]
    assert shown(view, "tcp.options.mss_val") == [1460, None]
    assert shown(view, "tcp.options.wscale.multiplier") == [128, None]
    assert shown(view, "tcp.nxtseq") == [6, None]
    assert shown(view, "udp.length") == [None, 11]
    assert shown(view, "udp") == [None, True]


def test_arp(view_of: Make) -> None:
    addresses = bytes.fromhex("020000000001 0a000001 000000000000 0a000002")
    view = view_of([ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + addresses, 0x0806)])
    assert shown(view, "arp.opcode") == [1]
    assert shown(view, "arp.src.hw_mac") == ["02:00:00:00:00:01"]
    assert shown(view, "arp.src.proto_ipv4") == ["10.0.0.1"]
    assert shown(view, "arp.dst.hw_mac") == ["00:00:00:00:00:00"]
    assert shown(view, "arp.dst.proto_ipv4") == ["10.0.0.2"]


def test_the_innermost_header_is_shown_and_all_are_found(view_of: Make) -> None:
    view = view_of([vxlan(ethernet(ipv4(tcp(b"hi"), 6)))])
    assert shown(view, "ip.src") == ["10.0.0.1"]
    assert found(view, "ip.src") == [(0, "192.0.2.1"), (0, "10.0.0.1")]
    assert shown(view, "ip.addr") == [["192.0.2.1", "192.0.2.2", "10.0.0.1", "10.0.0.2"]]
    assert shown(view, "udp.dstport") == [4789]
    assert shown(view, "tcp.dstport") == [80]


def test_quoted_headers_are_found_but_not_shown(view_of: Make) -> None:
    datagram = ipv4(udp(b"question"))
    view = view_of([ethernet(datagram), quoting(datagram)])
    assert shown(view, "udp.stream") == [0, None]
    assert shown(view, "ip.src") == ["10.0.0.1", "10.0.0.2"]
    assert shown(view, "icmp.quoted_stream") == [None, 0]
    assert found(view, "udp.stream") == [(0, 0), (1, 0)]
    assert found(view, "ip.src") == [(0, "10.0.0.1"), (1, "10.0.0.2"), (1, "10.0.0.1")]


def test_analysis(view_of: Make) -> None:
    segment = ethernet(ipv4(tcp(b"hello", PSH | ACK, 100, 7), 6))
    view = view_of([segment, segment], times=[0, 5_000_000])
    assert shown(view, "tcp.seq") == [1, 1]
    assert shown(view, "tcp.seq_raw") == [100, 100]
    assert shown(view, "tcp.analysis.flags") == [None, ["retransmission"]]
    assert shown(view, "tcp.analysis.flags", "json") == [None, '["retransmission"]']
    assert shown(view, "tcp.analysis.flags", "text") == [None, "retransmission"]
    assert shown(view, "tcp.analysis.retransmission") == [None, True]
    assert shown(view, "tcp.analysis.rto", "json") == [None, "0.005000000"]
    assert shown(view, "tcp.analysis.rto_frame") == [None, 1]
    assert shown(view, "tcp.analysis.bytes_in_flight") == [5, 5]


def test_total_length_0_is_what_there_is(view_of: Make) -> None:
    view = view_of([ethernet(ipv4(udp(b"12345"), total=0))])
    assert shown(view, "ip.len") == [33]


@pytest.mark.parametrize(
    "frame",
    [
        ethernet(vlan(ipv4(tcp(b"x", SYN, options=MSS), 6), 7), 0x8100),
        ethernet(ipv6(udp(b"abc")), 0x86DD),
        quoting(ipv4(udp(b"abc"))),
        vxlan(ethernet(ipv4(tcp(b"hi"), 6))),
    ],
)
def test_every_field_of_every_cut(frame: bytes, view_of: Make) -> None:
    cut = [frame[:size] for size in range(len(frame) + 1)]
    view = view_of(cut, wire=[len(frame)] * len(cut))
    for field in FIELDS.values():
        columns = [field.column(view, len(view), None, form, "") for form in ("python", "json", "text")]
        assert {len(column) for column in columns} == {len(cut)}
    assert shown(view, "eth.src")[13:15] == [None, "02:00:00:00:00:01"]


def test_rows_of_a_mask(view_of: Make) -> None:
    view = view_of([ethernet(ipv4(udp(bytes(size)))) for size in range(5)] + [ethernet(b"", 0x88CC)])
    mask = np.array([False, True, False, True, False, True])
    assert list(dictionaries(view, find(["frame.number", "udp.length"]), mask)) == [
        {"frame.number": 2, "udp.length": 9},
        {"frame.number": 4, "udp.length": 11},
        {"frame.number": 6, "udp.length": None},
    ]


def test_no_frames(view_of: Make) -> None:
    view = view_of([])
    assert [field.column(view, 0, None, "json", "null") for field in FIELDS.values()] == [[]] * len(FIELDS)


def test_an_unknown_field_names_the_nearest() -> None:
    with pytest.raises(UnknownField, match=r"'tcp\.strem'; did you mean tcp\.stream"):
        find(["tcp.strem"])
    with pytest.raises(UnknownField, match="analyzer fields"):
        find(["zzzzzz"])


@pytest.mark.parametrize(("name", "command"), [("dns", "dns"), ("http.request.method", "http"), ("ssl", "tls")])
def test_messages_that_span_packets_have_a_command(name: str, command: str) -> None:
    with pytest.raises(UnknownField, match=f"the command `analyzer {command}` shows them$"):
        find([name])


@pytest.mark.parametrize("name", ("quic", "ntp.stratum"))
def test_a_protocol_of_wireshark_is_not_dissected_yet(name: str) -> None:
    with pytest.raises(UnknownField, match=f"{name.partition('.')[0]} is not dissected yet$"):
        find([name])


def test_a_field_named_twice_is_one() -> None:
    assert [field.name for field in find(["ip.src", "frame.number", "ip.src"])] == ["ip.src", "frame.number"]


def test_a_protocol_has_bytes(view_of: Make) -> None:
    """A header may announce a protocol of which not one byte was captured."""
    frame = ethernet(ipv4(udp(b"x")))
    view = view_of([frame, frame[:14], frame[:15], frame[:34], frame[:35], b""], wire=[len(frame)] * 6)
    rows = {name: [row for row, _ in found(view, name)] for name in ("frame", "eth", "ip", "udp")}
    assert rows == {"frame": [0, 1, 2, 3, 4, 5], "eth": [0, 1, 2, 3, 4], "ip": [0, 2, 3, 4], "udp": [0, 4]}


def test_protocols_that_are_only_named_come_last() -> None:
    names = list(FIELDS)
    assert set(names[-len(NAMED) :]) == NAMED
    assert {"lldp", "esp"} <= NAMED and not NAMED & {"ip", "tcp", "data"}
    assert "data" not in FIELDS


def test_names_are_listed_once_and_documented() -> None:
    assert all(field.doc for field in FIELDS.values())
    assert {"ip", "tcp", "arp", "lldp"} <= FIELDS.keys()
