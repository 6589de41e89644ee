"""The distinguished encoding rules (ITU-T X.690): tag, length, value; no more than certificates need.

Tags above 30 and the indefinite length do not occur in certificates: they end the reading, as does whatever is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

HIGH_TAG: Final = 0x1F
LONG_LENGTH: Final = 0x80
MAX_LENGTH_BYTES: Final = 4
MAX_ARCS: Final = 64  #: of an object identifier; the longest known ones have about 20
MAX_ARC_BYTES: Final = 19  #: 128 bits, as in the arcs that are UUIDs (2.25)


class Element(NamedTuple):
    """One element: data[at:end], of which data[start:end] is the value."""

    tag: int
    at: int
    start: int
    end: int
    cut: bool = False  #: its value goes on behind what there is


def element(data: bytes, at: int, limit: int) -> Element | None:
    """The element that begins at `at` and may reach `limit`; None where none can be read."""
    if at + 2 > limit:
        return None
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & HIGH_TAG == HIGH_TAG:
        return None
    if length >= LONG_LENGTH:
        size = length - LONG_LENGTH
        if not 0 < size <= MAX_LENGTH_BYTES or start + size > limit:
            return None
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    return Element(tag, at, start, min(start + length, limit), start + length > limit)


def elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """One after the other, as far as they can be read; a cut one is the last."""
    while (found := element(data, start, end)) is not None:
        yield found
        start = found.end


def children(data: bytes, parent: Element) -> Iterator[Element]:
    """What a constructed element holds."""
    return elements(data, parent.start, parent.end)


def object_identifier(value: bytes) -> str:
    """The dotted form; empty where it is none."""
    arcs: list[int] = []
    arc = size = 0
    for octet in value:
        arc, size = arc << 7 | octet & 0x7F, size + 1
        if size > MAX_ARC_BYTES or len(arcs) >= MAX_ARCS:
            return ""
        if octet < 0x80:
            arcs.append(arc)
            arc = size = 0
    if not arcs or size:
        return ""
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
