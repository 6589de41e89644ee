# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Ethernet II and IEEE 802.3 frames (IEEE 802.3 clause 3).

Bounds checks are off: this runs for every frame, and the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "eth"
DESTINATION = cython.declare(cython.int, 0)
SOURCE = cython.declare(cython.int, 6)
TYPE = cython.declare(cython.int, 12)
HEADER = cython.declare(cython.int, 14)
MAXIMUM_LENGTH = cython.declare(cython.int, 1500)  # up to here the type field is an 802.3 length
MINIMUM_TYPE = cython.declare(cython.int, 1536)  # from here it is an EtherType; what lies between is neither
LLC = cython.declare(cython.int, 0)  # carries: an IEEE 802.2 header
NOVELL = cython.declare(cython.int, 1)  # carries: IPX without an 802.2 header, known by its checksum of 0xFFFF

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)
FIELD = cython.declare(cython.int, Fault.FIELD)

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
    """carries: the EtherType, LLC or NOVELL."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    kind: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        inner[i] = p + HEADER
        inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        fault[i] = 0
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            carries[i] = -1
            continue
        kind = data[p + TYPE] << 8 | data[p + TYPE + 1]
        if kind <= MAXIMUM_LENGTH:
            if p + HEADER + kind < reported[i]:
                inner_reported[i] = p + HEADER + kind
                if inner_reported[i] < end[i]:
                    inner_end[i] = inner_reported[i]
            elif p + HEADER + kind > reported[i]:
                fault[i] = TOTAL_LENGTH  # noted; what is there is dissected
            kind = LLC if kind != 0 else -1
            if end[i] - p > HEADER + 1 and data[p + HEADER] == 0xFF and data[p + HEADER + 1] == 0xFF:
                kind = NOVELL
        elif kind < MINIMUM_TYPE:
            fault[i] = FIELD
            kind = -1
        carries[i] = kind
