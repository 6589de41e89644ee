# cython: language_level=3
"""The clock behind the time stamps of a side: how much time one tick of TSval is (RFC 7323 section 5.4).

The RFC asks for 1 ms to 1 s; Linux, macOS and today's Windows tick every 1 ms, older kernels every 10 or 4 ms, some every
500 ms, Linux on request every 1 us. Packets half a connection apart are compared, as far as they are apart in time too, and the
pair with the median rate is taken: a few values from elsewhere (SYN cookies keep options in the low bits, middleboxes make up
packets) do not matter. A number of ticks is exact to one, a delay on the path is not constant: the known clock is taken that
alone agrees with the pair. If none does, the nearest one is taken, or the measured rate where it is exact enough.
"""

from __future__ import annotations

import cython
import numpy as np

from analyzer.flow.tcp.ledger.trace import RST as RST_FLAG
from analyzer.flow.tcp.ledger.trace import At, Trace

KNOWN_NS = (1_000, 1_000_000, 4_000_000, 10_000_000, 100_000_000, 500_000_000, 1_000_000_000)
TOLERANCE = 0.15  #: a measured tick may be wrong by this part: clocks drift, delays vary
STRETCHED = 1.5  #: and by this factor where queues grow or drain in a short connection; known clocks are further apart
EXACT_TICKS = 100  #: so many ticks say what an unknown clock does
MOST_PAIRS = 256  #: that are compared, or less than twice as many
TIME = cython.declare(cython.int, At.TIME)
DIRECTION = cython.declare(cython.int, At.DIRECTION)
FLAGS = cython.declare(cython.int, At.FLAGS)
TSVAL = cython.declare(cython.int, At.TSVAL)
RST = cython.declare(cython.longlong, RST_FLAG)
M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
_MOST_PAIRS = cython.declare(cython.Py_ssize_t, MOST_PAIRS)


def tick_ns(trace: Trace, direction: int) -> int | None:
    """Nanoseconds of one tick of the clock of this side; None: it sends no time stamps, or too few to tell."""
    rows = np.empty(len(trace), np.int64)
    pairs = np.empty((2, min(len(trace), 2 * MOST_PAIRS)), np.int64)
    usable = _compare(direction, trace.packed(), rows.data, pairs.data)
    if not usable:
        return None
    ticks, time = pairs[:, :usable].tolist()
    rates = [passed / counted for passed, counted in zip(time, ticks, strict=True)]
    middle = sorted(range(usable), key=rates.__getitem__)[usable // 2]
    return _clock(ticks[middle], time[middle])


def _compare(
    side: cython.Py_ssize_t,
    columns: cython.longlong[:, ::1],
    rows: cython.longlong[::1],
    pairs: cython.longlong[:, ::1],
) -> int:
    """The number of usable pairs; `pairs` gets ticks and ns of each, `rows` those of the side that have a time stamp."""
    i: cython.Py_ssize_t
    stamped: cython.Py_ssize_t = 0
    apart: cython.Py_ssize_t
    stride: cython.Py_ssize_t
    number: cython.Py_ssize_t = 0
    usable: cython.Py_ssize_t = 0
    longest: cython.longlong = 0
    for i in range(len(rows)):
        if columns[DIRECTION, i] == side and columns[TSVAL, i] >= 0 and not columns[FLAGS, i] & RST:
            rows[stamped] = i
            stamped += 1
    apart = stamped // 2
    if apart == 0:
        return 0
    stride = max((stamped - apart) // _MOST_PAIRS, 1)
    for i in range(0, stamped - apart, stride):
        pairs[0, number] = ((columns[TSVAL, rows[i + apart]] - columns[TSVAL, rows[i]] + HALF) & M) - HALF
        pairs[1, number] = columns[TIME, rows[i + apart]] - columns[TIME, rows[i]]
        longest = max(longest, pairs[1, number])
        number += 1
    for i in range(number):
        if pairs[0, i] > 0 and pairs[1, i] >= max(longest // 2, 1):
            pairs[0, usable] = pairs[0, i]
            pairs[1, usable] = pairs[1, i]
            usable += 1
    return int(usable)


def _clock(ticks: int, time: int) -> int | None:
    """The clock that made so many ticks in so much time."""
    agreeing = [known for known in KNOWN_NS if abs(time / known - ticks) <= 1 + TOLERANCE * ticks]
    if len(agreeing) == 1:
        return agreeing[0]
    if agreeing:
        return None
    near = [known for known in KNOWN_NS if known / STRETCHED <= time / ticks <= known * STRETCHED]
    return near[0] if near else round(time / ticks) if ticks >= EXACT_TICKS else None
