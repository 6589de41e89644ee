"""Bytes that were acknowledged, so the receiver got them, but that are nowhere in the capture: the capture missed them.

Where the receiver had reported them missing first (SACK above them, or duplicate ACKs), the original was lost on the way and it
is the repair that was not captured; else nothing was lost but packets of the capture. A connection of which a direction has no
packet at all is another matter: that direction takes a way that the capture does not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .trace import ACK, RST, SYN, Trace

DUPLICATES: Final = 3  #: ACKs of the same number, of which two and more are duplicates: the receiver misses what follows
LARGEST: Final = 1 << 30  #: the largest window (RFC 7323 section 2.3); what acknowledges more is not of this connection
COMMON: Final = 1_460  #: a segment may be as long, even if no captured one is
_NONE: Final = np.zeros(0, np.int64)


@dataclass(slots=True)
class Missed:
    """Ranges of one direction that the capture missed, ascending."""

    start: Int64  #: offset of the first byte; a FIN counts as one
    end: Int64
    row: Int64  #: the packet that acknowledges all of it
    lost_before: Column  #: the receiver had reported it missing: the original was lost, the repair not captured
    segments: Int64  #: packets that carried each, at least

    def __len__(self) -> int:
        return len(self.start)

    @property
    def bytes(self) -> int:
        """All of them."""
        return int((self.end - self.start).sum())


def missed(trace: Trace, direction: int) -> Missed:
    """What the capture missed of a direction."""
    acks = np.flatnonzero((trace.direction != direction) & (trace.flags & (ACK | RST | SYN) == ACK))
    mine = np.flatnonzero((trace.direction == direction) & (trace.flags & RST == 0))
    if not len(acks) or not len(mine):
        return Missed(_NONE, _NONE, _NONE, _NONE.astype(np.bool_), _NONE)
    acked = np.maximum.accumulate(trace.acked[acks])
    begun, behind = trace.start[mine], trace.end[mine]
    if (begun[1:] < np.maximum.accumulate(behind)[:-1]).any():
        order = np.argsort(begun, kind="stable")
        begun, behind = begun[order], behind[order]
    reached = np.maximum.accumulate(behind)
    start = reached
    end = np.minimum(np.concatenate([begun[1:], acked[-1:]]), acked[-1])
    hole = (start < end) & (end - start <= LARGEST)
    if begun[0] == behind[0] and end[0] - start[0] == 1:
        hole[0] = False  # a keep-alive: its sequence number is that of a byte sent before
    start, end = start[hole], end[hole]
    if not len(start):
        return Missed(_NONE, _NONE, _NONE, _NONE.astype(np.bool_), _NONE)
    first = np.searchsorted(acked, end)
    longest = max(int(trace.length[mine].max()), COMMON)
    segments = -(-(end - start) // longest)
    return Missed(start, end, acks[first], _reported(trace, direction, acks, start, end, acks[first]), segments)


def _reported(trace: Trace, direction: int, acks: Int64, start: Int64, end: Int64, row: Int64) -> Column:
    """Whether the receiver said before `row` that it has what lies above [start, end), but not that."""
    reported = np.zeros(len(start), np.bool_)
    blocks = np.flatnonzero(trace.direction[trace.sack_row] != direction)
    if len(blocks):
        highest = np.maximum.accumulate(trace.sack_to[blocks])
        before = np.searchsorted(trace.sack_row[blocks], row)
        reported = (before > 0) & (highest[before - 1] > end)
    numbers = np.sort(trace.acked[acks[trace.length[acks] == 0]])
    same = np.searchsorted(numbers, start, side="right") - np.searchsorted(numbers, start)
    reported |= same >= DUPLICATES
    return reported
