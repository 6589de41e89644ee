# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""GTP-U (3GPP TS 29.281 section 5): user packets of mobile networks; also the 20-byte header of version 0 (TS 09.60 section 6).

Bounds checks are off: the header and each extension are checked against `end` before they are read.
"""

import cython

from analyzer.fault import Fault

NAME = "gtp"
FLAGS = cython.declare(cython.int, 0)
MESSAGE_TYPE = cython.declare(cython.int, 1)
LENGTH = cython.declare(cython.int, 2)
TUNNEL = cython.declare(cython.int, 4)
HEADER = cython.declare(cython.int, 8)
NEXT_EXTENSION = cython.declare(cython.int, 11)
OPTIONAL_HEADER = cython.declare(cython.int, 12)  # where any of the three flags below is set
VERSION_0_HEADER = cython.declare(cython.int, 20)

PROTOCOL_TYPE = cython.declare(cython.int, 0x10)
HAS_EXTENSION = cython.declare(cython.int, 0x04)
ANY_OPTIONAL = cython.declare(cython.int, 0x07)
G_PDU = cython.declare(cython.int, 255)
MAXIMUM_EXTENSIONS = cython.declare(cython.int, 32)

IPV4 = cython.declare(cython.int, 4)  # carries: the version nibble of the packet within
IPV6 = cython.declare(cython.int, 6)
ETHERNET = cython.declare(cython.int, 1)  # carries: an Ethernet frame
LOWEST_IPV4 = cython.declare(cython.int, 0x45)  # Wireshark takes what begins so for IPv4, a header of 60 bytes not
HIGHEST_IPV4 = cython.declare(cython.int, 0x4E)
ETHERNET_TYPE = cython.declare(cython.int, 12)  # nothing tells Ethernet but an EtherType that is likely
ETHERNET_HEADER = cython.declare(cython.int, 14)
ETHERTYPE_IPV4 = cython.declare(cython.int, 0x0800)
ETHERTYPE_ARP = cython.declare(cython.int, 0x0806)
ETHERTYPE_IPV6 = cython.declare(cython.int, 0x86DD)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
HEADER_LENGTH = cython.declare(cython.int, Fault.HEADER_LENGTH)
BAD_VERSION = cython.declare(cython.int, Fault.VERSION)
CHAIN = cython.declare(cython.int, Fault.CHAIN)

COLUMNS: dict[str, str] = {"teid": "I", "message": "B"}


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
    teid: cython.uint[::1],
    kind: cython.uchar[::1],
) -> None:
    """carries: IPV4 or IPV6 or ETHERNET, by the first bytes of a G-PDU; -1 for other messages."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    flags: cython.int
    following: cython.int
    count: cython.int
    size: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = 0
        teid[i] = 0
        kind[i] = 0
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        flags = data[p + FLAGS]
        kind[i] = data[p + MESSAGE_TYPE]
        if flags >> 5 > 1:
            fault[i] = BAD_VERSION
            continue
        if flags >> 5 == 1:
            teid[i] = (
                cython.cast(cython.uint, data[p + TUNNEL]) << 24
                | data[p + TUNNEL + 1] << 16
                | data[p + TUNNEL + 2] << 8
                | data[p + TUNNEL + 3]
            )
        if not flags & PROTOCOL_TYPE or kind[i] != G_PDU:
            continue
        q = p + HEADER
        if flags >> 5 == 0:
            q = p + VERSION_0_HEADER
        elif flags & ANY_OPTIONAL:
            q = p + OPTIONAL_HEADER
        stop = p + (VERSION_0_HEADER if flags >> 5 == 0 else HEADER) + (data[p + LENGTH] << 8 | data[p + LENGTH + 1])
        if stop < reported[i]:
            inner_reported[i] = stop
            if stop < end[i]:
                inner_end[i] = stop
        if flags >> 5 == 1 and flags & HAS_EXTENSION and q <= inner_end[i]:
            following = data[p + NEXT_EXTENSION]
            count = 0
            while following != 0 and q < inner_end[i]:
                size = data[q] * 4
                if size == 0 or count == MAXIMUM_EXTENSIONS:
                    fault[i] = HEADER_LENGTH if size == 0 else CHAIN
                    break
                q += size
                count += 1
                if q > inner_end[i]:
                    break
                following = data[q - 1]
        if fault[i] != 0:
            continue
        if q >= inner_end[i]:
            if q > end[i]:
                fault[i] = SNAP_LENGTH if q <= inner_reported[i] else SHORT
            continue
        inner[i] = q
        if LOWEST_IPV4 <= data[q] <= HIGHEST_IPV4:
            carries[i] = IPV4
        elif data[q] >> 4 == IPV6:
            carries[i] = IPV6
        elif inner_reported[i] - q > ETHERNET_HEADER and inner_end[i] - q >= ETHERNET_HEADER:
            following = data[q + ETHERNET_TYPE] << 8 | data[q + ETHERNET_TYPE + 1]
            if following in (ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_IPV6):
                carries[i] = ETHERNET
