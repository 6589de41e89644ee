"""Records as columns: bits, SACK blocks, and what SYNs say of SACK."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from analyzer.batch import Int64, views
from analyzer.flow.tcp.ledger.record import IS_STAMPED, OFFERS_SACK, SACK_FRAME, Record
from analyzer.flow.tcp.ledger.trace import ACK, COLUMNS, FIN, NONE, SYN, Trace
from analyzer.flow.tcp.ledger.unpack import PERMITS, SILENT, unpack


def record(**known: int) -> list[int]:
    """Columns by name, 0 where nothing is said."""
    return [known.get(column.name.lower(), 0) for column in Record]


def meta(direction: int, flags: int, length: int = 0, bits: int = 0) -> int:
    return length << 32 | 64 << 24 | flags << 8 | bits | direction


def unpacked(*records: list[int]) -> tuple[dict[str, list[int]], list[list[int]], tuple[int, ...]]:
    """The columns by name, the SACK blocks, and what the SYNs say."""
    packets = sum(one[Record.FRAME] >= 0 for one in records)
    columns: Int64 = np.zeros((len(COLUMNS), packets), np.int64)
    blocks: Int64 = np.zeros((3, 4 * (len(records) - packets)), np.int64)
    chain = np.arange(len(records))
    found, *offers = unpack(*views(np.array(records, np.int64), chain, columns, blocks))
    return dict(zip(COLUMNS, columns.tolist(), strict=True)), blocks[:, :found].T.tolist(), tuple(offers)


def test_columns_are_those_of_a_trace() -> None:
    names = [field.name for field in fields(Trace)]
    first = names.index("frame")
    assert tuple(names[first : first + len(COLUMNS)]) == COLUMNS


def test_a_packet() -> None:
    said = record(
        frame=7, time=9, start=100, acked=50, meta=meta(1, FIN | ACK, 10, IS_STAMPED), window=500 << 17 | 0x10000 | 77, link=3,
        tsval=5, tsecr=6,
    )  # fmt: skip
    columns, blocks, offers = unpacked(said)
    assert {name: values[0] for name, values in columns.items()} == {
        "frame": 7, "time": 9, "direction": 1, "start": 100, "end": 111, "length": 10, "acked": 50, "flags": FIN | ACK,
        "window": 500, "tsval": 5, "tsecr": 6, "ip_id": 77, "ttl": 64, "link": 3,
    }  # fmt: skip
    assert (blocks, offers) == ([], (0, 0))


def test_what_a_packet_has_not() -> None:
    columns, _, _ = unpacked(record(frame=1, meta=meta(0, ACK), window=1 << 17 | 77, tsval=5, tsecr=6))
    assert [columns[name] for name in ("tsval", "tsecr", "ip_id")] == [[NONE], [NONE], [NONE]]


def test_blocks_belong_to_the_packet_before() -> None:
    packet = record(frame=1, meta=meta(0, ACK))
    blocks = record(frame=SACK_FRAME, time=200, start=300, acked=500, meta=600)  # two of four; the others are empty
    columns, found, _ = unpacked(packet, packet, blocks, packet, blocks)
    assert len(columns["frame"]) == 3
    assert found == [[1, 200, 300], [1, 500, 600], [2, 200, 300], [2, 500, 600]]


def test_offers() -> None:
    permits, silent = meta(0, SYN, bits=OFFERS_SACK), meta(1, SYN | ACK)
    assert unpacked(record(frame=1, meta=permits), record(frame=2, meta=silent))[2] == (PERMITS, SILENT)
    assert unpacked(record(frame=1, meta=permits), record(frame=2, meta=permits & ~OFFERS_SACK))[2] == (PERMITS | SILENT, 0)
    assert unpacked(record(frame=1, meta=meta(0, ACK, bits=OFFERS_SACK)))[2] == (0, 0)
