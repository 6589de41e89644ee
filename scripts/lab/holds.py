"""Head-of-line stalls as they were: intervals in which later bytes lay in the receiver behind a hole.

From the arrivals at the receiver: bytes in order up to r, and held bytes above it. The stall lasts from the first held byte
until none is held. The application's own receive times say when it got the last of the bytes held.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from .history import Emission, Ranges

Reads = list[tuple[int, int]]


@dataclass
class Hold:
    """One stall; ranges are stream offsets, 0 is the first byte."""

    start: int
    end: int | None
    missing_from: int
    missing_to: int
    held_to: int
    held: int  #: bytes, at most
    first_held: tuple[int, int]  #: emission and copy
    filled: tuple[int, int] | None = None
    application: int | None = None  #: when the application got the last of the bytes held


@dataclass(frozen=True)
class _Arrival:
    time: int
    emission: Emission
    copy: int


def holds(ours: list[Emission], reads: Reads) -> tuple[list[Hold], list[int]]:
    """The stalls of one direction, and the application's delay, in ns, of each arrival that was in order."""
    arrivals = [_Arrival(t, one, copy) for one in ours for copy, t in enumerate(one.arrivals) if t is not None]
    have = Ranges()
    edge, open_hold, found, delays = 0, None, [], []
    ends = [end for _, end in reads]
    for arrival in sorted(arrivals, key=lambda one: one.time):
        emission = arrival.emission
        low = emission.start + (emission.segment.length - emission.segment.payload if emission.start == 0 else 0) - 1
        high = low + emission.segment.payload
        if not emission.segment.payload or not have.add(low, high):
            continue
        edge = have.ranges[0][1] if have.ranges[0][0] == 0 else 0
        above = [one for one in have.ranges if one[0] > edge]
        if above and open_hold is None:
            open_hold = Hold(arrival.time, None, edge, above[0][0], 0, 0, (emission.number, arrival.copy))
            found.append(open_hold)
        if open_hold is None:
            delays.append(_got(reads, ends, low) - arrival.time if _got(reads, ends, low) else 0)
            continue
        if above:
            open_hold.held = max(open_hold.held, sum(top - bottom for bottom, top in above))
            open_hold.held_to = max(open_hold.held_to, above[-1][1])
            continue
        open_hold.end, open_hold.filled = arrival.time, (emission.number, arrival.copy)
        open_hold.application = _got(reads, ends, open_hold.held_to - 1) or None
        open_hold = None
    return found, [delay for delay in delays if delay]


def _got(reads: Reads, ends: list[int], offset: int) -> int:
    """When the application got the byte at this offset; 0 if never."""
    at = bisect_left(ends, offset + 1)
    return reads[at][0] if at < len(reads) else 0
