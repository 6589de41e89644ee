# cython: language_level=3
"""How much each side of a connection sends at once, and how large the windows are that it is offered."""

import cython

from analyzer.flow.tcp.ledger.trace import RST as RST_FLAG
from analyzer.flow.tcp.ledger.trace import SYN as SYN_FLAG

SYN_RST = cython.declare(cython.longlong, SYN_FLAG | RST_FLAG)
NO_WINDOW = -1
_NO_WINDOW = cython.declare(cython.longlong, NO_WINDOW)


def extremes(
    direction: cython.longlong[:], flags: cython.longlong[:], length: cython.longlong[:], window: cython.longlong[:]
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Of each side: its packets, the largest payload in them, and the largest window that it was offered, or NO_WINDOW."""
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    packets: cython.Py_ssize_t[2] = [0, 0]
    largest: cython.longlong[2] = [0, 0]
    offered: cython.longlong[2] = [_NO_WINDOW, _NO_WINDOW]
    for i in range(len(direction)):
        d = direction[i]
        packets[d] += 1
        largest[d] = max(largest[d], length[i])
        if not flags[i] & SYN_RST:
            offered[1 - d] = max(offered[1 - d], window[i])
    return (int(packets[0]), int(largest[0]), int(offered[0])), (int(packets[1]), int(largest[1]), int(offered[1]))
