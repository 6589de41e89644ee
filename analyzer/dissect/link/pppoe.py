# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""PPP over Ethernet, the session stage (RFC 2516 section 4 and 6).

Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "pppoes"
VERSION_AND_TYPE = cython.declare(cython.int, 0)
CODE = cython.declare(cython.int, 1)
SESSION = cython.declare(cython.int, 2)
LENGTH = cython.declare(cython.int, 4)
HEADER = cython.declare(cython.int, 6)

PPP = cython.declare(cython.int, 0)  # carries

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)

COLUMNS: dict[str, str] = {}


def dissect(
    data: cython.const[cython.uchar][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    reported: cython.const[cython.longlong][::1],
    inner: cython.longlong[::1],
    inner_end: cython.longlong[::1],
    inner_reported: cython.longlong[::1],
    carries: cython.int[::1],
    fault: cython.uchar[::1],
) -> None:
    """carries: PPP, without address and control."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        inner[i] = p + HEADER
        carries[i] = PPP
        stop = p + HEADER + (data[p + LENGTH] << 8 | data[p + LENGTH + 1])
        if stop > reported[i]:
            fault[i] = TOTAL_LENGTH  # noted; what is there is dissected
        elif stop < reported[i]:
            inner_reported[i] = stop
            if stop < end[i]:
                inner_end[i] = stop
