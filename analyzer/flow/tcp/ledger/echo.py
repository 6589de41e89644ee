# cython: language_level=3
"""Which packet first answered which: time stamp echoes (RFC 7323 section 4.3).

A side puts its clock into TSval; the other side sends the value back as TSecr from the moment when it has it. So the first
packet of a direction with a new TSval and the first packet of the other direction with that value as TSecr are a question
and its answer, whether they carry data or not; a copy that is sent again has a new value and is told apart. An answer can come
late (a delayed ack, an idle application): a pair bounds the round trip from above, and only that.

Not used: TSecr 0 (no echo yet), packets with RST (often made up on the path), a TSval older than one before it (overtaken), and
of repeated SYNs all but the last: Linux answers a repeated SYN with the TSval of the first.
"""

from __future__ import annotations

import cython
import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.trace import At, Trace

DIRECTION = cython.declare(cython.int, At.DIRECTION)
FLAGS = cython.declare(cython.int, At.FLAGS)
TSVAL = cython.declare(cython.int, At.TSVAL)
TSECR = cython.declare(cython.int, At.TSECR)

SYN = cython.declare(cython.longlong, 2)
RST = cython.declare(cython.longlong, 4)
M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
WAITING = cython.declare(cython.int, 2)  # where `found` has room for the rows of each direction that wait for their echo


def pairs(trace: Trace) -> tuple[Int64, Int64]:
    """(rows with a new TSval, rows that echo it first), in the order of the echoes; an echo stands behind what it echoes."""
    found = np.empty((4, len(trace)), np.int64)
    number = _match(trace.packed(), found.data)
    return found[0, :number], found[1, :number]


def _match(columns: cython.longlong[:, ::1], found: cython.longlong[:, ::1]) -> int:
    """Fill `found`; from row WAITING on it gets, of each direction, the rows whose value was not echoed yet, in their order."""
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    r: cython.Py_ssize_t
    row: cython.Py_ssize_t
    value: cython.longlong
    older: cython.longlong
    number: cython.Py_ssize_t = 0
    head: cython.Py_ssize_t[2] = [0, 0]
    tail: cython.Py_ssize_t[2] = [0, 0]
    newest: cython.longlong[2] = [-1, -1]  # TSval of the last row that went into `waiting`
    for i in range(columns.shape[1]):
        if columns[TSVAL, i] < 0 or columns[FLAGS, i] & RST:
            continue
        d = columns[DIRECTION, i]
        r = 1 - d
        if columns[FLAGS, i] & SYN:
            head[d] = tail[d]
        if newest[d] < 0 or 0 < ((columns[TSVAL, i] - newest[d]) & M) < HALF:
            newest[d] = columns[TSVAL, i]
            found[WAITING + d, tail[d]] = i
            tail[d] += 1
        value = columns[TSECR, i]
        while value > 0 and head[r] < tail[r]:
            row = found[WAITING + r, head[r]]
            older = (value - columns[TSVAL, row]) & M
            if older >= HALF:  # the row is newer than what is echoed here
                break
            head[r] += 1
            if older == 0:
                found[0, number] = row
                found[1, number] = i
                number += 1
                break
    return int(number)
