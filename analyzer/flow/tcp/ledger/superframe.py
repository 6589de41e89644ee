"""The same bytes before and after segmentation offload.

A capture on several interfaces sees a large segment on one and, after the network stack or card has split it (TSO), its pieces
on the next; or pieces first and then what was joined of them (GRO). A segment is such a copy if all of its bytes were seen at
another place a moment ago, as one segment or as segments that join without overlap, with the same time stamp.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .place import PLACES
from .trace import Trace

MOMENT_NS: Final = 1_000_000  #: a packet takes no longer from one interface of a machine to the next
LOOKBACK: Final = 64  #: most segments that are looked at for a segment of which bytes were sent before


def resegmented(trace: Trace, original: Int64, captured: Column) -> None:
    """Mark the segments that repeat others in other portions; known copies are left as they are."""
    for direction in (0, 1):
        rows = ((trace.direction == direction) & (trace.length > 0) & (original < 0)).nonzero()[0]
        if len(rows) < 2 or (trace.link[rows] == trace.link[rows[0]]).all():
            continue
        begun = trace.start[rows]
        highest = np.maximum.accumulate(trace.end[rows])
        if not (highest[:-1] > begun[1:]).any():
            continue
        places = np.unique(trace.link[rows])
        if not 2 <= len(places) <= PLACES:
            continue
        there = [rows[trace.link[rows] == place] for place in places]
        for mine in there:
            for others in there:
                if mine is not others:
                    _compare(trace, mine, others, original, captured)


def _compare(trace: Trace, mine: Int64, others: Int64, original: Int64, captured: Column) -> None:
    """Segments of one place against those that were seen at another before them."""
    start, end = trace.start[mine], trace.start[mine] + trace.length[mine]
    begins, ends = trace.start[others], trace.start[others] + trace.length[others]
    highest = np.maximum.accumulate(ends)
    upto = others.searchsorted(mine)
    since = np.searchsorted(np.maximum.accumulate(trace.time[others]), trace.time[mine] - MOMENT_NS)
    first = highest.searchsorted(start, side="right")
    last = highest.searchsorted(end, side="left")
    behind = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - begins)])
    within = np.minimum(last, len(others) - 1)
    lead = np.minimum(first, len(others) - 1)
    seen = (last < upto) & (first >= since) & (first <= last) & _stamped_alike(trace, mine, others[lead])
    one = seen & (first == last) & (begins[lead] <= start)
    several = seen & (begins[lead] == start) & (ends[within] == end) & (behind[within + 1] - behind[lead] == end - start)
    whole = one | several
    original[mine[whole]], captured[mine[whole]] = others[lead[whole]], True
    again = (~whole & (np.concatenate([start[:1], np.maximum.accumulate(end)[:-1]]) > start)).nonzero()[0]
    for i in again.tolist():
        at = _among(trace, int(mine[i]), others[max(int(since[i]), int(upto[i]) - LOOKBACK) : int(upto[i])])
        if at >= 0:
            original[mine[i]], captured[mine[i]] = at, True


def _among(trace: Trace, row: int, others: Int64) -> int:
    """The first of these rows of which the bytes of `row` were made; -1: they were not."""
    start = int(trace.start[row])
    end = start + int(trace.length[row])
    first, reached = -1, start
    for other in others.tolist():
        left = int(trace.start[other])
        right = left + int(trace.length[other])
        if trace.tsval[other] != trace.tsval[row]:
            continue
        if left <= start and end <= right:
            return int(other)
        if left == reached and right <= end:
            first = other if first < 0 else first
            reached = right
    return first if reached == end else -1


def _stamped_alike(trace: Trace, rows: Int64, others: Int64) -> Column:
    same: Column = trace.tsval[rows] == trace.tsval[others]
    return same
