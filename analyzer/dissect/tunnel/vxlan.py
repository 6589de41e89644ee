# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""VXLAN (RFC 7348 section 5): an Ethernet frame behind a network identifier.

Bounds checks are off: the header is checked against `end` before it is read. Flags are not checked, as Wireshark does not.
"""

import cython

from analyzer.fault import Fault

NAME = "vxlan"
IDENTIFIER = cython.declare(cython.int, 4)
HEADER = cython.declare(cython.int, 8)
ETHERNET = cython.declare(cython.int, 0)  # carries: an Ethernet frame

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)

COLUMNS: dict[str, str] = {"vni": "I"}


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
    vni: cython.uint[::1],
) -> None:
    """carries: ETHERNET."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = 0
        vni[i] = 0
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        vni[i] = data[p + IDENTIFIER] << 16 | data[p + IDENTIFIER + 1] << 8 | data[p + IDENTIFIER + 2]
        inner[i] = p + HEADER
        carries[i] = ETHERNET
