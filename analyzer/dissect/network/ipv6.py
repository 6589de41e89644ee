# cython: language_level=3
"""IPv6 headers and the chain of extension headers behind them (RFC 8200 sections 3 and 4; AH: RFC 4302; jumbograms: RFC 2675).

A conversation has the addresses of its ends: a routing header tells the last destination (RFC 5095, RFC 6275 section 6.4,
RFC 6554, RFC 8754), a home address option the true source (RFC 6275 section 6.3). The compressed addresses of RFC 6554 stand
nowhere in the packet and are not told.
"""

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
SHIM6 = cython.declare(cython.int, 140)
SHIM6_PAYLOAD = cython.declare(cython.int, 0x80)  # RFC 5533 section 5.1: more follows; else the header is a control message
PAD1 = cython.declare(cython.int, 0)
JUMBO_PAYLOAD = cython.declare(cython.int, 0xC2)  # RFC 2675 section 2
JUMBO_PAYLOAD_SIZE = cython.declare(cython.int, 4)
LOWEST_JUMBO = cython.declare(cython.longlong, 0x10000)  # RFC 2675 section 3
HIGHEST_JUMBO = cython.declare(cython.longlong, 0xFFFFFFD7)  # with the header more than 32 bits: Wireshark stops there
HOME_ADDRESS = cython.declare(cython.int, 0xC9)
ADDRESS_SIZE = cython.declare(cython.int, 16)
SOURCE_ROUTE = cython.declare(cython.int, 0)  # routing types
MOBILITY_ROUTE = cython.declare(cython.int, 2)
RPL_SOURCE_ROUTE = cython.declare(cython.int, 3)
SEGMENT_ROUTING = cython.declare(cython.int, 4)
NOWHERE = cython.declare(cython.int, -1)
BROKEN = cython.declare(cython.int, -2)  # Wireshark reads nothing behind such a header
MAXIMUM_EXTENSIONS = cython.declare(cython.int, 255)
IS_FRAGMENT = cython.declare(cython.int, -2)  # carries: a piece of a datagram

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
TOTAL_LENGTH = cython.declare(cython.int, Fault.TOTAL_LENGTH)
OPTIONS = cython.declare(cython.int, Fault.OPTIONS)
BAD_VERSION = cython.declare(cython.int, Fault.VERSION)
CHAIN = cython.declare(cython.int, Fault.CHAIN)
FIELD = cython.declare(cython.int, Fault.FIELD)

#: source, destination: where the addresses of the conversation stand, behind a routing header or home address option not those
#: of this header; proto: what stands behind the extension headers that were read; extensions: which ones, see `passed`;
#: fragment: offset and flags of the fragment header as they stand there, with fragment_id; 0 without one (RFC 6946: an atomic
#: fragment is none)
COLUMNS = {
    "source": "q", "destination": "q", "hop_limit": "B", "proto": "B", "extensions": "q", "fragment": "H", "fragment_id": "I",
}  # fmt: skip
PASSED = "extensions"
EXTENSION_NAMES = ("ipv6.hopopts", "ipv6.routing", "ipv6.fraghdr", "ah", "ipv6.dstopts", "shim6")
NAMED = cython.declare(cython.int, 20)  # extension headers that are named, three bits each


def passed(extensions: int) -> list[str]:
    """The names of the extension headers in their order: three bits for each, the first one lowest; 0 ends the list."""
    names = []
    while extensions:
        names.append(EXTENSION_NAMES[(extensions & 7) - 1])
        extensions >>= 3
    return names


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
    source: cython.longlong[::1],
    destination: cython.longlong[::1],
    hop_limit: cython.uchar[::1],
    proto: cython.uchar[::1],
    extensions: cython.longlong[::1],
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
    payload: cython.longlong
    found: cython.Py_ssize_t
    following: cython.int
    count: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = inner_reported[i] = end[i]
        hop_limit[i] = proto[i] = 0
        extensions[i] = 0
        source[i] = p + SOURCE
        destination[i] = p + DESTINATION
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
        if payload == 0 and following == HOP_BY_HOP and stop - q >= 8:
            found = _option(data, q, stop, JUMBO_PAYLOAD, JUMBO_PAYLOAD_SIZE)
            if found >= 0:
                payload = _word(data, found)
                if payload < LOWEST_JUMBO or payload > HIGHEST_JUMBO:
                    fault[i] = FIELD
                    continue
        if q + payload < whole:
            whole = q + payload
            if whole < stop:
                stop = whole
        elif q + payload > whole:
            fault[i] = TOTAL_LENGTH  # noted; what is there is dissected
        count = 0
        while following in (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS, SHIM6):
            if count == MAXIMUM_EXTENSIONS:
                fault[i] = CHAIN
                break
            if stop - q < 8:
                fault[i] = SNAP_LENGTH if whole - q >= 8 else SHORT
                break
            if following == FRAGMENT:
                size = 8
                fragment[i] = data[q + 2] << 8 | data[q + 3]
                fragment_id[i] = _word(data, q + 4)
            elif following == AUTHENTICATION:
                size = (data[q + 1] + 2) * 4
            else:
                size = (data[q + 1] + 1) * 8
            if stop - q < size:
                fault[i] = SNAP_LENGTH if whole - q >= size else SHORT
                break
            if following == SHIM6 and size > 8 and not data[q + 2] & SHIM6_PAYLOAD:
                carries[i] = SHIM6
                break
            found = NOWHERE
            if following == ROUTING:
                found = _last_destination(data, q, size)
                if found >= 0:
                    destination[i] = found
            elif following in (DESTINATION_OPTIONS, HOP_BY_HOP):
                found = _option(data, q, stop, HOME_ADDRESS, ADDRESS_SIZE)
                if found >= 0:
                    source[i] = found
            if found == BROKEN:
                fault[i] = OPTIONS
                break
            if count < NAMED:
                extensions[i] |= cython.cast(cython.longlong, _extension(following)) << 3 * count
            count += 1
            q += size
            following = data[q - size]
            if fragment[i] & 0xFFF9:
                break
        else:
            carries[i] = following
        proto[i] = following
        inner[i] = q if q < stop else stop
        inner_end[i] = stop
        inner_reported[i] = whole
        if fragment[i] & 0xFFF9:
            carries[i] = IS_FRAGMENT


@cython.cfunc
@cython.exceptval(check=False)
def _extension(following: cython.int) -> cython.int:
    """The place of an extension header in EXTENSION_NAMES, counted from 1."""
    if following == HOP_BY_HOP:
        return 1
    if following == ROUTING:
        return 2
    if following == FRAGMENT:
        return 3
    if following == AUTHENTICATION:
        return 4
    return 5 if following == DESTINATION_OPTIONS else 6


@cython.cfunc
@cython.exceptval(check=False)
def _option(
    data: cython.const[cython.uchar][::1], q: cython.Py_ssize_t, stop: cython.Py_ssize_t, kind: cython.int, size: cython.int
) -> cython.Py_ssize_t:
    """Where the value of the option stands in the options header at q, NOWHERE without one, BROKEN if an option ends beyond stop.

    The header's first 8 bytes must be there.
    """
    after: cython.Py_ssize_t = q + (data[q + 1] + 1) * 8
    q += 2
    while q < after:
        if q >= stop:
            return BROKEN
        if data[q] == PAD1:
            q += 1
            continue
        if q + 2 > after or q + 2 > stop or q + 2 + data[q + 1] > stop:
            return BROKEN
        if data[q] == kind and data[q + 1] == size:
            return q + 2
        q += 2 + data[q + 1]
    return NOWHERE


@cython.cfunc
@cython.exceptval(check=False)
def _last_destination(data: cython.const[cython.uchar][::1], q: cython.Py_ssize_t, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the address stands to which the routing header at q, all of it there, finally leads; NOWHERE if it does not tell."""
    addresses: cython.Py_ssize_t = (size - 8) // ADDRESS_SIZE
    kind: cython.int = data[q + 2]
    if (kind == MOBILITY_ROUTE and addresses < 1) or (kind == SEGMENT_ROUTING and data[q + 4] >= addresses):
        return BROKEN
    if data[q + 3] == 0 or addresses < 1:  # no segments left
        return NOWHERE
    if kind in (MOBILITY_ROUTE, SEGMENT_ROUTING):
        return q + 8
    if kind == SOURCE_ROUTE or (kind == RPL_SOURCE_ROUTE and data[q + 4] == 0 and data[q + 5] >> 4 == 0):
        return q + 8 + (addresses - 1) * ADDRESS_SIZE
    return NOWHERE


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _word(data: cython.const[cython.uchar][::1], q: cython.Py_ssize_t) -> cython.longlong:
    return cython.cast(cython.longlong, data[q]) << 24 | data[q + 1] << 16 | data[q + 2] << 8 | data[q + 3]
