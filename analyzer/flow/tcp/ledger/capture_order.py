"""Packets that only the capture has in the wrong order: it read several queues, or several interfaces, one after the other.

A packet is put before another one that the capture has up to WITHIN_NS earlier, if that one

- is of the same sender and comes behind it in sequence and acknowledgment numbers, neither time stamps nor a counting IP
  identification say the contrary, and the receiver gave no sign (SACK, duplicate ACKs) that it got them in that order; or
- is of the other side and acknowledges it, although it had not been seen.

A retransmission is not moved: its bytes were seen before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from analyzer.batch import Int64

from .trace import NO_ACK, NONE, Trace

WITHIN_NS: Final = 50_000  #: how late a capture may write a packet down
LOOKBACK: Final = 64  #: packets that may come between
REACTION_NS: Final = 1_000_000_000  #: a receiver's sign comes as soon, on any path
MOST_SIGNS: Final = 1_000  #: packets of the receiver that are looked through for one
#: columns of a trace that belong to a packet; its time is that of the place it is put at
OF_PACKETS: Final = (
    "frame", "direction", "start", "end", "length", "acked", "flags", "window", "tsval", "tsecr", "ip_id", "ttl", "link",
)  # fmt: skip
DUPLICATES: Final = 2  #: ACKs that repeat a number: one may have been on its way


def in_order(trace: Trace) -> Trace:
    """The packets of a trace in the right order, each place with the time that the capture has for it."""
    if len(trace) < 2:
        return trace
    suspects = _suspects(trace)
    if not len(suspects):
        return trace
    order = list(range(len(trace)))
    packets = _Rows(trace)
    late = False
    for row in suspects.tolist():
        if row < trace.reported:
            continue
        to = packets.place(order, row)
        if to < row:
            order[to : row + 1] = [row, *order[to:row]]
            late = True
    return _arranged(trace, np.array(order, np.int64)) if late else trace


def _reach(trace: Trace) -> Int64:
    """The highest offset of the other side's stream that each packet says it has."""
    reach = trace.acked.copy()
    np.maximum.at(reach, trace.sack_row, trace.sack_to)
    return reach


def _highest(trace: Trace) -> Int64:
    """By direction, the end of all that was sent before each row."""
    ends = np.stack([np.where(trace.direction == direction, trace.end, NO_ACK) for direction in (0, 1)])
    ends = np.maximum.accumulate(ends, axis=1)
    return np.concatenate([np.full((2, 1), NO_ACK, np.int64), ends[:, :-1]], axis=1)


def _suspects(trace: Trace) -> Int64:
    """Rows that follow closely on others of their side with higher numbers, or on an acknowledgment of what they bring."""
    found = np.zeros(len(trace), np.bool_)
    if not (trace.time[1:] - trace.time[:-1] <= WITHIN_NS).any():
        return found.nonzero()[0]
    sides = [(trace.direction == direction).nonzero()[0] for direction in (0, 1)]
    for mine, theirs in (sides, sides[::-1]):
        if not len(mine):
            continue
        start, end, acked, time = trace.start[mine], trace.end[mine], trace.acked[mine], trace.time[mine]
        lower = np.zeros(len(mine), np.bool_)
        lower[1:] = (start[1:] < np.maximum.accumulate(start)[:-1]) | (acked[1:] < np.maximum.accumulate(acked)[:-1])
        lower[1:] &= time[1:] - time[:-1] <= WITHIN_NS
        if len(theirs):
            reach = trace.acked[theirs]
            before = theirs.searchsorted(mine)
            last = np.maximum(before - 1, 0)
            lower |= (
                (before > 0)
                & (end > start)
                & (np.maximum.accumulate(reach)[last] >= end)
                & (time - trace.time[theirs[last]] <= WITHIN_NS)
            )
        found[mine[lower]] = True
    return found.nonzero()[0]


class _Rows:
    """The columns of a trace that are read row by row, and what the receivers of both directions said."""

    def __init__(self, trace: Trace) -> None:
        self.time, self.direction, self.start, self.end, self.acked, self.tsval, self.reach = (
            np.ascontiguousarray(column).data
            for column in (trace.time, trace.direction, trace.start, trace.end, trace.acked, trace.tsval, _reach(trace))
        )
        self.highest = _highest(trace)
        self.first = trace.reported
        self.signs = (_Signs(trace, 0), _Signs(trace, 1))

    def place(self, order: list[int], row: int) -> int:
        """The position in `order` at which a row belongs; its own if it is right."""
        own, start, end, acked = self.direction[row], self.start[row], self.end[row], self.acked[row]
        since = self.time[row] - WITHIN_NS
        to = first = row
        for position in range(row - 1, max(row - LOOKBACK, self.first, 0) - 1, -1):
            other = order[position]
            if self.time[other] < since:
                break
            first = position
            if self.direction[other] != own:
                if end > start and self.reach[other] >= end:
                    to = position
                continue
            begun, behind, told = self.start[other], self.end[other], self.acked[other]
            if start < behind and begun < end:
                return row  # sent again
            if start <= begun and end <= behind and acked <= told and (start, end, acked) != (begun, behind, told):
                to = position
        if to == row or (end > start and start < self.highest[own][first]):
            return row
        return to if self._may_precede(row, order[to:row]) else row

    def _may_precede(self, row: int, others: list[int]) -> bool:
        """Whether nothing says that these packets passed before the row."""
        mine = [other for other in others if self.direction[other] == self.direction[row]]
        if self.tsval[row] != NONE:
            for other in mine:
                if self.tsval[other] != NONE and 0 < (self.tsval[row] - self.tsval[other]) & 0xFFFFFFFF < 1 << 31:
                    return False
        if self.end[row] == self.start[row]:
            return True
        data = any(self.end[other] > self.start[other] for other in mine)
        return not data or not self.signs[self.direction[row]].tell(self.start[row], min(row, *others), self.time[row])


class _Signs:
    """The packets of the receiver of a direction."""

    def __init__(self, trace: Trace, direction: int) -> None:
        self._rows = ((trace.direction != direction) & (trace.acked != NO_ACK)).nonzero()[0]
        self._time = trace.time[self._rows]
        acked = trace.acked[self._rows]
        self._highest = np.maximum.accumulate(acked) if len(acked) else acked
        mine = (trace.direction[trace.sack_row] != direction).nonzero()[0]
        self._sack_row, self._from = trace.sack_row[mine], trace.sack_from[mine]
        bare = (trace.length[self._rows] == 0) & ~np.isin(self._rows, self._sack_row)
        self._numbers = np.where(bare, acked, NO_ACK)

    def tell(self, start: int, since: int, time: int) -> bool:
        """Whether the receiver shows that it got later bytes without those at `start`; also if it shows nothing at all.

        While it waits for other bytes already, it gives signs for several packets together: then silence proves nothing.
        """
        first = int(self._rows.searchsorted(since))
        if first == len(self._rows) or self._time[first] > time + REACTION_NS:
            return True
        last = min(int(self._highest.searchsorted(start, "right")), first + MOST_SIGNS)
        before = max(first - 1, 0)
        begin, end = self._sack_row.searchsorted((self._rows[before], self._rows[max(last, first) - 1] + 1)).tolist()
        if (self._from[begin:end] > self._highest[before]).any():
            return True
        return bool(np.count_nonzero(self._numbers[first:last] == start) > DUPLICATES)


def _arranged(trace: Trace, rows: Int64) -> Trace:
    """The trace with its rows in another order; times stay where they are."""
    place = np.empty(len(rows), np.int64)
    place[rows] = np.arange(len(rows))
    blocks = np.argsort(place[trace.sack_row], kind="stable")
    return replace(
        trace,
        **{name: getattr(trace, name)[rows] for name in OF_PACKETS},
        sack_row=place[trace.sack_row][blocks],
        sack_from=trace.sack_from[blocks],
        sack_to=trace.sack_to[blocks],
    )
