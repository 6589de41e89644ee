"""When the packets of a receiver would have been seen had none of them been delayed on the way: by its own time stamps.

TSval (RFC 7323) is the sender's clock as it sent. Where its ticks are short, each packet tells its way through the network up
to one tick; the shortest of the ways nearby is that without queues. A packet that took longer by more than a tick was delayed:
its time is put back into that tick, to its end if the delay was little longer, else to its middle, for nothing says where in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64

from .clock import tick_ns
from .order import since
from .trace import NONE, Trace

LONGEST_TICK_NS: Final = 1_000_000  #: the time would not get better by a slower clock
NEARBY_NS: Final = 5_000_000_000  #: clocks drift apart: 50 ppm are 0.25 ms in this time
NEARBY: Final = 2_048  #: most packets looked at, on either side


class Clock:
    """That of one side, if its ticks are known."""

    def __init__(self, trace: Trace, side: int) -> None:
        rows: Int64 = ((trace.direction == side) & (trace.tsval != NONE)).nonzero()[0]
        self._time = trace.time
        self._rows = rows
        self._late: Int64 = np.zeros(0, np.int64)
        self._tick = tick_ns(trace, side) or 0
        if 0 < self._tick <= LONGEST_TICK_NS:
            stamp = trace.tsval[rows]
            self._late = trace.time[rows] - since(stamp, stamp[0]) * self._tick

    def undelayed(self, row: int) -> int:
        """The time of the row, as it would have been."""
        time = int(self._time[row])
        at = int(self._rows.searchsorted(row))
        if not len(self._late) or at == len(self._rows) or self._rows[at] != row:
            return time
        near = slice(max(0, at - NEARBY), at + NEARBY)
        nearby = np.abs(self._time[self._rows[near]] - time) <= NEARBY_NS
        late = int(self._late[at] - self._late[near][nearby].min())
        delay = late - self._tick
        if delay <= 0:
            return time
        half = self._tick // 2
        return time - delay - (half if delay > half else 0)
