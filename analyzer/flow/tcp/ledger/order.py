"""Which of two packets of one side was sent first, whatever the order in which they came.

By the first of these that tells: time stamps (RFC 7323: TSval never goes back), then the IP identification, where the side
counts it up. RFC 6864 lets a sender put any value there, so a counter is only believed where most steps between packets
are small; both byte orders are tried, since some stacks count in the order of their machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Int64

from .trace import NONE, RST, SYN, Trace

LEAST_STEPS: Final = 4  #: steps that have to be seen before a counter is believed
SMALL_STEP: Final = 64  #: a step of a counter, some other packets included
COUNTER_SHARE: Final = 0.7  #: of the steps have to be small
OWN_STEPS: Final = 8  #: steps that have to be seen before that is believed
OWN_SHARE: Final = 0.75  #: of the steps are steps of one where nobody else counts
NEAREST: Final = 1 << 14  #: identifications farther apart say nothing
M16: Final = 0xFFFF
HALF16: Final = 1 << 15
ROUND: Final = 1 << 16  #: what the numbers begin with, so that those before the first one are not below 0
M32: Final = 0xFFFFFFFF
HALF32: Final = 1 << 31


def serial(a: int, b: int) -> int:
    """a - b modulo 2^32, as the signed number nearest to 0 (RFC 7323 section 5.2)."""
    d = (a - b) & M32
    return d - M32 - 1 if d >= HALF32 else d


def since(stamps: Int64, first: int | Int64) -> Int64:
    """The same of columns."""
    distance: Int64 = (stamps - first + HALF32 & M32) - HALF32
    return distance


@dataclass(slots=True, eq=False)
class Order:
    """Of the packets of one direction."""

    tsval: Int64
    counter: Int64 | None  #: IP identification of each row as a number that does not wrap, NONE without; None: no counter
    own: bool  #: nobody but this connection counts with it: what it skips was lost

    def sent_before(self, a: int, b: int) -> bool | None:
        """Whether row a was sent before row b of the same side; None: nothing tells."""
        if self.tsval[a] != NONE and self.tsval[b] != NONE:
            d = serial(int(self.tsval[a]), int(self.tsval[b]))
            if d:
                return d < 0
        return self.counted_before(a, b)

    def counted_before(self, a: int, b: int) -> bool | None:
        """The same by the IP identification alone."""
        if self.counter is None or self.counter[a] < 0 or self.counter[b] < 0:
            return None
        d = int(self.counter[a] - self.counter[b])
        return None if d == 0 or abs(d) >= NEAREST else d < 0


def order(trace: Trace, direction: int) -> Order:
    """Learn it from all packets of a direction. A stack answers with RST, or with a SYN/ACK, before it counts: these have 0."""
    rows = (trace.direction == direction).nonzero()[0]
    ids = trace.ip_id[rows]
    known = (ids > 0) | ((ids == 0) & (trace.flags[rows] & (SYN | RST) == 0))
    ids, rows = ids[known], rows[known]
    counter, best, own = None, 0.0, False
    for values in (ids, ids >> 8 | (ids & 0xFF) << 8):
        steps = values[1:] - values[:-1] & M16
        if len(steps) < LEAST_STEPS:
            break
        share = np.count_nonzero((steps > 0) & (steps <= SMALL_STEP)) / len(steps)
        if share >= COUNTER_SHARE and share > best:
            best = share
            own = len(steps) >= OWN_STEPS and bool(np.count_nonzero(steps == 1) >= OWN_SHARE * len(steps))
            counter = np.full(len(trace), NONE, np.int64)
            counter[rows] = ROUND + np.concatenate([values[:1], values[0] + np.cumsum((steps + HALF16 & M16) - HALF16)])
    return Order(trace.tsval, counter, own)
