# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""IEEE 802.11 frames (IEEE 802.11-2020 clause 9.2; mesh control: 9.2.4.7.3).

Only data frames carry something: management, control and null frames end here, and so does what is encrypted.
Bounds checks are off: each part of the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "wlan"
FRAME_CONTROL = cython.declare(cython.int, 0)
ADDRESS_1 = cython.declare(cython.int, 4)
ADDRESS_2 = cython.declare(cython.int, 10)
ADDRESS_3 = cython.declare(cython.int, 16)
SEQUENCE_CONTROL = cython.declare(cython.int, 22)
HEADER = cython.declare(cython.int, 24)  # of a data frame; below that only the frame control field is needed
FRAME_CONTROL_SIZE = cython.declare(cython.int, 2)
ADDRESS = cython.declare(cython.int, 6)
QOS_CONTROL = cython.declare(cython.int, 2)
HT_CONTROL = cython.declare(cython.int, 4)
MESH_CONTROL = cython.declare(cython.int, 6)

DATA = cython.declare(cython.int, 2)  # type
QOS = cython.declare(cython.int, 8)  # bits of a data frame's subtype
NO_DATA = cython.declare(cython.int, 4)
TO_DS = cython.declare(cython.int, 0x01)  # flags: the second byte of the frame control field
FROM_DS = cython.declare(cython.int, 0x02)
MORE_FRAGMENTS = cython.declare(cython.int, 0x04)
PROTECTED = cython.declare(cython.int, 0x40)
ORDER = cython.declare(cython.int, 0x80)  # in QoS frames: with HT control
A_MSDU = cython.declare(cython.int, 0x80)  # bits of the QoS control field, low and high byte
MESH_PRESENT = cython.declare(cython.int, 0x01)
ADDRESS_EXTENSION = cython.declare(cython.int, 0x03)  # mesh flags: how many addresses follow

LLC = cython.declare(cython.int, 0)  # carries
NOVELL = cython.declare(cython.int, 1)
AGGREGATE = cython.declare(cython.int, 2)
TRANSPARENT_ETHERNET = cython.declare(cython.int, 0x6558)
IS_FRAGMENT = cython.declare(cython.int, -2)
SNAP_SAP = cython.declare(cython.int, 0xAA)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
BAD_VERSION = cython.declare(cython.int, Fault.VERSION)

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
    """carries: LLC, AGGREGATE, IS_FRAGMENT; NOVELL or TRANSPARENT_ETHERNET where a bridge put them without an LLC header."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    control: cython.Py_ssize_t
    size: cython.Py_ssize_t
    subtype: cython.int
    flags: cython.int
    aggregate: cython.bint
    mesh: cython.bint
    whole: cython.bint
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if end[i] - p < FRAME_CONTROL_SIZE:
            fault[i] = SNAP_LENGTH if reported[i] - p >= FRAME_CONTROL_SIZE else SHORT
            continue
        if data[p] & 3 != 0:
            fault[i] = BAD_VERSION
            continue
        if data[p] >> 2 & 3 != DATA:
            continue
        subtype = data[p] >> 4
        flags = data[p + 1]
        size = HEADER
        if flags & TO_DS and flags & FROM_DS:
            size += ADDRESS
        control = p + size
        if subtype & QOS:
            size += QOS_CONTROL
            if flags & ORDER:
                size += HT_CONTROL
        if end[i] - p < size:
            fault[i] = SNAP_LENGTH if reported[i] - p >= size else SHORT
            continue
        inner[i] = p + size
        if subtype & NO_DATA or flags & PROTECTED:
            continue
        aggregate = subtype & QOS and data[control] & A_MSDU
        mesh = subtype & QOS and data[control + 1] & MESH_PRESENT and flags & FROM_DS
        q = p + size
        # some drivers leave a fragment number in whole frames: those begin with SNAP, a last fragment does not
        whole = end[i] - q > 1 and data[q] == SNAP_SAP and data[q + 1] == SNAP_SAP
        if flags & MORE_FRAGMENTS or (data[p + SEQUENCE_CONTROL] & 0x0F and not whole):
            carries[i] = IS_FRAGMENT
            continue
        if aggregate:
            carries[i] = AGGREGATE
            continue
        if mesh and end[i] - q >= MESH_CONTROL and data[q] < ADDRESS_EXTENSION:
            q += MESH_CONTROL + ADDRESS * data[q]
            if end[i] < q:
                fault[i] = SNAP_LENGTH if reported[i] >= q else SHORT
                continue
        if end[i] - q > 3 and (data[q] | data[q + 1]) == 0 and data[q + 2] == SNAP_SAP and data[q + 3] == SNAP_SAP:
            q += 2  # Atheros hardware pads the header to a multiple of four bytes
        inner[i] = q
        carries[i] = LLC
        if end[i] - q > 1 and data[q] == 0xFF and data[q + 1] == 0xFF:
            carries[i] = NOVELL
        elif end[i] - q >= 2 * ADDRESS and data[q] != SNAP_SAP and _is_ethernet(data, p, q):
            carries[i] = TRANSPARENT_ETHERNET


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _is_ethernet(data: cython.const[cython.uchar][::1], p: cython.Py_ssize_t, q: cython.Py_ssize_t) -> cython.bint:
    """Whether at q stands an Ethernet header with the destination or source of the 802.11 header at p."""
    flags: cython.int = data[p + 1]
    destination: cython.Py_ssize_t = p + (ADDRESS_3 if flags & TO_DS else ADDRESS_1)
    source: cython.Py_ssize_t = p + ADDRESS_2
    if flags & FROM_DS:
        source = p + (HEADER if flags & TO_DS else ADDRESS_3)
    return _same(data, destination, q) or _same(data, source, q + ADDRESS)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _same(data: cython.const[cython.uchar][::1], a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
    k: cython.Py_ssize_t = 0
    while k < ADDRESS and data[a + k] == data[b + k]:
        k += 1
    return k == ADDRESS
