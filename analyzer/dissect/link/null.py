# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""BSD loopback: an address family before the packet (LINKTYPE_NULL and LINKTYPE_LOOP, tcpdump.org).

NULL has it in the byte order of the machine that captured, LOOP in network order; both are told from small numbers. IRIX and
UNICOS/mp use the first two bytes only, AIX writes EtherTypes.
Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "null"
FAMILY = cython.declare(cython.int, 0)
HEADER = cython.declare(cython.int, 4)

HIGHEST_FAMILY_BYTE = cython.declare(cython.int, 5)  # of a family in two bytes
PPP_ADDRESS_AND_CONTROL = cython.declare(cython.int, 0xFF03)  # carries: a PPP frame instead (seen with ISDN)
PPP_PREFIX = cython.declare(cython.int, 2)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)

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
    """carries: the address family, an EtherType, or PPP_ADDRESS_AND_CONTROL."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    little: cython.longlong
    family: cython.longlong
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        if data[p] == 0xFF and data[p + 1] == 0x03:
            inner[i] = p + PPP_PREFIX
            carries[i] = PPP_ADDRESS_AND_CONTROL
            continue
        inner[i] = p + HEADER
        little = cython.cast(cython.longlong, data[p + 3]) << 24 | data[p + 2] << 16 | data[p + 1] << 8 | data[p]
        family = little
        if little & 0xFFFF0000:
            if data[p + 3] == 0 and data[p + 2] <= HIGHEST_FAMILY_BYTE:
                family = data[p + 2]
            else:
                family = cython.cast(cython.longlong, data[p]) << 24 | data[p + 1] << 16 | data[p + 2] << 8 | data[p + 3]
        elif data[p] == 0 and data[p + 1] <= HIGHEST_FAMILY_BYTE:
            family = data[p + 1]
        carries[i] = family if family < PPP_ADDRESS_AND_CONTROL else -1  # cannot be a family of any system
