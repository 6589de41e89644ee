# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""MPLS label stacks, one occurrence for a whole stack (RFC 3032 section 2.1; pseudowire control words: RFC 4385).

Nothing in a label tells what it carries, so the first nibble behind the stack does (RFC 4928 section 3): 4 or 6 IP, 1 an
associated channel, 0 a pseudowire, taken to be Ethernet.
Bounds checks are off: each part is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "mpls"
LABEL = cython.declare(cython.int, 0)
BOTTOM = cython.declare(cython.int, 2)  # in its lowest bit: the last label
HEADER = cython.declare(cython.int, 4)
MAXIMUM_LABELS = cython.declare(cython.int, 256)
CHANNEL_LABEL = cython.declare(cython.int, 13)  # generic associated channel (RFC 5586)
ALERT_LABEL = cython.declare(cython.int, 14)  # operation and maintenance (RFC 3429)

CONTROL_WORD = cython.declare(cython.int, 4)
ETHERNET_TYPE = cython.declare(cython.int, 12)
IPV4 = cython.declare(cython.int, 0x0800)  # carries: EtherTypes, or ASSOCIATED_CHANNEL
IPV6 = cython.declare(cython.int, 0x86DD)
TRANSPARENT_ETHERNET = cython.declare(cython.int, 0x6558)
ASSOCIATED_CHANNEL = cython.declare(cython.int, 1)
CHANNEL_IPV4 = cython.declare(cython.int, 0x0021)
CHANNEL_IPV6 = cython.declare(cython.int, 0x0057)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
CHAIN = cython.declare(cython.int, Fault.CHAIN)

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
    """carries: IPV4, IPV6, TRANSPARENT_ETHERNET or ASSOCIATED_CHANNEL."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    count: cython.int
    label: cython.int
    nibble: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        count = 0
        while end[i] - p >= HEADER and not data[p + BOTTOM] & 1 and count < MAXIMUM_LABELS:
            p += HEADER
            count += 1
        if count == MAXIMUM_LABELS:
            fault[i] = CHAIN
            continue
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        label = data[p] << 12 | data[p + 1] << 4 | data[p + 2] >> 4
        p += HEADER
        inner[i] = p
        if p >= end[i] or label == ALERT_LABEL:
            continue
        nibble = data[p] >> 4
        if label == CHANNEL_LABEL or nibble == 1:
            carries[i] = ASSOCIATED_CHANNEL
            if nibble == 1 and end[i] - p >= CONTROL_WORD:
                inner[i] = p + CONTROL_WORD
                if (data[p + 2] << 8 | data[p + 3]) == CHANNEL_IPV4:
                    carries[i] = IPV4
                elif (data[p + 2] << 8 | data[p + 3]) == CHANNEL_IPV6:
                    carries[i] = IPV6
        elif nibble == 4:
            carries[i] = IPV4
        elif nibble == 6:
            carries[i] = IPV6
        elif nibble == 0:
            carries[i] = TRANSPARENT_ETHERNET
            if not (_is_ethernet(data, p, end[i]) and not _is_ethernet(data, p + CONTROL_WORD, end[i])):
                inner[i] = p + CONTROL_WORD if end[i] - p >= CONTROL_WORD else end[i]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _is_ethernet(data: cython.const[cython.uchar][::1], p: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether a frame that begins at p has a type field of IP, ARP, a VLAN tag, MPLS or PPPoE."""
    kind: cython.int
    if end - p < ETHERNET_TYPE + 2:
        return False
    kind = data[p + ETHERNET_TYPE] << 8 | data[p + ETHERNET_TYPE + 1]
    return kind in (0x0800, 0x0806, 0x8100, 0x86DD, 0x8847, 0x8848, 0x8863, 0x8864, 0x88A8, 0x9100)
