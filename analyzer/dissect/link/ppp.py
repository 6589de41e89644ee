# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""PPP, in HDLC-like framing or bare (RFC 1661 section 2, RFC 1662 section 3; Cisco HDLC in its place: RFC 1547 section 4.3.1).

Bounds checks are off: each byte is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "ppp"
ADDRESS = cython.declare(cython.int, 0xFF)  # with the control byte behind it; may be left out (RFC 1661 section 6.6)
CONTROL = cython.declare(cython.int, 0x03)
ADDRESS_AND_CONTROL = cython.declare(cython.int, 2)
HIGHEST_DIRECTION = cython.declare(cython.int, 1)  # LINKTYPE_PPP_WITH_DIR: 0 received, 1 sent, before the rest
HEADER = cython.declare(cython.int, 1)  # with a compressed protocol field (RFC 1661 section 6.5), known by its odd first byte

CISCO_UNICAST = cython.declare(cython.int, 0x0F)
CISCO_MULTICAST = cython.declare(cython.int, 0x8F)
CISCO_HEADER = cython.declare(cython.int, 4)
ETHERTYPE_IPV4 = cython.declare(cython.int, 0x0800)
ETHERTYPE_IPV6 = cython.declare(cython.int, 0x86DD)
IPV4 = cython.declare(cython.int, 0x0021)
IPV6 = cython.declare(cython.int, 0x0057)

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
    """carries: the protocol number, uncompressed."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    size: cython.Py_ssize_t
    kind: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        stop = end[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = stop
        inner_reported[i] = reported[i]
        if stop - p > 3 and data[p] <= HIGHEST_DIRECTION and data[p + 1] == ADDRESS and data[p + 2] == CONTROL:
            p += 1
        elif stop - p >= CISCO_HEADER and (data[p] == CISCO_UNICAST or data[p] == CISCO_MULTICAST):
            kind = data[p + 2] << 8 | data[p + 3]
            inner[i] = p + CISCO_HEADER
            if kind == ETHERTYPE_IPV4:
                carries[i] = IPV4
            elif kind == ETHERTYPE_IPV6:
                carries[i] = IPV6
            continue
        if stop - p > ADDRESS_AND_CONTROL and data[p] == ADDRESS:
            p += ADDRESS_AND_CONTROL
        size = HEADER if stop > p and data[p] & 1 else HEADER + 1
        if stop - p < size:
            fault[i] = SNAP_LENGTH if reported[i] - p >= size else SHORT
            continue
        carries[i] = data[p] if size == HEADER else data[p] << 8 | data[p + 1]
        inner[i] = p + size
