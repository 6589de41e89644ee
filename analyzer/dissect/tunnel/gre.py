# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""GRE (RFC 2784, RFC 2890; routing: RFC 1701; version 1 with PPP: RFC 2637 section 4.1).

Bounds checks are off: each field is checked against `end` before it is read. Neither the version nor the reserved bits are
checked, as Wireshark does not.
"""

import cython

from analyzer.fault import Fault

NAME = "gre"
FLAGS = cython.declare(cython.int, 0)
PROTOCOL = cython.declare(cython.int, 2)
HEADER = cython.declare(cython.int, 4)

CHECKSUM = cython.declare(cython.int, 0x8000)
ROUTING = cython.declare(cython.int, 0x4000)
KEY = cython.declare(cython.int, 0x2000)
SEQUENCE = cython.declare(cython.int, 0x1000)
ACKNOWLEDGMENT = cython.declare(cython.int, 0x0080)  # of PPP only
FIELD = cython.declare(cython.int, 4)  # size of each of these fields
ROUTE_LENGTH = cython.declare(cython.int, 3)  # of a source route entry: address family, offset, length, then as many bytes
MAXIMUM_ROUTES = cython.declare(cython.int, 64)

PPP = cython.declare(cython.int, 0x880B)
TRANSPARENT_ETHERNET = cython.declare(cython.int, 0x6558)
WCCP = cython.declare(cython.int, 0x883E)  # RFC 3040 section 4.1; its version 2 has a header of 4 bytes
ERSPAN = cython.declare(cython.int, 0x88BE)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
CHAIN = cython.declare(cython.int, Fault.CHAIN)

COLUMNS: dict[str, str] = {"key": "I"}


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
    key: cython.uint[::1],
) -> None:
    """carries: the protocol type; TRANSPARENT_ETHERNET for ERSPAN type I, which is known by having no sequence number."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    flags: cython.int
    family: cython.int
    kind: cython.int
    routes: cython.int
    size: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = 0
        key[i] = 0
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        flags = data[p + FLAGS] << 8 | data[p + FLAGS + 1]
        kind = data[p + PROTOCOL] << 8 | data[p + PROTOCOL + 1]
        q = p + HEADER
        if flags & (CHECKSUM | ROUTING):
            q += FIELD
        if flags & KEY:
            if q + FIELD <= end[i]:
                key[i] = cython.cast(cython.uint, data[q]) << 24 | data[q + 1] << 16 | data[q + 2] << 8 | data[q + 3]
            q += FIELD
        if flags & SEQUENCE:
            q += FIELD
        if flags & ACKNOWLEDGMENT and kind == PPP:
            q += FIELD
        if flags & ROUTING:
            for routes in range(MAXIMUM_ROUTES + 1):
                if q + FIELD > end[i]:
                    q = end[i]
                    break
                if routes == MAXIMUM_ROUTES:
                    fault[i] = CHAIN
                    q = end[i]
                    break
                size = data[q + ROUTE_LENGTH]
                family = data[q] << 8 | data[q + 1]
                q += FIELD + size
                if family == 0 and size == 0:
                    break
        if kind == WCCP and q < end[i] and data[q] >> 4 != 4:
            q += FIELD
        if q >= end[i]:
            if q > end[i] and fault[i] == 0:
                fault[i] = SNAP_LENGTH if q <= reported[i] else SHORT
            continue
        inner[i] = q
        carries[i] = kind
        if kind == ERSPAN and not flags & SEQUENCE:
            carries[i] = TRANSPARENT_ETHERNET
