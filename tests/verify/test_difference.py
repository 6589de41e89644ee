"""What is kept of differences, and that each explanation looks at the very header, interface and field that it speaks of."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from analyzer.fault import Fault
from analyzer.pipeline import Pipeline
from analyzer.verify import difference
from analyzer.verify.difference import Difference, Opinion
from analyzer.verify.explained_headers import explain_header
from analyzer.verify.explained_verdicts import explain_verdict
from analyzer.verify.explanation import Evidence, Frame
from analyzer.verify.ours import FIELDS, headers
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp, udp, vlan


def test_kept_differences_are_capped_and_unexplained_ones_stay() -> None:
    opinion = Opinion("tshark")
    for frame in range(difference.MAX_DIFFERENCES):
        opinion.add(Difference(frame, "tcp.seq", "1", "2", "tshark", "some reason"))
    for frame in range(5):
        opinion.add(Difference(frame, "tcp.ack", "1", "2", "tshark"))
    assert len(opinion.differences) == difference.MAX_DIFFERENCES
    assert sum(not one.explanation for one in opinion.differences) == 5
    assert opinion.unexplained == 5
    assert opinion.explained == {"some reason": difference.MAX_DIFFERENCES}


IPV4, IPV6, MPLS, LABEL = 0x0800, 0x86DD, 0x8847, struct.pack("!I", 100 << 12 | 0x100 | 64)
ROUTE = b"\x83\x07\x04\x0a\0\0\x09\0"
ROUTED = b"\x47" + ipv4(udp())[1:3] + b"\x24" + ipv4(udp())[4:20] + ROUTE + udp()
SEGMENT = ethernet(ipv4(tcp(), 6))
SHORT_OFFSET = ethernet(ipv4(tcp()[:12] + b"\x40" + tcp()[13:], 6))
QUOTING = ethernet(ipv4(struct.pack("!BBHI", 3, 3, 0, 0) + ipv4(tcp(), 6), 1))
BAD_LENGTH = ethernet(ipv4(udp(), total=12))
ARP = struct.pack("!HHBBHHH", 1, IPV4, 6, 4, 2, 0, 0)
SUNATM, SLIP, FRAME_RELAY = 123, 8, "frame:fr:ip:tcp"


def frame_of(
    raw: bytes, linktype: int = 1, protocols: str = "", rules: str = "", odd: Any = None, fault: int = 0, units: int = 0
) -> Frame:
    batch = batch_of([raw], linktype)
    batch.fault[0] = fault
    batch.interfaces[0].resolution = units or 1_000_000
    return Frame(next(iter(Pipeline([batch]))), 0, protocols, rules, odd or {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "frame", "field", "ours", "theirs"),
    [
        ("cut header", frame_of(SEGMENT[:40]), "tcp.srcport", None, "4000"),
        ("", frame_of(SEGMENT[:40]), "ip.id", None, "1"),
        ("", frame_of(SEGMENT[:40]), "tcp.srcport", None, "4000,4000"),
        ("", frame_of(SEGMENT[:52]), "tcp.srcport", None, "4000"),
        ("bogus data offset", frame_of(SHORT_OFFSET), "tcp.flags", "0x0010", None),
        ("", frame_of(SHORT_OFFSET), "tcp.srcport", "4000", None),
        ("", frame_of(SHORT_OFFSET), "ip.id", "1", None),
        ("", frame_of(SEGMENT), "tcp.flags", "0x0010", None),
        ("ATMARP", frame_of(ethernet(b"\0\x13" + ARP[2:] + bytes(20), 0x0806)), "arp.opcode", "2", None),
        ("", frame_of(ethernet(b"\0\x13" + ARP[2:] + bytes(20), 0x0806)), "arp.opcode", "2", "3"),
        ("", frame_of(ethernet(ARP + bytes(20), 0x0806)), "arp.opcode", "2", None),
        ("source route", frame_of(ethernet(ROUTED)), "ip.dst", "10.0.0.2", "10.0.0.9"),
        ("", frame_of(ethernet(ROUTED)), "ip.dst", "10.0.0.2", "10.0.0.8"),
        ("", frame_of(ethernet(ROUTED)), "udp.stream", "0", "1"),
        ("bogus IP length", frame_of(BAD_LENGTH), "ip.id", "1", None),
        ("", frame_of(BAD_LENGTH), "ip.hdr_len", "20", None),
        ("", frame_of(BAD_LENGTH), "ip.id", "1", "2"),
        ("length left to the hardware", frame_of(ethernet(ipv4(udp(), total=0))), "ip.len", "0", "28"),
        ("", frame_of(ethernet(ipv4(udp(), total=0))), "ip.len", "28,0", "29,28"),
        ("pseudowire", frame_of(SEGMENT, protocols="eth:mpls:pwethheuristic:eth"), "eth.src", "a,b", "a,c"),
        ("", frame_of(SEGMENT, protocols="eth:mpls:pwethheuristic:eth"), "eth.src", "a,b", "c,b"),
        ("", frame_of(SEGMENT, protocols="eth:mpls:pwethheuristic:eth"), "frame.len", "1", "2"),
        ("frame relay", frame_of(SEGMENT, protocols=FRAME_RELAY), "tcp.stream", "0", "1"),
        ("", frame_of(SEGMENT, protocols=FRAME_RELAY), "tcp.flags", "0x0010", "0x0011"),
        ("", frame_of(SEGMENT, protocols=FRAME_RELAY), "udp.stream", "0", "1"),
        ("quoted sequence number", frame_of(QUOTING), "tcp.seq_raw", "1", None),
        ("", frame_of(QUOTING), "tcp.seq_raw", "1", "2"),
        ("", frame_of(SEGMENT), "tcp.seq_raw", "1", None),
        ("time out of range", frame_of(SEGMENT, fault=Fault.TIMESTAMP), "frame.time_epoch", "1.0", "2.0"),
        ("", frame_of(SEGMENT, fault=Fault.TIMESTAMP), "tcp.len", "1", "2"),
        ("time out of range", frame_of(SEGMENT, odd={"time out of range": {0}}), "tcp.time_delta", "1.0", "2.0"),
        ("", frame_of(SEGMENT, odd={"time out of range": {1}}), "tcp.time_delta", "1.0", "2.0"),
        ("", frame_of(SEGMENT, odd={"time out of range": {0}}), "frame.time_epoch", "1.0", "2.0"),
        ("fraction out of range", frame_of(SEGMENT), "frame.time_epoch", "5.000000000", "0.705032704"),
        ("", frame_of(SEGMENT), "frame.time_epoch", "5.000000000", "0.705032705"),
        ("fine resolution", frame_of(SEGMENT, units=10**12), "frame.time_epoch", "1.5", "1.7"),
        ("", frame_of(SEGMENT, units=10**12), "frame.time_epoch", "1.5", "2.7"),
        ("", frame_of(SEGMENT, units=10**9), "frame.time_epoch", "1.5", "1.7"),
        ("", frame_of(SEGMENT, units=10**12), "tcp.time_delta", "1.5", "1.7"),
        ("pseudo-header", frame_of(SEGMENT, SUNATM), "frame.len", "64", "60"),
        ("", frame_of(SEGMENT, SUNATM), "frame.len", "60", "64"),
        ("", frame_of(SEGMENT), "frame.len", "64", "60"),
        ("unread link type", frame_of(ipv4(udp()), SLIP), "ip.ttl", "64", None),
        ("", frame_of(ipv4(udp()), SLIP), "ip.ttl", "64", "63"),
        ("", frame_of(ipv4(udp()), SLIP), "frame.len", "64", None),
        ("no time", frame_of(SEGMENT), "frame.time_epoch", "0.000000000", None),
        ("", frame_of(SEGMENT), "frame.time_epoch", "0.000000000", "1.000000000"),
        ("", frame_of(SEGMENT), "tcp.analysis.flags", "1", None),
        ("other rules", frame_of(SEGMENT, rules="newer"), "tcp.analysis.flags", "1", None),
        ("", frame_of(SEGMENT, rules="newer"), "tcp.flags", "0x0010", None),
    ],
)
def test_verdicts(name: str, frame: Frame, field: str, ours: str | None, theirs: str | None) -> None:
    assert explain_verdict(Difference(1, field, ours, theirs, "tshark"), frame) == name


Theirs = list[tuple[str, dict[str, Any]]]
ETH: tuple[str, dict[str, Any]] = ("eth", {"eth.dst": "02:00:00:00:00:02", "eth.src": "02:00:00:00:00:01"})
V4: tuple[str, dict[str, Any]] = ("ip", {"ip.version": 4})
V6: tuple[str, dict[str, Any]] = ("ipv6", {"ip.version": 6})
ANY_UDP: tuple[str, dict[str, Any]] = ("udp", {})
INNER: tuple[str, dict[str, Any]] = ("eth", {"eth.dst": "00:00:00:00:01:02", "eth.src": "03:04:05:06:07:08"})
LABELLED = LABEL + bytes.fromhex("0000000001020304050607089000")
TAGGED = ethernet(vlan(vlan(vlan(b"", 3, 0x9000), 2, 0x8100), 1, 0x8100), 0x8100)


@pytest.mark.parametrize(
    ("name", "raw", "theirs", "field", "ours", "says"),
    [
        ("first fragment", ethernet(ipv4(udp(b"x" * 8), more=True)), [ETH, V4, ANY_UDP], "udp", None, "present"),
        ("", ethernet(ipv4(udp(b"x" * 8), more=True)), [ETH, ANY_UDP, V4], "udp", None, "present"),
        ("cut header", SEGMENT[:40], [ETH, V4, ("tcp", {})], "tcp.srcport", "None", "4000"),
        ("", SEGMENT[:40], [ETH, V4, ("tcp", {})], "tcp.srcport", "4000", "4001"),
        ("stopped at a fault", ethernet(b"\x55" + ipv4(udp())[1:]), [ETH, V4, ANY_UDP], "udp", None, "present"),
        ("", ethernet(b"\x55" + ipv4(udp())[1:]), [ETH, ANY_UDP, V4], "udp", None, "present"),
        ("", ethernet(b"\x55" + ipv4(udp())[1:]), [ETH, V4], "eth.src", "None", "1"),
        ("other version", ethernet(b"", 0x9000), [ETH, ("ip", {"ip.version": 6})], "ip", None, "present"),
        ("", ethernet(b"", 0x9000), [ETH, V4], "ip", None, "present"),
        ("no payload", ethernet(ipv6(b"") + udp(), IPV6), [ETH, V6, ANY_UDP], "udp", None, "present"),
        ("", ethernet(ipv6(ipv6(b""), 41), IPV6), [ETH, V6, ANY_UDP, V6], "udp", None, "present"),
        ("reserved bits", ethernet(ipv4(tcp(), 6)), [ETH, V4, ("tcp", {})], "tcp.flags", "2064", "16"),
        ("", ethernet(ipv4(tcp(), 6)), [ETH, V4, ("tcp", {})], "tcp.flags", "17", "16"),
        ("behind labels", ethernet(LABELLED, MPLS), [ETH, INNER], "eth", None, "present"),
        ("", ethernet(b"\x88\x47" + LABELLED, 0x9000), [ETH, INNER], "eth", None, "present"),
        ("", ethernet(b"\0" + LABELLED, MPLS), [ETH, INNER], "eth", None, "present"),
        ("many tags", TAGGED, [ETH, ("vlan", {})], "vlan.id", "1", "2"),
        ("", TAGGED, [ETH, ("vlan", {})], "vlan.id", "1", "7"),
        ("", ethernet(vlan(b"", 1, 0x9000), 0x8100), [ETH, ("vlan", {})], "vlan.id", "1", "2"),
    ],
)
def test_headers(name: str, raw: bytes, theirs: Theirs, field: str, ours: str | None, says: str) -> None:
    dissection = next(iter(Pipeline([batch_of([raw])])))  # type: ignore[arg-type]
    tables = {protocol: dissection.walk.table(protocol) for protocol in FIELDS}
    mine = {
        protocol: headers(dissection.batch, protocol, table, dissection.batch.number - 1).get(0, []) if table is not None else []
        for protocol, table in tables.items()
    }
    protocol = field.partition(".")[0]
    place = max(i for i, (other, _) in enumerate(theirs) if other == protocol)
    evidence = Evidence("dpkt", raw, theirs, mine, place)
    assert explain_header(Difference(1, field, ours, says, "dpkt"), evidence) == name
