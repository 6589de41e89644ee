# cython: language_level=3
"""How much each side of a connection sends at once, and how large the windows are that it is offered."""

import cython

from analyzer.flow.tcp.ledger.trace import RST as RST_FLAG
from analyzer.flow.tcp.ledger.trace import SYN as SYN_FLAG
from analyzer.flow.tcp.ledger.trace import At

DIRECTION = cython.declare(cython.int, At.DIRECTION)
FLAGS = cython.declare(cython.int, At.FLAGS)
LENGTH = cython.declare(cython.int, At.LENGTH)
WINDOW = cython.declare(cython.int, At.WINDOW)
SYN_RST = cython.declare(cython.longlong, SYN_FLAG | RST_FLAG)
NO_WINDOW = -1
_NO_WINDOW = cython.declare(cython.longlong, NO_WINDOW)


def extremes(columns: cython.longlong[:, ::1]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Of each side: its packets, the largest payload in them, and the largest window that it was offered, or NO_WINDOW."""
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    packets: cython.Py_ssize_t[2] = [0, 0]
    largest: cython.longlong[2] = [0, 0]
    offered: cython.longlong[2] = [_NO_WINDOW, _NO_WINDOW]
    for i in range(columns.shape[1]):
        d = columns[DIRECTION, i]
        packets[d] += 1
        largest[d] = max(largest[d], columns[LENGTH, i])
        if not columns[FLAGS, i] & SYN_RST:
            offered[1 - d] = max(offered[1 - d], columns[WINDOW, i])
    return (int(packets[0]), int(largest[0]), int(offered[0])), (int(packets[1]), int(largest[1]), int(offered[1]))
