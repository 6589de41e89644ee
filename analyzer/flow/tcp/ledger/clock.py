"""The clock behind the time stamps of a side: how much time one tick of TSval is (RFC 7323 section 5.4).

The RFC asks for 1 ms to 1 s; Linux, macOS and today's Windows tick every 1 ms, older kernels every 10 or 4 ms, some every
500 ms, Linux on request every 1 us. Packets half a connection apart are compared, as far as they are apart in time too, and the
pair with the median rate is taken: a few values from elsewhere (SYN cookies keep options in the low bits, middleboxes make up
packets) do not matter. A number of ticks is exact to one, a delay on the path is not constant: the known clock is taken that
alone agrees with the pair. If none does, the nearest one is taken, or the measured rate where it is exact enough.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.flow.tcp.ledger.order import since
from analyzer.flow.tcp.ledger.trace import RST, Trace

KNOWN_NS: Final = (1_000, 1_000_000, 4_000_000, 10_000_000, 100_000_000, 500_000_000, 1_000_000_000)
TOLERANCE: Final = 0.15  #: a measured tick may be wrong by this part: clocks drift, delays vary
STRETCHED: Final = 1.5  #: and by this factor where queues grow or drain in a short connection; known clocks are further apart
EXACT_TICKS: Final = 100  #: so many ticks say what an unknown clock does
MOST_PAIRS: Final = 256  #: that are compared


def tick_ns(trace: Trace, direction: int) -> int | None:
    """Nanoseconds of one tick of the clock of this side; None: it sends no time stamps, or too few to tell."""
    rows = np.flatnonzero((trace.direction == direction) & (trace.tsval >= 0) & (trace.flags & RST == 0))
    if len(rows) < 2:
        return None
    apart = len(rows) // 2
    stride = max((len(rows) - apart) // MOST_PAIRS, 1)
    first, second = rows[: len(rows) - apart : stride], rows[apart::stride]
    ticks = since(trace.tsval[second], trace.tsval[first])
    time = trace.time[second] - trace.time[first]
    usable = np.flatnonzero((ticks > 0) & (time >= max(int(time.max()) // 2, 1)))
    if not len(usable):
        return None
    ticks, time = ticks[usable], time[usable]
    order = np.argsort(time / ticks, kind="stable")
    middle = order[len(order) // 2]
    return _clock(int(ticks[middle]), int(time[middle]))


def _clock(ticks: int, time: int) -> int | None:
    """The clock that made so many ticks in so much time."""
    agreeing = [known for known in KNOWN_NS if abs(time / known - ticks) <= 1 + TOLERANCE * ticks]
    if len(agreeing) == 1:
        return agreeing[0]
    if agreeing:
        return None
    near = [known for known in KNOWN_NS if known / STRETCHED <= time / ticks <= known * STRETCHED]
    return near[0] if near else round(time / ticks) if ticks >= EXACT_TICKS else None
