# cython: language_level=3
"""The time from one packet to another, where the capture's clock can be trusted for it.

A clock that is set while it is captured steps; frames of several queues or interfaces can also stand in another order than
their times. A step forward only makes one delay longer. Across a step backward no delay is used: it would be too short, and
minima are made of the shortest.
"""

from __future__ import annotations

import cython
import numpy as np

from analyzer.batch import Int64, views
from analyzer.flow.tcp.ledger.trace import Trace

STEP_BACK_NS = 1_000_000  #: times that fall by more than this are a step, by less a jitter of the capture
UNUSABLE = -1
_STEP_BACK = cython.declare(cython.longlong, STEP_BACK_NS)
_UNUSABLE = cython.declare(cython.longlong, UNUSABLE)


def delays(trace: Trace, sent: Int64, answered: Int64) -> Int64:
    """Nanoseconds from each row in `sent` to that in `answered`; UNUSABLE where that is negative or the clock stepped back."""
    found: Int64 = np.empty(len(sent), np.int64)
    _delays(*views(trace.time, sent, answered, found, np.empty(len(trace), np.int64)))
    return found


def shortest(trace: Trace, rows: Int64, delay: Int64) -> tuple[int, int]:
    """Where the first of the shortest usable delays stands that begin in a row of direction 0, and 1; -1: there is none."""
    return _shortest(*views(trace.direction, rows, delay))


def _delays(
    time: cython.longlong[:],
    sent: cython.longlong[:],
    answered: cython.longlong[:],
    found: cython.longlong[::1],
    steps: cython.longlong[::1],
) -> None:
    """Fill `found`; `steps` gets how often the clock has stepped back before each row."""
    i: cython.Py_ssize_t
    stepped: cython.longlong = 0
    falls: cython.bint = False
    for i in range(len(time)):
        if i > 0 and time[i] < time[i - 1]:
            falls = True
            stepped += time[i] < time[i - 1] - _STEP_BACK
        steps[i] = stepped
    for i in range(len(found)):
        found[i] = time[answered[i]] - time[sent[i]]
        if falls and (found[i] < 0 or steps[answered[i]] != steps[sent[i]]):
            found[i] = _UNUSABLE


def _shortest(direction: cython.longlong[:], rows: cython.longlong[:], delay: cython.longlong[:]) -> tuple[int, int]:
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    at: cython.Py_ssize_t[2] = [-1, -1]
    for i in range(len(rows)):
        d = direction[rows[i]]
        if delay[i] != _UNUSABLE and (at[d] < 0 or delay[i] < delay[at[d]]):
            at[d] = i
    return int(at[0]), int(at[1])
