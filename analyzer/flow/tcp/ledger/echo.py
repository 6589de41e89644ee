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

from analyzer.batch import Int64, views
from analyzer.flow.tcp.ledger.trace import Trace

SYN = cython.declare(cython.longlong, 2)
RST = cython.declare(cython.longlong, 4)
M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
SIDES = 2


def pairs(trace: Trace) -> tuple[Int64, Int64]:
    """(rows with a new TSval, rows that echo it first), in the order of the echoes; an echo stands behind what it echoes."""
    count = len(trace)
    found = np.empty((2, count), np.int64)
    waiting = np.empty((SIDES, count), np.int64)
    number = _match(count, *views(trace.direction, trace.flags, trace.tsval, trace.tsecr, waiting, found))
    return found[0, :number], found[1, :number]


def _match(
    count: cython.Py_ssize_t,
    direction: cython.longlong[:],
    flags: cython.longlong[:],
    tsval: cython.longlong[:],
    tsecr: cython.longlong[:],
    waiting: cython.longlong[:, ::1],
    found: cython.longlong[:, ::1],
) -> int:
    """Fill `found`; `waiting` gets, of each direction, the rows whose value was not echoed yet, in the order of the values."""
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
    for i in range(count):
        if tsval[i] < 0 or flags[i] & RST:
            continue
        d = direction[i]
        r = 1 - d
        if flags[i] & SYN:
            head[d] = tail[d]
        if newest[d] < 0 or 0 < ((tsval[i] - newest[d]) & M) < HALF:
            newest[d] = tsval[i]
            waiting[d, tail[d]] = i
            tail[d] += 1
        value = tsecr[i]
        while value > 0 and head[r] < tail[r]:
            row = waiting[r, head[r]]
            older = (value - tsval[row]) & M
            if older >= HALF:  # the row is newer than what is echoed here
                break
            head[r] += 1
            if older == 0:
                found[0, number] = row
                found[1, number] = i
                number += 1
                break
    return int(number)
