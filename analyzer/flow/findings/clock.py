"""A capture clock that is set forward while it captures (one that is set back shows itself: see capture.py).

Hosts stamp their segments with a clock of their own (TSval, RFC 7323 section 5.4). When all of them, after a pause, have counted
less time than the capture has, and all by the same amount, it is the clock of the capture that jumped: a queue on the way delays
one direction, a suspended host stops one clock. Pauses from PAUSE_NS on are looked at, and the hosts that sent shortly after; a
clock of which the rate is not known yet does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzer.batch import Int64, Table
from analyzer.finding import Finding, Severity
from analyzer.flow.fact import Fact, Facts

from .evidence import Evidence

PAUSE_NS: Final = 100_000_000  #: a smaller jump is not told from a delay
SHORTLY: Final = 512  #: packets behind the pause that are looked at
MAX_PAUSES: Final = 1_000  #: pauses that are looked at, and one more for every
PAUSE_SHARE: Final = 128  #: segments with a time stamp
LEAST_SIDES: Final = 2  #: clocks that have to agree
AGREEING: Final = 0.8  #: share of all clocks that can be compared
SPREAD: Final = 0.02  #: of the jump, by which they may differ, and SPREAD_NS besides
SPREAD_NS: Final = 20_000_000
TICKS: Final = 20  #: that a clock must have counted before its rate is known
#: lengths of a tick in use, as far as they are short enough to measure a pause: Linux, Windows, older kernels
KNOWN_NS: Final = np.array([1_000, 1_000_000, 2_000_000, 4_000_000, 10_000_000])
TOLERANCE: Final = 0.1  #: by which a measured tick may be wrong
HAS_STAMPS: Final = 16  #: in the column `kinds` of segments


class ClockJumps:
    """Looks at the time stamps of all segments, closely at those around pauses."""

    def __init__(self) -> None:
        self.jumps = Evidence()
        self.largest_ns = 0
        self.pauses_left_out = 0
        self._pauses = 0
        self._segments = 0
        self._last_time: int | None = None
        # of each side: its stream, the first and the last time and time stamp
        self._seen: Int64 = np.full((5, 0), -1, np.int64)

    def update(self, table: Table, facts: Facts) -> None:
        """Take the segments of a batch."""
        rows = np.flatnonzero((table["kinds"] & HAS_STAMPS != 0) & (facts[Fact.SIDE] >= 0) & (facts[Fact.SIZE] >= 0))
        if not len(rows):
            return
        side, stream, time = (facts[fact][rows] for fact in (Fact.SIDE, Fact.STREAM, Fact.TIME))
        frame = facts[Fact.FRAME][rows]
        value = table["tsval"][rows].astype(np.int64)
        before = np.concatenate([[time[0] if self._last_time is None else self._last_time], time[:-1]])
        self._last_time = int(time[-1])
        self._segments += len(rows)
        most = MAX_PAUSES + self._segments // PAUSE_SHARE
        self._reserve(int(side.max()) + 1)
        begin = 0
        for pause in np.flatnonzero(time - before >= PAUSE_NS).tolist():
            if self._pauses >= most:
                self.pauses_left_out += 1
                continue
            self._pauses += 1
            self._note(side[begin:pause], stream[begin:pause], time[begin:pause], value[begin:pause])
            begin = pause
            behind = slice(pause, pause + SHORTLY)
            jump = self._compare(side[behind], stream[behind], time[behind], value[behind])
            if jump:
                self.jumps.one(int(frame[pause]))
                self.largest_ns = max(self.largest_ns, jump)
        self._note(side[begin:], stream[begin:], time[begin:], value[begin:])

    def _reserve(self, sides: int) -> None:
        old = self._seen.shape[1]
        if sides > old:
            more = np.full((5, max(sides, 2 * old) - old), -1, np.int64)
            self._seen = np.concatenate([self._seen, more], axis=1)

    def _note(self, side: Int64, stream: Int64, time: Int64, value: Int64) -> None:
        """These were sent: of each side the last one counts."""
        new = self._seen[0, side] != stream
        if new.any():
            first = np.flatnonzero(new)[::-1]  # of several, numpy keeps the one that is assigned last
            self._seen[0, side[first]] = stream[first]
            self._seen[1, side[first]], self._seen[2, side[first]] = time[first], value[first]
        self._seen[3, side], self._seen[4, side] = time, value

    def _compare(self, side: Int64, stream: Int64, time: Int64, value: Int64) -> int:
        """By how much the clock of the capture jumped before these packets, as the clocks of their senders say; 0: not."""
        sides, at = np.unique(side, return_index=True)
        known = self._seen[0, sides] == stream[at]
        sides, at = sides[known], at[known]
        _, first_time, first_value, last_time, last_value = self._seen[:, sides]
        ticks = _advance(last_value, first_value)
        enough = ticks >= TICKS
        sides, at, ticks = sides[enough], at[enough], ticks[enough]
        if len(sides) < LEAST_SIDES:
            return 0
        measured = (last_time - first_time)[enough] / ticks
        tick = _known(measured)
        # of the known and the measured rate the one that explains more of the time
        counted = (_advance(value[at], last_value[enough]) * np.maximum(tick, measured)).astype(np.int64)
        missing = (time[at] - last_time[enough] - counted)[tick > 0]
        if len(missing) < LEAST_SIDES:
            return 0
        jump = int(np.median(missing))
        if jump < PAUSE_NS:
            return 0
        agreeing = np.abs(missing - jump) <= SPREAD * jump + SPREAD_NS
        return jump if np.count_nonzero(agreeing) >= max(LEAST_SIDES, AGREEING * len(missing)) else 0

    def findings(self) -> Iterator[Finding]:
        """What was found so far."""
        if self.jumps:
            yield self.jumps.finding("clock_jumped", Severity.WARNING, values={"largest_ns": self.largest_ns})


def _advance(later: Int64, earlier: Int64) -> Int64:
    """later - earlier modulo 2^32, as the signed number nearest to 0."""
    difference: Int64 = (later - earlier + (1 << 31) & 0xFFFFFFFF) - (1 << 31)
    return difference


def _known(tick: Int64) -> Int64:
    """The length in use that is nearest to each measured one; 0 where none is near."""
    nearest = np.abs(np.log(np.maximum(tick, 1))[:, None] - np.log(KNOWN_NS)).argmin(axis=1)
    length = KNOWN_NS[nearest]
    return np.where(np.abs(tick - length) <= TOLERANCE * length, length, 0)
