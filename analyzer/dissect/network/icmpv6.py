# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""ICMPv6 messages (RFC 4443); the errors, and the redirects of neighbor discovery (RFC 4861), quote the packet that caused them.

Bounds checks are off: the header and each option are checked against `end` before they are read.
"""

import cython

from analyzer.fault import Fault

NAME = "icmpv6"
QUOTES = True  #: what this carries was not sent in this frame
TYPE = cython.declare(cython.int, 0)
CODE = cython.declare(cython.int, 1)
IDENTIFIER = cython.declare(cython.int, 4)
SEQUENCE = cython.declare(cython.int, 6)
HEADER = cython.declare(cython.int, 8)
MINIMUM = cython.declare(cython.int, 4)  # type, code and checksum

LAST_QUOTING_ERROR = cython.declare(cython.int, 4)  # destination unreachable 1, too big 2, time exceeded 3, parameter problem 4
ECHO_REQUEST = cython.declare(cython.int, 128)
ECHO_REPLY = cython.declare(cython.int, 129)
REDIRECT = cython.declare(cython.int, 137)
REDIRECT_OPTIONS = cython.declare(cython.int, 40)  # where the options of a redirect begin
REDIRECTED_HEADER = cython.declare(cython.int, 4)  # RFC 4861 section 4.6.3
MAXIMUM_OPTIONS = cython.declare(cython.int, 64)
QUOTATION = cython.declare(cython.int, 41)  # carries: an IPv6 packet, or what is left of it

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
OPTIONS = cython.declare(cython.int, Fault.OPTIONS)

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
    """carries: QUOTATION for errors and redirects with the header that they redirect, -1 for all else."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    size: cython.Py_ssize_t
    _option: cython.int
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
            if end[i] - p < MINIMUM or kind[i] <= REDIRECT:
                fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        inner[i] = p + HEADER
        inner_reported[i] = reported[i]
        if kind[i] == ECHO_REQUEST or kind[i] == ECHO_REPLY:
            ident[i] = data[p + IDENTIFIER] << 8 | data[p + IDENTIFIER + 1]
            seq[i] = data[p + SEQUENCE] << 8 | data[p + SEQUENCE + 1]
        elif 1 <= kind[i] <= LAST_QUOTING_ERROR:
            if reported[i] - p > HEADER:
                carries[i] = QUOTATION
        elif kind[i] == REDIRECT:
            q = p + REDIRECT_OPTIONS
            for _option in range(MAXIMUM_OPTIONS):
                if q + 2 > end[i]:
                    break
                size = data[q + 1] * 8
                if size == 0:
                    fault[i] = OPTIONS
                    break
                if data[q] == REDIRECTED_HEADER:
                    if q + 8 < end[i]:
                        inner[i] = q + 8
                        if q + size < inner_reported[i]:
                            inner_reported[i] = q + size
                            if inner_reported[i] < end[i]:
                                inner_end[i] = inner_reported[i]
                        if inner_end[i] > inner[i]:
                            carries[i] = QUOTATION
                    break
                q += size
