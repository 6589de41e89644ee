# cython: language_level=3
"""IPv6 headers and the chain of extension headers behind them (RFC 8200 sections 3 and 4; AH: RFC 4302; jumbograms: RFC 2675)."""

import cython

from analyzer.fault import Fault

NAME = "ipv6"
NETWORK = 6  #: this header holds the addresses of what it carries
TRAFFIC_CLASS = cython.declare(cython.int, 0)
PAYLOAD_LENGTH = cython.declare(cython.int, 4)
NEXT_HEADER = cython.declare(cython.int, 6)
HOP_LIMIT = cython.declare(cython.int, 7)
SOURCE = cython.declare(cython.int, 8)
DESTINATION = cython.declare(cython.int, 24)
HEADER = cython.declare(cython.int, 40)

HOP_BY_HOP = cython.declare(cython.int, 0)
ROUTING = cython.declare(cython.int, 43)
FRAGMENT = cython.declare(cython.int, 44)
AUTHENTICATION = cython.declare(cython.int, 51)
DESTINATION_OPTIONS = cython.declare(cython.int, 60)
MOBILITY = cython.declare(cython.int, 135)
HIP = cython.declare(cython.int, 139)
SHIM6 = cython.declare(cython.int, 140)
JUMBO_PAYLOAD = cython.declare(cython.int, 0xC2)  # RFC 2675 section 2
MAXIMUM_EXTENSIONS = cython.declare(cython.int, 32)
IS_FRAGMENT = cython.declare(cython.int, -2)  # carries: a piece of a datagram

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)
BAD_VERSION = cython.declare(cython.int, Fault.VERSION)
CHAIN = cython.declare(cython.int, Fault.CHAIN)

#: proto: what stands behind the extension headers that were read; extensions: how many; fragment: offset and flags of the
#: fragment header as they stand there, with fragment_id; 0 without one (an atomic fragment, RFC 6946, is no fragment)
COLUMNS = {"hop_limit": "B", "proto": "B", "extensions": "B", "fragment": "H", "fragment_id": "I"}


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
    hop_limit: cython.uchar[::1],
    proto: cython.uchar[::1],
    extensions: cython.uchar[::1],
    fragment: cython.ushort[::1],
    fragment_id: cython.uint[::1],
) -> None:
    """carries: the number behind the last extension header, or IS_FRAGMENT (inner is then the fragment's first byte)."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    size: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    whole: cython.Py_ssize_t
    payload: cython.Py_ssize_t
    following: cython.int
    count: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = inner_reported[i] = end[i]
        hop_limit[i] = proto[i] = extensions[i] = 0
        fragment[i] = 0
        fragment_id[i] = 0
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        if data[p] >> 4 != 6:
            fault[i] = BAD_VERSION
            continue
        payload = data[p + PAYLOAD_LENGTH] << 8 | data[p + PAYLOAD_LENGTH + 1]
        hop_limit[i] = data[p + HOP_LIMIT]
        following = data[p + NEXT_HEADER]
        stop = end[i]
        whole = reported[i]
        q = p + HEADER
        if payload != 0 or following != HOP_BY_HOP:
            if q + payload < whole:
                whole = q + payload
                if whole < stop:
                    stop = whole
            elif q + payload > whole:
                fault[i] = TOTAL_LENGTH  # noted; what is there is dissected
        count = 0
        while following in (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS, HIP, SHIM6):
            if count == MAXIMUM_EXTENSIONS:
                fault[i] = CHAIN
                break
            if stop - q < 8:
                fault[i] = SNAP_LENGTH if whole - q >= 8 else SHORT
                break
            if following == FRAGMENT:
                size = 8
                fragment[i] = data[q + 2] << 8 | data[q + 3]
                fragment_id[i] = (
                    cython.cast(cython.uint, data[q + 4]) << 24 | data[q + 5] << 16 | data[q + 6] << 8 | data[q + 7]
                )
            elif following == AUTHENTICATION:
                size = (data[q + 1] + 2) * 4
            else:
                size = (data[q + 1] + 1) * 8
            if stop - q < size:
                fault[i] = SNAP_LENGTH if whole - q >= size else SHORT
                break
            if following == HOP_BY_HOP and payload == 0 and count == 0 and data[q + 2] == JUMBO_PAYLOAD and data[q + 3] == 4:
                payload = (data[q + 4] << 24 | data[q + 5] << 16 | data[q + 6] << 8 | data[q + 7]) & 0xFFFFFFFF
                if p + HEADER + payload < whole:
                    whole = p + HEADER + payload
                    if whole < stop:
                        stop = whole
            count += 1
            q += size
            following = data[q - size]
            if fragment[i] & 0xFFF9:
                break
        else:
            carries[i] = following
        proto[i] = following
        extensions[i] = count
        inner[i] = q if q < stop else stop
        inner_end[i] = stop
        inner_reported[i] = whole
        if fragment[i] & 0xFFF9:
            carries[i] = IS_FRAGMENT
