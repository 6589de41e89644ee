# cython: language_level=3
"""The time from one packet to another, where the capture's clock can be trusted for it.

A clock that is set while it is captured steps; frames of several queues or interfaces can also stand in another order than
their times. A step forward only makes one delay longer. Across a step backward no delay is used: it would be too short, and
minima are made of the shortest.
"""

from __future__ import annotations

import cython
import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.trace import At, Trace

STEP_BACK_NS = 1_000_000  #: times that fall by more than this are a step, by less a jitter of the capture
UNUSABLE = -1
TIME = cython.declare(cython.int, At.TIME)
DIRECTION = cython.declare(cython.int, At.DIRECTION)
_STEP_BACK = cython.declare(cython.longlong, STEP_BACK_NS)
_UNUSABLE = cython.declare(cython.longlong, UNUSABLE)


def delays(trace: Trace, sent: Int64, answered: Int64) -> Int64:
    """Nanoseconds from each row in `sent` to that in `answered`; UNUSABLE where that is negative or the clock stepped back."""
    found: Int64 = np.empty(len(sent), np.int64)
    if len(sent) and not _ascending(trace.packed(), sent.data, answered.data, found.data):
        _stepping(trace.packed(), sent.data, answered.data, found.data, np.empty(len(trace), np.int64).data)
    return found


def shortest(trace: Trace, rows: Int64, delay: Int64) -> tuple[int, int]:
    """Where the first of the shortest usable delays stands that begin in a row of direction 0, and 1; -1: there is none."""
    return _shortest(trace.packed(), rows.data, delay.data) if len(rows) else (-1, -1)


def _ascending(
    columns: cython.longlong[:, ::1], sent: cython.longlong[:], answered: cython.longlong[:], found: cython.longlong[::1]
) -> bool:
    """Fill `found` if no time is below that before it; whether that is so."""
    i: cython.Py_ssize_t
    for i in range(1, columns.shape[1]):
        if columns[TIME, i] < columns[TIME, i - 1]:
            return False
    for i in range(found.shape[0]):
        found[i] = columns[TIME, answered[i]] - columns[TIME, sent[i]]
    return True


def _stepping(
    columns: cython.longlong[:, ::1],
    sent: cython.longlong[:],
    answered: cython.longlong[:],
    found: cython.longlong[::1],
    steps: cython.longlong[::1],
) -> None:
    """Fill `found` of other times; `steps` gets how often the clock has stepped back before each row."""
    i: cython.Py_ssize_t
    stepped: cython.longlong = 0
    for i in range(columns.shape[1]):
        if i > 0 and columns[TIME, i] < columns[TIME, i - 1]:
            stepped += columns[TIME, i] < columns[TIME, i - 1] - _STEP_BACK
        steps[i] = stepped
    for i in range(found.shape[0]):
        found[i] = columns[TIME, answered[i]] - columns[TIME, sent[i]]
        if found[i] < 0 or steps[answered[i]] != steps[sent[i]]:
            found[i] = _UNUSABLE


def _shortest(columns: cython.longlong[:, ::1], rows: cython.longlong[:], delay: cython.longlong[:]) -> tuple[int, int]:
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    at: cython.Py_ssize_t[2] = [-1, -1]
    for i in range(len(rows)):
        d = columns[DIRECTION, rows[i]]
        if delay[i] != _UNUSABLE and (at[d] < 0 or delay[i] < delay[at[d]]):
            at[d] = i
    return int(at[0]), int(at[1])
