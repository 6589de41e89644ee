"""Our side of a comparison: the header fields of every occurrence of every protocol, under Wireshark's names.

Unlike the rows of `packets`, which show the innermost header only, every occurrence counts here: outer headers of tunnels
and headers quoted in ICMP errors as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from socket import AF_INET6, inet_ntop
from typing import Any, Final

import numpy as np

from analyzer.batch import Batch, Int64, Table
from analyzer.fault import Fault

Values = list[Any]
Extract = Callable[[Batch, Table], Values]


def _column(name: str) -> Extract:
    """A column of the dissector."""
    return lambda batch, table: table[name].tolist()


def _number(offset: int, size: int) -> Extract:
    """A big-endian number in the header."""
    return _text(offset, size, lambda raw: int.from_bytes(raw, "big"))


def _text(offset: int, size: int, show: Callable[[bytes], Any]) -> Extract:
    """Bytes of the header, each different value shown once only."""

    def extract(batch: Batch, table: Table) -> Values:
        data = batch.data.data
        shown: dict[bytes, Any] = {}
        values: Values = []
        for at in (table["at"] + offset).tolist():
            raw = data[at : at + size].tobytes()
            value = shown.get(raw)
            if value is None:
                value = shown[raw] = show(raw)
            values.append(value)
        return values

    return extract


def mac(raw: bytes) -> str:
    return raw.hex(":")


def version(raw: bytes) -> int:
    return raw[0] >> 4


def ipv4(raw: bytes) -> str:
    return str(IPv4Address(raw))


def ipv6(raw: bytes) -> str:
    return inet_ntop(AF_INET6, raw)


#: protocol -> field -> how to get it
FIELDS: Final[dict[str, dict[str, Extract]]] = {
    "eth": {"eth.dst": _text(0, 6, mac), "eth.src": _text(6, 6, mac)},
    "vlan": {"vlan.id": _column("id")},
    "ieee8021ad": {"ieee8021ad.id": _column("id")},
    "arp": {"arp.hw.type": _number(0, 2), "arp.opcode": _number(6, 2)},
    "ip": {
        "ip.version": _text(0, 1, version),
        "ip.hdr_len": _column("hdr_len"),
        "ip.len": _number(2, 2),
        "ip.id": _column("id"),
        "ip.ttl": _column("ttl"),
        "ip.proto": _column("proto"),
        "ip.src": _text(12, 4, ipv4),
        "ip.dst": _text(16, 4, ipv4),
    },
    "ipv6": {
        "ip.version": _text(0, 1, version),
        "ipv6.plen": _number(4, 2),
        "ipv6.nxt": _number(6, 1),
        "ipv6.hlim": _number(7, 1),
        "ipv6.src": _text(8, 16, ipv6),
        "ipv6.dst": _text(24, 16, ipv6),
    },
    "icmp": {"icmp.type": _number(0, 1), "icmp.code": _number(1, 1)},
    "icmpv6": {"icmpv6.type": _number(0, 1), "icmpv6.code": _number(1, 1)},
    "udp": {"udp.srcport": _column("srcport"), "udp.dstport": _column("dstport"), "udp.length": _column("length")},
    "tcp": {
        "tcp.srcport": _column("srcport"),
        "tcp.dstport": _column("dstport"),
        "tcp.seq_raw": _column("seq_raw"),
        "tcp.ack_raw": _column("ack_raw"),
        "tcp.hdr_len": _column("hdr_len"),
        "tcp.flags": _column("flags"),
        "tcp.window_size_value": _column("window"),
    },
}

#: bytes of a header; we say nothing of one that is cut before (tshark needs 16 of a TCP header too: WIRESHARK.md 1.3)
HEADER_BYTES: Final = {
    "eth": 14, "vlan": 4, "ieee8021ad": 4, "arp": 8, "ip": 20, "ipv6": 40, "icmp": 8, "icmpv6": 4, "udp": 8, "tcp": 16,
}  # fmt: skip
#: columns that say how far we came with a header; explanations need them
MARKS: Final = ("carries", "fault", "quoted", "partial")


def values(batch: Batch, protocol: str, table: Table) -> Iterator[tuple[str, Values]]:
    """Each field of a protocol for all headers of it, None where the header could not be read."""
    unread = (table["end"] - table["at"] < HEADER_BYTES[protocol]) | (table["fault"] == Fault.VERSION)
    readable = np.flatnonzero(~unread)
    whole = len(readable) == len(table)
    for name, extract in FIELDS[protocol].items():
        if whole:
            yield name, extract(batch, table)
            continue
        column: Values = [None] * len(table)
        for i, value in zip(readable.tolist(), extract(batch, table.take(readable)), strict=True):
            column[i] = value
        yield name, column


def headers(batch: Batch, protocol: str, table: Table, rows: Int64) -> dict[int, list[dict[str, Any]]]:
    """The headers of a protocol in some rows: row -> its headers from the outermost to the innermost, with MARKS."""
    table = table.take(np.flatnonzero(np.isin(table["row"], rows)))
    columns = [*values(batch, protocol, table), *((name, table[name].tolist()) for name in MARKS)]
    found: dict[int, list[dict[str, Any]]] = {}
    for i, row in enumerate(table["row"].tolist()):
        found.setdefault(row, []).append({name: column[i] for name, column in columns})
    return found
