# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""ARP (RFC 826), RARP (RFC 903) and InARP (RFC 2390).

Behind the header stand sender and target, each a hardware address of hlen and a protocol address of plen bytes.
Bounds checks are off: the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "arp"
HARDWARE_TYPE = cython.declare(cython.int, 0)
PROTOCOL_TYPE = cython.declare(cython.int, 2)
HARDWARE_LENGTH = cython.declare(cython.int, 4)
PROTOCOL_LENGTH = cython.declare(cython.int, 5)
OPCODE = cython.declare(cython.int, 6)
HEADER = cython.declare(cython.int, 8)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)

#: with a fault SNAP_LENGTH or SHORT and an opcode, addresses are missing: see the column end
COLUMNS = {"hardware": "H", "protocol": "H", "hlen": "B", "plen": "B", "opcode": "H"}


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
    hardware: cython.ushort[::1],
    protocol: cython.ushort[::1],
    hlen: cython.uchar[::1],
    plen: cython.uchar[::1],
    opcode: cython.ushort[::1],
) -> None:
    """carries: nothing."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    size: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = inner_reported[i] = end[i]
        hardware[i] = protocol[i] = opcode[i] = 0
        hlen[i] = plen[i] = 0
        size = HEADER
        if end[i] - p >= HEADER:
            hardware[i] = data[p] << 8 | data[p + 1]
            protocol[i] = data[p + PROTOCOL_TYPE] << 8 | data[p + PROTOCOL_TYPE + 1]
            hlen[i] = data[p + HARDWARE_LENGTH]
            plen[i] = data[p + PROTOCOL_LENGTH]
            opcode[i] = data[p + OPCODE] << 8 | data[p + OPCODE + 1]
            size += 2 * (data[p + HARDWARE_LENGTH] + data[p + PROTOCOL_LENGTH])
        if end[i] - p < size:
            fault[i] = SNAP_LENGTH if reported[i] - p >= size else SHORT
