"""Stalls as the segments arrive: at the receiver, or where only the sender's packets were captured.

A stall begins when a segment arrives above the in-order edge and ends when the last hole under what has arrived is filled. A
hole may also be one of the capture alone: if the receiver acknowledges over it before any filler came, and did not ask for
it by a duplicate acknowledgment (RFC 5681), the bytes were there all the time. And if a hole closes at once and nobody asked for
its bytes, then the capture has two packets in the wrong order. A segment whose time stamp is older than that of the latest
one in order fills nothing: the receiver discards it (PAWS, RFC 7323 section 5).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .order import HALF32, since
from .stall_holes import Draft, Holes
from .stall_record import GAP, Stall, Where, at_receiver, finished
from .stall_sent import LOOKED_AT, Sent
from .trace import ACK, FIN, NO_ACK, NONE, RST, SYN, Trace

DISORDER_NS: Final = 1_000_000  #: a shorter hole that the receiver never acknowledged up to is one of the capture
SHUFFLE_NS: Final = 100_000  #: within this time the capture may have acknowledgments in the wrong order as well
PAWS_TICKS: Final = 1  #: by which a time stamp may be older all the same: the RFC has none, Linux (TCP_PAWS_WINDOW) one
TURN_NS: Final = 1_000_000  #: in which the receiver answers an out-of-order segment


def by_arrival(trace: Trace, where: Where, direction: int) -> list[Stall]:
    """The stalls of the data of a direction."""
    data = (trace.direction == direction) & (trace.end > trace.start) & (trace.flags & (SYN | RST) == 0)
    acks = (trace.direction != direction) & (trace.flags & (ACK | RST) == ACK)
    if acks.any():
        data &= ~_discarded(trace, data, acks)
    opens = (trace.direction == direction) & (trace.flags & SYN != 0)
    known = np.where(data | opens, trace.end, np.where(acks, trace.acked, NO_ACK))
    if not len(known):
        return []
    edge = np.maximum.accumulate(known)
    gaps = (data[1:] & (trace.start[1:] > edge[:-1]) & (edge[:-1] != NO_ACK)).nonzero()[0] + 1
    if not len(gaps):
        return []
    asked = _Asked(trace, acks) if acks.any() else None
    sent = Sent(trace, direction)
    here = asked is not None and at_receiver(trace, where, direction)
    rows = (data | acks).nonzero()[0]
    found: list[Stall] = []
    behind = -1
    for gap in gaps.tolist():
        if gap < behind:
            continue
        draft, behind = _follow(trace, rows, gap, int(edge[gap - 1]), data, asked, sent)
        if draft is not None and (asked is None or not _disorder(draft, asked)):
            far = where.far[direction]
            shift = 0 if here else -(far // 2) if far is not None else None
            for hole in draft.holes:
                if hole.filled_row >= 0 and not data[hole.filled_row]:
                    hole.filled_row = NONE  # an acknowledgment told that it was filled
            found.append(finished(trace, direction, draft, GAP, draft.opened_row, shift))
    return found


def _discarded(trace: Trace, data: Column, acks: Column) -> Column:
    """Which segments the receiver does not take: those stamped before what it echoes.

    That is the stamp of the latest segment that began no later than its last acknowledgment (RFC 7323 section 4.3).
    """
    stamped = data & (trace.tsval != NONE)
    rows = stamped.nonzero()[0]
    late = np.zeros(len(trace), np.bool_)
    ticks = since(trace.tsval[rows], trace.tsval[rows[:1]])
    if (ticks[1:] >= ticks[:-1]).all():
        return late
    last = np.maximum.accumulate(np.where(acks, trace.acked, NO_ACK))[rows]
    recent = np.maximum.accumulate(np.where(trace.start[rows] <= last, ticks, -HALF32))
    late[rows[1:]] = ticks[1:] < recent[:-1] - PAWS_TICKS
    return late


class _Asked:
    """What the receiver acknowledged, to see whether it missed a hole."""

    def __init__(self, trace: Trace, acks: Column) -> None:
        self.rows: Int64 = acks.nonzero()[0]
        self.acked: Int64 = trace.acked[self.rows]
        self.time: Int64 = trace.time[self.rows]
        self.high: Int64 = np.maximum.accumulate(self.acked)
        self.repeats: Column = trace.length[self.rows] + (trace.flags[self.rows] & (SYN | FIN)) == 0
        self.repeats[0] = False
        self.repeats[1:] &= self.acked[1:] == self.high[:-1]

    def passes(self, row: int, edge: int) -> int:
        """Position of the first acknowledgment behind the row that goes beyond an edge."""
        return max(int(self.rows.searchsorted(row)), int(self.high.searchsorted(edge, "right")))

    def asks(self, first: int, last: int, edge: int, twice: bool) -> bool:
        """Whether one of these, by position, acknowledges up to the edge; `twice`: is a duplicate acknowledgment of it."""
        first = max(first, last - LOOKED_AT)
        same = self.acked[first:last] == edge
        if twice:
            same &= self.repeats[first:last]
        return bool(same.any())


def _follow(
    trace: Trace, rows: Int64, gap: int, edge: int, data: Column, asked: _Asked | None, sent: Sent
) -> tuple[Draft | None, int]:
    """The stall that the segment in row `gap` opens (None: only the capture has that hole), and the row behind it."""
    holes = Holes(edge)
    for at in range(int(rows.searchsorted(gap)), len(rows)):
        row = int(rows[at])
        time = int(trace.time[row])
        if data[row]:
            start, end = int(trace.start[row]), int(trace.end[row])
            if start > holes.top and asked is not None and _captures_only(holes.top, start, row, asked, sent):
                holes.arrived(holes.top, start, time, row)
            holes.arrived(start, end, time, row)
        else:
            holes.acknowledged(int(trace.acked[row]), time, row)
        draft = holes.settle(time, row)
        if draft is not None:
            return draft, row + 1
        if holes.draft is None:
            return None, row + 1
    return holes.draft, len(trace)


def _captures_only(start: int, end: int, row: int, asked: _Asked, sent: Sent) -> bool:
    """Whether the receiver has the bytes that the capture misses before the segment in `row`."""
    passing = asked.passes(row, start)
    if passing == len(asked.rows) or asked.acked[passing] < end:
        return False
    between = slice(*sent.rows.searchsorted((row + 1, asked.rows[passing])).tolist())
    if between.stop - between.start > LOOKED_AT:
        return False  # a receiver that has all of it does not wait so long
    if ((sent.start[between] < end) & (sent.end[between] > start)).any():
        return False
    return not asked.asks(int(asked.rows.searchsorted(row)), passing, start, twice=True)


def _disorder(draft: Draft, asked: _Asked) -> bool:
    """Whether the capture alone had the segments in this order."""
    if draft.closed_ns is None or draft.closed_ns - draft.opened_ns >= DISORDER_NS:
        return False
    first = int(asked.rows.searchsorted(draft.opened_row))
    last = int(asked.time.searchsorted(draft.closed_ns + TURN_NS, "right"))
    twice = draft.closed_ns - draft.opened_ns < SHUFFLE_NS
    return not any(asked.asks(first, last, hole.start, twice) for hole in draft.holes)
