# cython: language_level=3
"""How far each side of a connection has come: what it sent, how much of that was acknowledged, and when it spoke last."""

from __future__ import annotations

from typing import NamedTuple

import cython

from analyzer.flow.tcp.ledger.trace import At, Trace

FRAME = cython.declare(cython.int, At.FRAME)
DIRECTION = cython.declare(cython.int, At.DIRECTION)
END = cython.declare(cython.int, At.END)
LENGTH = cython.declare(cython.int, At.LENGTH)
ACKED = cython.declare(cython.int, At.ACKED)


class Extent(NamedTuple):
    """Of one side; 0 where there is nothing."""

    packets: int
    sent: int  #: the offset behind all that it sent
    acked: int  #: how much of that was acknowledged
    spoke: int  #: the latest frame with payload


def extents(trace: Trace) -> tuple[Extent, Extent]:
    """Of both directions."""
    one, other = _measure(trace.packed())
    return Extent(*one), Extent(*other)


def _measure(columns: cython.longlong[:, ::1]) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    packets: cython.Py_ssize_t[2] = [0, 0]
    sent: cython.longlong[2] = [0, 0]
    acked: cython.longlong[2] = [0, 0]
    spoke: cython.longlong[2] = [0, 0]
    for i in range(columns.shape[1]):
        d = columns[DIRECTION, i]
        packets[d] += 1
        sent[d] = max(sent[d], columns[END, i])
        acked[1 - d] = max(acked[1 - d], columns[ACKED, i])
        if columns[LENGTH, i] > 0:
            spoke[d] = max(spoke[d], columns[FRAME, i])
    return (
        (int(packets[0]), int(sent[0]), int(acked[0]), int(spoke[0])),
        (int(packets[1]), int(sent[1]), int(acked[1]), int(spoke[1])),
    )
