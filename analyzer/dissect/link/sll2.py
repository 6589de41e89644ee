# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Linux cooked captures, second version: with the interface's index (LINKTYPE_LINUX_SLL2, tcpdump.org).

Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "sll"  # as Wireshark: one name for both versions
PROTOCOL = cython.declare(cython.int, 0)
INTERFACE_INDEX = cython.declare(cython.int, 4)
HARDWARE_TYPE = cython.declare(cython.int, 8)
PACKET_TYPE = cython.declare(cython.int, 10)
ADDRESS_LENGTH = cython.declare(cython.int, 11)
ADDRESS = cython.declare(cython.int, 12)
HEADER = cython.declare(cython.int, 20)

ARPHRD_NETLINK = cython.declare(cython.int, 824)

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
    """carries: an EtherType, or one of Linux's small ETH_P_ numbers. A netlink message is not dissected, as in Wireshark."""
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
        if (data[p + HARDWARE_TYPE] << 8 | data[p + HARDWARE_TYPE + 1]) != ARPHRD_NETLINK:
            carries[i] = data[p + PROTOCOL] << 8 | data[p + PROTOCOL + 1]
