"""The segments of a connection that carry payload, as columns, and the turns of the talk in them.

A segment brings something *new* if it ends behind everything that its direction sent before; hole fillers and repeats do not. A
*burst* is what one side sends before the other one says something new. Data in a SYN counts only where the server took it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.dissect.application.stream import Place
from analyzer.flow.tcp.ledger.trace import ACK, NO_ACK, RST, SYN, Trace

MOST_SEGMENTS: Final = 1 << 16  #: of a connection that are kept, the first ones; of what comes later only the last of each side


@dataclass(slots=True, eq=False)
class Payload:
    """Columns of one length, in the order of the capture."""

    frame: Int64
    time: Int64
    direction: Int64
    start: Int64  #: stream offset of the first byte
    end: Int64
    acked: Int64  #: offset in the other side's stream below which the sender had everything; NO_ACK
    new: Column

    def __len__(self) -> int:
        return len(self.frame)

    def place(self, row: int) -> Place:
        """Where a segment was seen."""
        return Place(int(self.frame[row]), int(self.time[row]))

    def first(self, direction: int) -> Place | None:
        """The first segment of a direction."""
        mine = self.direction == direction
        row = int(mine.argmax()) if len(mine) else 0
        return self.place(row) if len(mine) and mine[row] else None

    @property
    def latest_ns(self) -> int:
        """When something new was said last; 0: never."""
        return int(self.time[self.new].max(initial=0))

    def row_of(self, direction: int, offset: int) -> int:
        """The first segment with the byte at this offset; -1: none."""
        rows = ((self.direction == direction) & (self.start <= offset) & (offset < self.end)).nonzero()[0]
        return int(rows[0]) if len(rows) else -1

    def had(self, frame: int) -> int:
        """How much of the other side's stream the sender of this frame had when it sent it."""
        rows = (self.frame == frame).nonzero()[0]
        return int(self.acked[rows[0]]) if len(rows) else NO_ACK

    def behind(self, frame: int, direction: int) -> Int64:
        """The segments of a direction that bring something new behind this frame."""
        rows: Int64 = ((self.frame > frame) & (self.direction == direction) & self.new).nonzero()[0]
        return rows

    def size(self, direction: int) -> int:
        """Bytes that a direction sent, each counted once."""
        mine = (self.direction == direction).nonzero()[0]
        return int(self.end[mine].max() - self.start[mine].min()) if len(mine) else 0

    def turns(self) -> Int64:
        """The rows with which a burst begins."""
        rows: Int64 = self.new.nonzero()[0]
        if len(rows) < 2:
            return rows
        sides = self.direction[rows]
        first = np.empty(len(rows), np.bool_)
        first[0] = True
        first[1:] = sides[1:] != sides[:-1]
        return rows[first]

    def take(self, rows: Column) -> Payload:
        """Some of the segments."""
        return Payload(*(getattr(self, field.name)[rows] for field in fields(self)))

    def join(self, other: Payload) -> Payload:
        """With the segments behind them, as many as are kept."""
        both = Payload(*(np.concatenate((getattr(self, one.name), getattr(other, one.name))) for one in fields(self)))
        if len(both) <= MOST_SEGMENTS:
            return both
        lasts = [np.flatnonzero(both.direction == direction)[-1:] for direction in (0, 1)]
        return both.take(np.union1d(np.arange(MOST_SEGMENTS), np.concatenate(lasts)))


def payload(trace: Trace, last: int) -> Payload:
    """The segments of a trace from the first that was not reported to before row `last`."""
    rows = trace.length.nonzero()[0]
    flags = trace.flags[rows]
    special = (flags & (SYN | RST)) != 0
    if np.count_nonzero(special):
        rows = rows[~special | (_accepted(trace)[rows] & (flags & RST == 0))]
        flags = trace.flags[rows]
    direction = trace.direction[rows]
    start = trace.start[rows] + ((flags & SYN) != 0)
    end = start + trace.length[rows]
    new = np.zeros(len(rows), np.bool_)
    for side in (0, 1):
        mine = (direction == side).nonzero()[0]
        if len(mine):
            highest = np.maximum.accumulate(end[mine])
            new[mine[0]] = highest[0] > 0
            new[mine[1:]] = highest[1:] > highest[:-1]
    if trace.reported or last < len(trace):
        kept = (rows >= trace.reported) & (rows < last)
        rows, direction, start, end, new = rows[kept], direction[kept], start[kept], end[kept], new[kept]
    return Payload(trace.frame[rows], trace.time[rows], direction, start, end, trace.acked[rows], new)


def _accepted(trace: Trace) -> Column:
    """Which SYNs carry data that the other side acknowledged with its own (RFC 7413 section 4.2)."""
    answers = (trace.flags & (SYN | ACK) == SYN | ACK) & (trace.acked > NO_ACK)
    accepted = np.zeros(len(trace), np.bool_)
    for row in np.flatnonzero((trace.flags & SYN != 0) & (trace.length > 0)).tolist():
        told = trace.acked[answers & (trace.direction != trace.direction[row])]
        accepted[row] = len(told) > 0 and bool(told.max() > 0)
    return accepted
