# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""VLAN tags, one occurrence for each (IEEE 802.1Q clause 9); service tags of type 0x88A8 are another protocol in Wireshark.

Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "vlan"
TAG = cython.declare(cython.int, 0)
TYPE = cython.declare(cython.int, 2)
HEADER = cython.declare(cython.int, 4)
MAXIMUM_LENGTH = cython.declare(cython.int, 1500)
LLC = cython.declare(cython.int, 0)
NOVELL = cython.declare(cython.int, 1)  # IPX without an 802.2 header, known by its checksum of 0xFFFF

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)

COLUMNS = {"id": "H"}


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
    identifier: cython.ushort[::1],
) -> None:
    """carries: the EtherType behind the tag, LLC or NOVELL."""
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
            identifier[i] = 0
            continue
        identifier[i] = (data[p + TAG] & 0x0F) << 8 | data[p + TAG + 1]
        kind = data[p + TYPE] << 8 | data[p + TYPE + 1]
        if kind <= MAXIMUM_LENGTH:
            if p + HEADER + kind < reported[i]:
                inner_reported[i] = p + HEADER + kind
                if inner_reported[i] < end[i]:
                    inner_end[i] = inner_reported[i]
            elif p + HEADER + kind > reported[i]:
                fault[i] = TOTAL_LENGTH  # noted; what is there is dissected
            kind = LLC
            if end[i] - p > HEADER + 1 and data[p + HEADER] == 0xFF and data[p + HEADER + 1] == 0xFF:
                kind = NOVELL
        carries[i] = kind
