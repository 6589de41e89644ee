"""Which packets of a sender carried certain bytes, and by when: where the packets behind an acknowledgment are found."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64

from .trace import SYN, Trace

LOOKED_AT: Final = 4_096  #: most packets that are looked at for one question; of more, the latest ones


class Sent:
    """The packets of a direction that carry bytes or a FIN, in the order of the capture."""

    def __init__(self, trace: Trace, direction: int) -> None:
        chosen = (trace.direction == direction) & (trace.end > trace.start) & (trace.flags & SYN == 0)
        self.rows: Int64 = chosen.nonzero()[0]
        self.start: Int64 = trace.start[self.rows]
        self.end: Int64 = trace.end[self.rows]
        self.time: Int64 = trace.time[self.rows]
        self.tsval: Int64 = trace.tsval[self.rows]
        self._sorted: Int64 | None = None
        self._high: Int64 | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def highest(self) -> int:
        """Behind the highest byte that was sent."""
        return int(self.end.max()) if len(self) else 0

    def carrying(self, start: int, end: int, until: int) -> Int64:
        """Positions (in this object's columns) of the packets with any of these bytes, seen at `until` or before, ascending."""
        if self._sorted is None:
            self._sorted = np.argsort(self.start, kind="stable")
            self._starts = self.start[self._sorted]
            self._longest = int((self.end - self.start).max()) if len(self) else 0
        first, last = self._starts.searchsorted((start - self._longest, end)).tolist()
        if last - first <= LOOKED_AT:
            there = self._sorted[first:last]
            there = there[(self.end[there] > start) & (self.time[there] <= until)]
            return np.sort(there)
        # so many copies of the same bytes: those just before are the ones that matter
        behind = int(self.time.searchsorted(until, "right"))
        late = np.arange(max(0, behind - LOOKED_AT), behind)
        return late[(self.end[late] > start) & (self.start[late] < end) & (self.time[late] <= until)]

    def sent_by(self, at: int) -> int:
        """Behind the highest byte that was sent up to this position."""
        if self._high is None:
            self._high = np.maximum.accumulate(self.end)
        return int(self._high[at])
