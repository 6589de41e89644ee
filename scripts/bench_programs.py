"""What scripts/bench.py measures: the analyzer's commands, and the programs that do a comparable job."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

KINDS = ("bulk", "short", "small", "dns", "tls")
SCAPY_PACKETS = 20_000  #: scapy reads a prefix of so many packets, the rest is extrapolated
FIELDS = [
    *("frame.number", "frame.time_epoch", "frame.len", "ip.src", "ip.dst", "ip.proto", "ip.ttl", "tcp.stream"),
    *("tcp.srcport", "tcp.dstport", "tcp.seq", "tcp.ack", "tcp.len", "tcp.flags", "tcp.analysis.flags"),
]
#: kind -> what tshark is asked for: the content of the rows of `analyzer KIND`
MESSAGE_FIELDS = {
    "dns": [
        *("frame.number", "frame.time_epoch", "udp.stream", "dns.id", "dns.flags.response", "dns.flags.opcode"),
        *("dns.flags.rcode", "dns.qry.name", "dns.qry.type", "dns.qry.class", "dns.resp.name", "dns.resp.type"),
        *("dns.resp.ttl", "dns.a", "dns.aaaa", "dns.cname", "dns.response_to", "dns.time", "dns.retransmission"),
    ],
    "tls": [
        *("frame.number", "frame.time_epoch", "tcp.stream", "tls.handshake.type", "tls.handshake.version"),
        *("tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str"),
        *("tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite"),
        *("tls.handshake.extensions_supported_group", "tls.handshake.extension.type", "tls.handshake.ja3"),
        *("x509sat.uTF8String", "x509af.serialNumber", "x509af.utcTime", "x509ce.dNSName"),
        *("tls.alert_message.level", "tls.alert_message.desc"),
    ],
}

DPKT = """
import dpkt, sys
with open(sys.argv[1], "rb") as capture:
    for stamp, data in dpkt.pcap.Reader(capture):
        segment = dpkt.ethernet.Ethernet(data).data.data
        segment.seq, segment.ack, segment.flags, len(segment.data)
"""
DPKT_DNS = """
import dpkt, sys
with open(sys.argv[1], "rb") as capture:
    for stamp, data in dpkt.pcap.Reader(capture):
        message = dpkt.dns.DNS(dpkt.ethernet.Ethernet(data).data.data.data)
        message.id, message.qd, message.an
"""
SCAPY = """
import logging, sys
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import TCP
from scapy.layers.l2 import Ether
from scapy.utils import PcapReader
for packet in PcapReader(sys.argv[1]):
    segment = packet[TCP]
    segment.seq, segment.ack, segment.flags, len(segment.payload)
"""


@dataclass(frozen=True)
class Program:
    """A program to measure: its command line, FILE standing for the capture; ours or a peer's."""

    name: str
    command: list[str]
    ours: bool = False
    cheap: bool = False  #: stays in a --quick run
    packets: int | None = None  #: reads only so many
    against: str = ""  #: the peer that does the same job


def analyzer() -> list[str]:
    """How to start the analyzer that is installed for this Python."""
    command = Path(sys.executable).parent / "analyzer"
    return [str(command)] if command.exists() else [sys.executable, "-m", "analyzer"]


def own(name: str, *rest: str, against: str = "") -> Program:
    """A command of the analyzer."""
    command, *options = name.split()
    words = [*analyzer(), command, "FILE", *(["--format", "ndjson"] if options else []), *rest]
    return Program(f"analyzer {name}", words, ours=True, cheap=True, against=against)


def asked(names: list[str]) -> list[str]:
    """tshark's and our way to ask for fields."""
    return [part for name in names for part in ("-e", name)]


def tshark(fields: list[str]) -> Program:
    """tshark writing fields."""
    return Program("tshark -T fields", ["tshark", "-n", "-T", "fields", *asked(fields), "-r", "FILE"])


def programs(kind: str) -> list[Program]:
    """Everything that can be measured on a kind of capture, in the order of the table."""
    cat = Program("cat", ["cat", "FILE"], cheap=True)
    ndpi = Program("ndpiReader", ["ndpiReader", "-q", "-i", "FILE"])
    peer = "tshark -T fields" if kind in MESSAGE_FIELDS else ""
    common = [cat, *(own(name, against=peer) for name in ("summary", "flows", "flows ndjson"))]
    journeys = [own(name) for name in ("handshakes ndjson", "journeys ndjson", "report")]
    if kind in MESSAGE_FIELDS:
        dpkt = [Program("dpkt", [sys.executable, "-c", DPKT_DNS, "FILE"])] if kind == "dns" else []
        messages = [own(name, against=peer) for name in (kind, f"{kind} ndjson")]
        return [*common, *messages, *journeys, tshark(MESSAGE_FIELDS[kind]), ndpi, *dpkt]
    return [
        *common,
        own("tcp ndjson"),
        own("packets ndjson", *asked(FIELDS), against="tshark -T fields"),
        *journeys,
        Program("tshark -z conv,tcp", ["tshark", "-n", "-q", "-z", "conv,tcp", "-r", "FILE"]),
        tshark(FIELDS),
        Program("tcptrace -l", ["tcptrace", "-n", "-l", "FILE"]),
        ndpi,
        Program("dpkt", [sys.executable, "-c", DPKT, "FILE"]),
        Program("scapy", [sys.executable, "-c", SCAPY, "FILE"], packets=SCAPY_PACKETS),
    ]
