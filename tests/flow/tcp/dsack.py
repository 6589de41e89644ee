"""Duplicate SACK (RFC 2883): a first block that reports data received twice (WIRESHARK.md 1.11). Wireshark only shows it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.batch import Column, Table
from analyzer.dissect.transport.tcp import SACK_BIT
from analyzer.flow.fact import Fact, Facts

HALF = 1 << 31
MASK = (1 << 32) - 1
HEADER = 20
END_OF_OPTIONS, NO_OPERATION, SACK = 0, 1, 5
BLOCK = 8  #: bytes


def _blocks(options: bytes) -> list[tuple[int, int]]:
    at = 0
    while at + 1 < len(options):
        kind, size = options[at], options[at + 1]
        if kind == END_OF_OPTIONS:
            break
        if kind == NO_OPERATION:
            at += 1
            continue
        if size < 2:
            break
        if kind == SACK:
            edges = options[at + 2 : at + size]
            return [
                (int.from_bytes(edges[i : i + 4]), int.from_bytes(edges[i + 4 : i + 8]))
                for i in range(0, len(edges) - BLOCK + 1, BLOCK)
            ]
        at += size
    return []


def duplicate(blocks: list[tuple[int, int]], ack: int) -> bool:
    """Whether the first block is a D-SACK: below the ack, or inside the second block."""
    if not blocks:
        return False
    right = blocks[0][1]
    if right == ack or (right - ack) & MASK >= HALF:
        return True
    if len(blocks) < 2:
        return False
    second_left, second_right = blocks[1]
    return (second_left - right) & MASK >= HALF and (second_right == right or (right - second_right) & MASK >= HALF)


def find(data: Column, table: Table, facts: Facts) -> Iterator[tuple[int, int, int]]:
    """Position in the table, left and right edge of each D-SACK; the edges are relative, as Wireshark compares and shows them."""
    for i in (table["kinds"] & SACK_BIT).nonzero()[0].tolist():
        at = int(table["at"][i])
        options = data[at + HEADER : min(at + int(table["hdr_len"][i]), int(table["end"][i]))].tobytes()
        base = int(facts[Fact.OTHER_BASE][i])
        blocks = [((left - base) & MASK, (right - base) & MASK) for left, right in _blocks(options)]
        if duplicate(blocks, int(facts[Fact.ACK_RELATIVE][i])):
            yield i, *blocks[0]
