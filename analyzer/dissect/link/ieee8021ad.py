# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Service VLAN tags of provider bridges (IEEE 802.1Q clause 9, formerly 802.1ad).

Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "ieee8021ad"
TAG = cython.declare(cython.int, 0)
TYPE = cython.declare(cython.int, 2)
HEADER = cython.declare(cython.int, 4)
MAXIMUM_LENGTH = cython.declare(cython.int, 1500)  # Wireshark reads no 802.3 length here, and stops
SERVICE_TAG = cython.declare(cython.int, 0x88A8)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)

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
    """carries: the EtherType behind the tag, or behind two of them: Wireshark takes a pair as one layer."""
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
        if kind == SERVICE_TAG and end[i] - p >= 2 * HEADER:
            inner[i] = p + 2 * HEADER
            kind = data[p + HEADER + TYPE] << 8 | data[p + HEADER + TYPE + 1]
        carries[i] = kind if kind > MAXIMUM_LENGTH else -1
