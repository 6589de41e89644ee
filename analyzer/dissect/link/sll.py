# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Linux cooked captures, first version: what `-i any` gives (LINKTYPE_LINUX_SLL, tcpdump.org).

Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "sll"
PACKET_TYPE = cython.declare(cython.int, 0)
HARDWARE_TYPE = cython.declare(cython.int, 2)  # ARPHRD_
ADDRESS_LENGTH = cython.declare(cython.int, 4)
ADDRESS = cython.declare(cython.int, 6)
PROTOCOL = cython.declare(cython.int, 14)
HEADER = cython.declare(cython.int, 16)

ARPHRD_NETLINK = cython.declare(cython.int, 824)
NETLINK = cython.declare(cython.int, 0x10000)  # carries: the protocol field is then a netlink family

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
    """carries: an EtherType, one of Linux's small ETH_P_ numbers (802.3, 802.2, PPP, CAN), or NETLINK."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        inner[i] = p + HEADER
        if (data[p + HARDWARE_TYPE] << 8 | data[p + HARDWARE_TYPE + 1]) == ARPHRD_NETLINK:
            carries[i] = NETLINK
        else:
            carries[i] = data[p + PROTOCOL] << 8 | data[p + PROTOCOL + 1]
