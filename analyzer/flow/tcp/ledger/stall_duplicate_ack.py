"""Stalls as duplicate acknowledgments tell of them, where SACK is not spoken and the capture point is not at the receiver.

Each segment above a hole makes the receiver repeat its acknowledgment (RFC 5681 section 3.2), and the segment that fills the
hole makes it move on at once (section 4.2), over all that was held: what it passes beyond the filler and was sent before
the filler had been waiting. So a stall begins with the first repetition and ends when the acknowledgment moves on; it goes on
behind a further hole (a partial acknowledgment, RFC 6582 section 3.2) if a later move shows that bytes above were there already.

The first segment above a hole may come while an acknowledgment is being delayed: the acknowledgment that it causes is then no
repetition. It is known by its time: it passes after the first segment above the hole has been to the receiver and back.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .order import serial
from .stall_clock import Clock
from .stall_holes import MOST_HOLES, Draft, OpenHole
from .stall_record import DUPLICATE_ACK, Stall, Where, finished
from .stall_sent import Sent
from .trace import ACK, FIN, NO_ACK, NONE, RST, SYN, Trace

WAY_SHARE: Final = 0.9  #: a packet that caused an acknowledgment passed by at least so much of the shortest way earlier
SURE_SHARE: Final = 0.98  #: by then it has arrived, if it was not lost
LOOKED_AHEAD: Final = 64  #: moves of the acknowledgment among which one has to show that bytes were held


def by_duplicate_ack(trace: Trace, where: Where, direction: int) -> list[Stall]:
    """The stalls of the data of a direction."""
    acks = (trace.direction != direction) & (trace.flags & (ACK | RST) == ACK)
    rows = acks.nonzero()[0]
    if len(rows) < 2:
        return []
    acked = trace.acked[rows]
    repeats = _repeats(trace, direction, rows, acked)
    first = repeats.nonzero()[0]
    if not len(first):
        return []
    seen = _Seen(trace, where, direction, rows, acked, repeats)
    found: list[Stall] = []
    behind = 0
    for position in first.tolist():
        if position >= behind:
            draft, behind = seen.follow(position)
            if draft is not None:
                found.append(finished(trace, direction, draft, DUPLICATE_ACK, seen.first_held(draft), seen.shift))
    return found


def _repeats(trace: Trace, direction: int, rows: Int64, acked: Int64) -> Column:
    """Which of the acknowledgments are duplicates."""
    found = np.zeros(len(rows), np.bool_)
    found[1:] = acked[1:] == np.maximum.accumulate(acked)[:-1]
    if not found.any():
        return found
    opens = trace.flags[rows] & SYN != 0
    window = trace.window[rows]
    found[1:] &= (window[1:] == window[:-1]) | opens[:-1]
    found &= (trace.length[rows] == 0) & (trace.flags[rows] & FIN == 0) & ~opens
    if found.any():
        mine = (trace.direction == direction) & (trace.end > trace.start) & (trace.flags & (RST | SYN) == 0)
        found &= np.maximum.accumulate(np.where(mine, trace.end, NO_ACK))[rows] > acked
    return found


class _Seen:
    """The acknowledgments of the receiver of a direction, and what was sent in it."""

    def __init__(self, trace: Trace, where: Where, direction: int, rows: Int64, acked: Int64, repeats: Column) -> None:
        self.trace, self.rows, self.acked, self.repeats = trace, rows, acked, repeats
        self.high: Int64 = np.maximum.accumulate(acked)
        self.sent = Sent(trace, direction)
        self.clock = Clock(trace, 1 - direction)
        self.segment = int((self.sent.end - self.sent.start).max())
        self.far = where.far[direction]
        self.least_way = int(WAY_SHARE * self.far) if self.far is not None else 0
        self.shift = None if self.far is None else self.far // 2
        self.proof: tuple[int, int | None, int] | None = None  #: what _look_ahead found, for the positions
        self.looked_from = self.looked_to = 0  #: from the one up to the other

    def follow(self, first: int) -> tuple[Draft | None, int]:
        """The stall that the duplicate at this position begins, and the position behind it."""
        edge = int(self.high[first])
        row = int(self.rows[first])
        draft = Draft(int(self.trace.time[row]), row)
        position, carried = first, 0
        while True:
            moved = self._moves(edge)
            filler = self._filler(edge, moved)
            if position == first and self._arrived_by(draft.opened_ns) <= self._behind(edge, filler):
                return None, first + 1  # nothing can be held
            hole = self._hole(draft, edge, filler, position, moved)
            carried = self._hold(draft, position, moved, hole, carried)
            if position == first:
                draft.opened_ns = hole.opened_ns = self._start(draft, first, hole)
            if moved == len(self.rows):
                return draft, moved
            edge, position = int(self.acked[moved]), moved
            released = min(carried, max(0, edge - hole.end))
            draft.released, carried = released, carried - released
            if not self._holds_above(moved):
                if draft.count == 1 and edge <= hole.end:
                    return None, first + 1  # nothing was held: a segment came twice
                self._close(draft, filler, moved)
                return (draft if draft.closed_ns != draft.opened_ns else None), moved + 1

    def _moves(self, edge: int) -> int:
        """Position of the first acknowledgment beyond the edge."""
        return int(self.high.searchsorted(edge, "right"))

    def _start(self, draft: Draft, first: int, hole: OpenHole) -> int:
        """When the stall began: with the earliest acknowledgment that the first segment above the hole can have caused."""
        opened = self.clock.undelayed(draft.opened_row)
        above = self.sent.carrying(hole.end, hole.end + 1, draft.opened_ns - self.least_way)
        if self.far is None or not len(above):
            return opened
        reached = int(self.high.searchsorted(hole.start, "left"))
        if reached != first - 1 or not 0 < hole.start - int(self.high[max(reached - 1, 0)]) <= self.segment:
            return opened  # it acknowledges two segments, as a receiver does that delays no longer
        time = self.clock.undelayed(int(self.rows[reached]))
        return min(time, opened) if time >= int(self.sent.time[above[-1]]) + self.far else opened

    def _close(self, draft: Draft, filler: int, moved: int) -> None:
        """The stall ended with the acknowledgment at this position, or with an earlier one that was lost."""
        row = int(self.rows[moved])
        draft.closed_row = row
        draft.closed_ns = closed = max(draft.opened_ns, self.clock.undelayed(row))
        hole = draft.last
        if hole is None or filler < 0 or self.far is None:
            return
        copies = self.sent.carrying(hole.start, hole.end, int(self.trace.time[row]) - self.least_way)
        if copies[-1] == filler and int(self.acked[moved]) <= self.sent.sent_by(filler):
            return
        shown = int(self.trace.time[draft.shown_row])
        estimate = max(shown, int(self.sent.time[filler]) + self.far)
        echo, stamp = int(self.trace.tsecr[row]), int(self.sent.tsval[filler])
        later = echo != NONE and stamp != NONE and serial(echo, stamp) > 0
        if estimate < closed and (estimate > shown or later):
            draft.closed_ns = hole.filled_ns = estimate

    def _holds_above(self, moved: int) -> bool:
        """Whether bytes above the acknowledgment at this position were there already."""
        if self.far is None:
            return False
        until = int(self.trace.time[self.rows[moved]]) - int(SURE_SHARE * self.far)
        if not self.looked_from <= moved < self.looked_to:
            self._look_ahead(moved)
        if self.proof is None:
            return False
        behind, acked, filler = self.proof
        if acked is None:
            return self._sent_by(until) > behind
        return bool((self.sent.carrying(behind, acked, until) < filler).any())

    def _look_ahead(self, moved: int) -> None:
        """Find the acknowledgment that shows whether bytes were held when the one at this position was sent, and those until it.

        Either one is repeated (the proof has no `acked`), or one moves beyond the segment that made it move.
        """
        self.looked_from, self.proof = moved, None
        for _ in range(LOOKED_AHEAD):
            edge, before = int(self.acked[moved]), moved
            moved = self._moves(edge)
            self.looked_to = moved
            filler = self._filler(edge, moved)
            if filler < 0:
                return
            behind = int(self.sent.end[filler])
            if self.repeats[before + 1 : moved][-LOOKED_AHEAD:].any():
                self.proof = behind, None, filler
                return
            if moved == len(self.rows) or filler < 1 or self.sent.sent_by(filler - 1) <= edge:
                return  # it was sent in order
            if self.acked[moved] > behind:
                self.proof = behind, int(self.acked[moved]), filler
                return

    def _hold(self, draft: Draft, first: int, last: int, hole: OpenHole, carried: int) -> int:
        """Count the bytes that are held at these positions: a segment with each duplicate. How many there are in the end."""
        there = first + (self.repeats[first:last] & (self.acked[first:last] == hole.start)).nonzero()[0]
        if not len(there):
            return carried
        time = self.trace.time[self.rows[there]]
        most = max(1, self._arrived_by(int(time[-1])) - hole.end)
        held = np.minimum(carried + self.segment * np.arange(1, len(there) + 1), most)
        until = int(self.trace.time[self.rows[last]]) if last < len(self.rows) else int(time[-1])
        draft.area += int((held * np.diff(time, append=until)).sum())
        draft.most = max(draft.most, int(held[-1]))
        draft.top = max(draft.top, hole.end + int(held[-1]))
        draft.shown_row = int(self.rows[there[-1]])
        return int(held[-1])

    def _hole(self, draft: Draft, edge: int, filler: int, opened: int, moved: int) -> OpenHole:
        """The receiver lacks the segment at the edge."""
        row = int(self.rows[opened])
        hole = OpenHole(edge, self._behind(edge, filler), int(self.trace.time[row]), row, 0)
        if moved < len(self.rows):
            hole.end = min(hole.end, int(self.acked[moved]))
            hole.filled_ns = self.clock.undelayed(int(self.rows[moved]))
            hole.filled_row = int(self.sent.rows[filler]) if filler >= 0 else NONE
            draft.last = hole
        draft.count += 1
        if len(draft.holes) < MOST_HOLES:
            draft.holes.append(hole)
        return hole

    def _behind(self, edge: int, filler: int) -> int:
        return int(self.sent.end[filler]) if filler >= 0 else edge + 1

    def _arrived_by(self, time: int) -> int:
        """Behind the highest byte that can have arrived when an acknowledgment was sent that passed at this time."""
        return self._sent_by(time - self.least_way)

    def _sent_by(self, time: int) -> int:
        behind = int(self.sent.time.searchsorted(time, "right"))
        return self.sent.sent_by(behind - 1) if behind else NO_ACK

    def _filler(self, edge: int, moved: int) -> int:
        """The segment that brought the byte at the edge, or would have; -1: not captured."""
        row = int(self.rows[min(moved, len(self.rows) - 1)])
        copies = self.sent.carrying(edge, edge + 1, int(self.trace.time[row]) - self.least_way)
        if not len(copies):
            return NONE
        echo = int(self.trace.tsecr[row])
        if echo != NONE and moved < len(self.rows):
            later = np.array([serial(int(stamp), echo) > 0 for stamp in self.sent.tsval[copies[-LOOKED_AHEAD:]]])
            copies = copies[-LOOKED_AHEAD:]
            if not later.all():
                copies = copies[~later]  # those that the receiver had not seen when it acknowledged
        return int(copies[-1])

    def first_held(self, draft: Draft) -> int:
        """Row of the first segment above the first hole; -1: not captured."""
        copies = self.sent.carrying(draft.holes[0].end, draft.holes[0].end + 1, draft.opened_ns - self.least_way)
        return int(self.sent.rows[copies[-1]]) if len(copies) else NONE
