# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""UDP datagrams (RFC 768; over IPv6 a length of 0 stands for all of the packet: RFC 2675 section 4).

Bounds checks are off: this runs for every datagram, and the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "udp"
SOURCE_PORT = cython.declare(cython.int, 0)
DESTINATION_PORT = cython.declare(cython.int, 2)
LENGTH = cython.declare(cython.int, 4)
CHECKSUM = cython.declare(cython.int, 6)
HEADER = cython.declare(cython.int, 8)
PORTS = cython.declare(cython.int, 4)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
HEADER_LENGTH = cython.declare(cython.int, Fault.HEADER_LENGTH)
TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)

#: version: of the IP header around it, known before; length: the field; len: payload bytes by that field, -1 where it cannot be
#: right (no conversation is assigned then)
COLUMNS = {"version": "B", "srcport": "H", "dstport": "H", "length": "H", "len": "i"}


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
    version: cython.const[cython.uchar][::1],
    srcport: cython.ushort[::1],
    dstport: cython.ushort[::1],
    length: cython.ushort[::1],
    payload: cython.int[::1],
) -> None:
    """carries: 0; who is carried is told by the ports."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    size: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = inner_reported[i] = end[i]
        srcport[i] = dstport[i] = length[i] = 0
        payload[i] = -1
        if end[i] - p >= PORTS:
            srcport[i] = data[p] << 8 | data[p + 1]
            dstport[i] = data[p + 2] << 8 | data[p + 3]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            if end[i] - p >= CHECKSUM:
                length[i] = data[p + LENGTH] << 8 | data[p + LENGTH + 1]
            continue
        size = data[p + LENGTH] << 8 | data[p + LENGTH + 1]
        length[i] = size
        if size == 0 and version[i] == 6:
            size = reported[i] - p
        if size < HEADER:
            fault[i] = HEADER_LENGTH
            continue
        payload[i] = size - HEADER
        carries[i] = 0
        inner[i] = p + HEADER
        inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if p + size > reported[i]:
            fault[i] = TOTAL_LENGTH  # noted; what is there is dissected
        elif p + size < reported[i]:
            inner_reported[i] = p + size
            if p + size < end[i]:
                inner_end[i] = p + size
