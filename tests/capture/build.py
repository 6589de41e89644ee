"""Capture files as bytes, piece by piece."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import NamedTuple

from analyzer.capture.block import BYTE_ORDER_MAGIC, Block
from analyzer.capture.reader import Damage, open_capture

FRAME = bytes(range(60))


class Row(NamedTuple):
    time: int
    data: bytes
    length: int  # on the wire
    linktype: int
    fault: int


def rows_of(content: bytes, **options: int) -> tuple[list[Row], list[Damage]]:
    """Everything that the reader gives for a file of that content."""
    reader = open_capture(BytesIO(content), **options)
    rows = []
    for batch in reader:
        for i in range(len(batch)):
            start, end = int(batch.start[i]), int(batch.end[i])
            assert int(batch.number[i]) == len(rows) + 1
            assert batch.interfaces[batch.interface[i]].linktype == batch.linktype[i]
            data = batch.data[start:end].tobytes()
            rows.append(
                Row(
                    int(batch.time[i]),
                    data,
                    int(batch.reported[i]) - start,
                    int(batch.linktype[i]),
                    int(batch.fault[i]),
                )
            )
    return rows, reader.damage


def pcap_header(
    magic: int = 0xA1B2C3D4, version: tuple[int, int] = (2, 4), snap: int = 65535, linktype: int = 1, order: str = "<"
) -> bytes:
    return struct.pack(order + "IHHIIII", magic, *version, 0, 0, snap, linktype)


def record(
    seconds: int, fraction: int, data: bytes = FRAME, length: int | None = None, more: bytes = b"", order: str = "<"
) -> bytes:
    """A pcap record; `more` stands between its header and the data."""
    wire = len(data) if length is None else length
    return struct.pack(order + "IIII", seconds, fraction, len(data), wire) + more + data


def block(kind: int, body: bytes, order: str = "<", trailer: int | None = None) -> bytes:
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return (
        struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total if trailer is None else trailer)
    )


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", version: tuple[int, int] = (1, 0), options: bytes = b"") -> bytes:
    return block(Block.SECTION, struct.pack(order + "IHHq", BYTE_ORDER_MAGIC, *version, -1) + options, order)


def interface(linktype: int = 1, snap: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    return block(Block.INTERFACE, struct.pack(order + "HHI", linktype, 0, snap) + options, order)


def resolution(value: int, offset: int | None = None) -> bytes:
    """Interface options: the time stamp's resolution, and seconds to add."""
    return option(9, bytes([value])) + (b"" if offset is None else option(14, struct.pack("<q", offset)))


def packet(
    stamp: int, data: bytes = FRAME, number: int = 0, length: int | None = None, captured: int | None = None,
    options: bytes = b"", order: str = "<", trailer: int | None = None,
) -> bytes:  # fmt: skip
    """An enhanced packet block."""
    stamp &= 2**64 - 1
    wire = len(data) if length is None else length
    head = struct.pack(
        order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(data) if captured is None else captured, wire
    )
    return block(Block.ENHANCED, head + data + bytes(-len(data) % 4) + options, order, trailer)


def snoop_header(version: int = 2, datalink: int = 4) -> bytes:
    return b"snoop\0\0\0" + struct.pack(">II", version, datalink)


def snoop_record(
    seconds: int, microseconds: int, data: bytes = FRAME, length: int | None = None, padding: int = 0
) -> bytes:
    wire = len(data) if length is None else length
    return (
        struct.pack(">IIIIII", wire, len(data), 24 + len(data) + padding, 0, seconds, microseconds)
        + data
        + bytes(padding)
    )
