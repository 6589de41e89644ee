# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""ICMP messages (RFC 792); the errors quote the datagram that caused them.

Bounds checks are off: the header and what is read of the quoted one are checked against `end` before they are read.
A quotation is whatever follows the header: RFC 4884's length and extensions do not end it, since Wireshark dissects past them.
"""

import cython

from analyzer.fault import Fault

NAME = "icmp"
QUOTES = True  #: what this carries was not sent in this frame
TYPE = cython.declare(cython.int, 0)
CODE = cython.declare(cython.int, 1)
IDENTIFIER = cython.declare(cython.int, 4)
SEQUENCE = cython.declare(cython.int, 6)
HEADER = cython.declare(cython.int, 8)

ECHO_REPLY = cython.declare(cython.int, 0)
DESTINATION_UNREACHABLE = cython.declare(cython.int, 3)
SOURCE_QUENCH = cython.declare(cython.int, 4)
REDIRECT = cython.declare(cython.int, 5)
ECHO = cython.declare(cython.int, 8)
TIME_EXCEEDED = cython.declare(cython.int, 11)
PARAMETER_PROBLEM = cython.declare(cython.int, 12)
QUOTATION = cython.declare(cython.int, 4)  # carries: an IPv4 datagram, or what is left of it
QUOTED_PAYLOAD = cython.declare(cython.int, 8)  # "64 bits": all that Wireshark reads of what a redirect quotes

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)

#: ident and seq: of echo requests and replies, else 0
COLUMNS = {"type": "B", "code": "B", "ident": "H", "seq": "H"}


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
    kind: cython.uchar[::1],
    code: cython.uchar[::1],
    ident: cython.ushort[::1],
    seq: cython.ushort[::1],
) -> None:
    """carries: QUOTATION for errors, -1 for all else."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    size: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        kind[i] = code[i] = 0
        ident[i] = seq[i] = 0
        inner[i] = inner_end[i] = inner_reported[i] = end[i]
        if end[i] - p > CODE:
            kind[i] = data[p + TYPE]
            code[i] = data[p + CODE]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        inner[i] = p + HEADER
        inner_reported[i] = reported[i]
        if kind[i] in (ECHO_REPLY, ECHO):
            ident[i] = data[p + IDENTIFIER] << 8 | data[p + IDENTIFIER + 1]
            seq[i] = data[p + SEQUENCE] << 8 | data[p + SEQUENCE + 1]
        elif kind[i] in (DESTINATION_UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM):
            if reported[i] - p == HEADER:
                continue
            carries[i] = QUOTATION
            if kind[i] == REDIRECT and end[i] - p > HEADER:
                size = (data[p + HEADER] & 0x0F) * 4 + QUOTED_PAYLOAD
                if inner[i] + size < inner_reported[i]:
                    inner_reported[i] = inner[i] + size
                    if inner_reported[i] < end[i]:
                        inner_end[i] = inner_reported[i]
