"""Which messages of the application waited behind a hole, and for how long.

A message is *complete* behind the hole if all its bytes had arrived, and the application could not have its last one, since
earlier bytes were missing; it is delayed from the arrival of its last byte until nothing was missing before it. It is
*begun* if a part of it was held; that part was delayed from the arrival of its first held byte.

Times are those of the stall (stall.py): bytes that no hole missed arrived when they passed the capture point, later by
as much as acknowledgments take where the stall is seen by these: as long as that of the first byte that waited took.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from .stall_record import Hole, Stall
from .stall_sent import Sent

COMPLETE: Final = "complete"
BEGUN: Final = "begun"
MOST_WAYS: Final = 2  #: a way longer than so many of the shortest is none: the first transmission was lost


class Span(NamedTuple):
    """Bytes of a stream that are one message."""

    protocol: str
    direction: int
    start: int
    end: int  #: NEVER while nobody knows it
    first_frame: int | None
    last_frame: int | None
    label: str


class Victim(NamedTuple):
    """A message that waited."""

    span: Span
    state: str
    delayed_ns: int


def victims(stall: Stall, spans: Iterable[Span], sent: Sent) -> list[Victim]:
    """Those of a stall that ended, among messages of its connection. `sent`: the packets of its direction."""
    if stall.end_ns is None or not stall.holes:
        return []
    found = []
    way = _way(stall, sent)
    lowest = stall.holes[0].missing_from
    for span in spans:
        if span.direction == stall.direction and span.end > lowest and span.start < stall.held_to:
            victim = _victim(stall, span, sent, way)
            if victim is not None:
                found.append(victim)
    return found


def _way(stall: Stall, sent: Sent) -> int:
    """From the passing of a segment to its acknowledgment, in this stall."""
    least = 2 * stall.shift_ns if stall.shift_ns is not None and stall.shift_ns > 0 else 0
    first = sent.carrying(stall.holes[0].missing_to, stall.holes[0].missing_to + 1, stall.start_ns)
    seen = stall.start_ns - int(sent.time[first[0]]) if len(first) else least
    return seen if least <= seen <= MOST_WAYS * least else least


def _victim(stall: Stall, span: Span, sent: Sent, way: int) -> Victim | None:
    assert stall.end_ns is not None
    before = [hole for hole in stall.holes if hole.missing_from < span.end]
    if not before:
        return None
    readable = max(hole.filled_ns if hole.filled_ns is not None else stall.end_ns for hole in before)
    own = [hole for hole in before if hole.missing_to > span.start]
    if span.end <= stall.held_to:
        arrivals = [hole.filled_ns if hole.filled_ns is not None else stall.end_ns for hole in own]
        last = _arrival(stall, span.end - 1, sent, way)
        if last is None:
            return None
        whole = max((last, *arrivals))
        if readable > whole:
            return Victim(span, COMPLETE, readable - whole)
    first = _first_held(stall, span, before[0], sent, way)
    return None if first is None or first >= readable else Victim(span, BEGUN, readable - first)


def _first_held(stall: Stall, span: Span, lowest: Hole, sent: Sent, way: int) -> int | None:
    """When the first of its bytes arrived that had to wait."""
    start = max(span.start, lowest.missing_to)
    end = min(span.end, stall.held_to)
    times = []
    for hole in stall.holes:
        if hole.missing_from < end and hole.missing_to > start:
            if hole.missing_from > start:
                times.append(_arrival(stall, start, sent, way))
            start = max(start, hole.missing_to)
    if start < end:
        times.append(_arrival(stall, start, sent, way))
    return min((time for time in times if time is not None), default=None)


def _arrival(stall: Stall, byte: int, sent: Sent, way: int) -> int | None:
    """When the receiver got a byte, as the stall counts time; None: no packet with it was captured."""
    for hole in stall.holes:
        if hole.missing_from <= byte < hole.missing_to:
            return hole.filled_ns if hole.filled_ns is not None else stall.end_ns
    copies = sent.carrying(byte, byte + 1, 1 << 62)
    if not len(copies):
        return None
    arrived = int(sent.time[copies[0]]) + way
    return max(arrived, stall.start_ns) if byte >= stall.holes[0].missing_to else arrived
