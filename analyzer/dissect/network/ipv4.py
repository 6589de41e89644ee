# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""IPv4 headers (RFC 791 section 3.1).

Bounds checks are off: this runs for every packet, and the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "ip"
NETWORK = 4  #: this header holds the addresses of what it carries
VERSION_AND_LENGTH = cython.declare(cython.int, 0)
TOTAL_LENGTH = cython.declare(cython.int, 2)
IDENTIFICATION = cython.declare(cython.int, 4)
FRAGMENT = cython.declare(cython.int, 6)
TTL = cython.declare(cython.int, 8)
PROTOCOL = cython.declare(cython.int, 9)
SOURCE = cython.declare(cython.int, 12)
DESTINATION = cython.declare(cython.int, 16)
HEADER = cython.declare(cython.int, 20)

MORE_FRAGMENTS_OR_OFFSET = cython.declare(cython.int, 0x3FFF)
IS_FRAGMENT = cython.declare(cython.int, -2)  # carries: a piece of a datagram
IPV6 = cython.declare(cython.int, 41)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
HEADER_LENGTH = cython.declare(cython.int, Fault.HEADER_LENGTH)
BAD_TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)
BAD_VERSION = cython.declare(cython.int, Fault.VERSION)

#: fragment: flags and offset as they stand in the header
COLUMNS = {"hdr_len": "B", "tos": "B", "id": "H", "fragment": "H", "ttl": "B", "proto": "B"}


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
    hdr_len: cython.uchar[::1],
    tos: cython.uchar[::1],
    identification: cython.ushort[::1],
    fragment: cython.ushort[::1],
    ttl: cython.uchar[::1],
    proto: cython.uchar[::1],
) -> None:
    """carries: the protocol number, or IS_FRAGMENT; IPV6 with inner = at for an IPv6 header, which Wireshark accepts here.

    A total length of 0 means the rest of the frame (segmentation offload).
    """
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    header: cython.Py_ssize_t
    total: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = inner_reported[i] = end[i]
        hdr_len[i] = tos[i] = ttl[i] = proto[i] = 0
        identification[i] = fragment[i] = 0
        if end[i] > p and data[p] >> 4 != 4:
            fault[i] = BAD_VERSION
            if data[p] >> 4 == 6:
                carries[i] = IPV6
                inner[i] = p
                inner_reported[i] = reported[i]
            continue
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        header = (data[p] & 0x0F) * 4
        total = data[p + TOTAL_LENGTH] << 8 | data[p + TOTAL_LENGTH + 1]
        hdr_len[i] = header
        tos[i] = data[p + 1]
        identification[i] = data[p + IDENTIFICATION] << 8 | data[p + IDENTIFICATION + 1]
        fragment[i] = data[p + FRAGMENT] << 8 | data[p + FRAGMENT + 1]
        ttl[i] = data[p + TTL]
        proto[i] = data[p + PROTOCOL]
        if header < HEADER:
            fault[i] = HEADER_LENGTH
            continue
        if total != 0 and total < header:
            fault[i] = BAD_TOTAL_LENGTH
            continue
        if p + header > end[i]:
            fault[i] = SNAP_LENGTH if p + header <= reported[i] else HEADER_LENGTH
            continue
        inner[i] = p + header
        inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if total != 0:
            if p + total < reported[i]:
                inner_reported[i] = p + total
                if p + total < end[i]:
                    inner_end[i] = p + total
            elif p + total > reported[i]:
                fault[i] = BAD_TOTAL_LENGTH  # noted; what is there is dissected
        if fragment[i] & MORE_FRAGMENTS_OR_OFFSET:
            carries[i] = IS_FRAGMENT
        elif inner_reported[i] > inner[i]:
            carries[i] = proto[i]
