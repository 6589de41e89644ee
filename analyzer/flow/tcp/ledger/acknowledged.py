# cython: language_level=3
"""Which segment an acknowledgment acknowledged: the pairs between which a round trip can be measured.

An ack that advances measures the newest segment that it newly covers, if no byte that it may cover was sent twice (Karn, RFC
6298 section 3) and none waited behind a hole: then it came when the hole was filled, not when that segment arrived. So nothing
is measured by sequence numbers while the acked edge lies below a segment that came late or again, below a selective
acknowledgment, or, where there are none, below what was outstanding at a duplicate ack (RFC 5681 section 2).

There a time stamp decides (RFC 7323 section 4): the echoed TSval is that of the segment at the acked edge which arrived first.
The one copy of it with this TSval is measured; two copies within one tick of the clock cannot be told apart. When an ack was
lost and a needless copy asks for another, that one still echoes the first copy (so does Linux for a repeated SYN). So the last
copy that was sent after the echoed one is named too, the rival: if it had time to arrive, it may be what was answered.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import cython
import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.trace import NO_ACK, NONE, At, Trace

MOST_LATE: Final = 64  #: late and repeated segments of a direction, the last ones, that time stamps are compared with


class Source(IntEnum):
    """What ties a segment to its ack; the names in lower case are the words in rows."""

    SEQUENCE = 0
    TIMESTAMP = 1
    BOTH = 2
    HANDSHAKE = 3  #: by sequence number or time stamp; a SYN or SYN/ACK


class Acknowledged(NamedTuple):
    """Segments and their acks as rows of the trace, in the order of the acks, of both directions."""

    sent: Int64
    ack: Int64
    source: Int64
    newly: Int64  #: bytes that the ack newly covers
    rival: Int64  #: a later copy of `sent` that the ack may answer; NONE: there is none


DIRECTION = cython.declare(cython.int, At.DIRECTION)
START = cython.declare(cython.int, At.START)
END = cython.declare(cython.int, At.END)
LENGTH = cython.declare(cython.int, At.LENGTH)
ACKED = cython.declare(cython.int, At.ACKED)
FLAGS = cython.declare(cython.int, At.FLAGS)
OFFERED = cython.declare(cython.int, At.WINDOW)
TSVAL = cython.declare(cython.int, At.TSVAL)
TSECR = cython.declare(cython.int, At.TSECR)
FLAG_SYN = cython.declare(cython.longlong, 2)
FLAG_RST = cython.declare(cython.longlong, 4)
FLAG_ACK = cython.declare(cython.longlong, 16)
NOT_PLAIN = cython.declare(cython.longlong, 7)  # SYN, FIN or RST
UNKNOWN = cython.declare(cython.longlong, NO_ACK)
LATE = cython.declare(cython.Py_ssize_t, MOST_LATE)
SEQUENCE = cython.declare(cython.longlong, Source.SEQUENCE)
TIMESTAMP = cython.declare(cython.longlong, Source.TIMESTAMP)
BOTH = cython.declare(cython.longlong, Source.BOTH)
HANDSHAKE = cython.declare(cython.longlong, Source.HANDSHAKE)

EDGE = cython.declare(cython.Py_ssize_t, 0)  # everything below is acknowledged; UNKNOWN before the first ack
HIGHEST = cython.declare(cython.Py_ssize_t, 1)  # end of what was sent
DOUBT = cython.declare(cython.Py_ssize_t, 2)  # an ack that starts from below this is not measured by sequence numbers
WINDOW = cython.declare(cython.Py_ssize_t, 3)  # the last window that the other side offered
SELECTIVE = cython.declare(cython.Py_ssize_t, 4)  # 1: both sides permit SACK, or the other one has sent blocks
HEAD = cython.declare(cython.Py_ssize_t, 5)  # of the queue of first copies
TAIL = cython.declare(cython.Py_ssize_t, 6)
LATE_COUNT = cython.declare(cython.Py_ssize_t, 7)
FIRST_LATE = cython.declare(cython.Py_ssize_t, 8)  # from here on: a ring of rows that came late or again
QUEUE = cython.declare(cython.Py_ssize_t, 5)  # where `found` has room for the rows of first copies of each direction, ascending
COLUMNS: Final = len(Acknowledged._fields)
UNDECIDED: Final = np.zeros((2, 8 + MOST_LATE), np.int64)  #: both directions to begin with
UNDECIDED[:, :4] = NO_ACK, NO_ACK, NO_ACK, NONE
PERMITTED: Final = UNDECIDED.copy()  #: the same with SELECTIVE
PERMITTED[:, 4] = 1
NONE_AGAIN: Final = np.zeros(0, np.int64)


def acknowledged(trace: Trace, again: Int64 | None = None) -> Acknowledged:
    """What was acknowledged by what; `again`: rows known from elsewhere to be copies, though no earlier one was captured."""
    count = len(trace)
    found = np.empty((COLUMNS + 2, count), np.int64)
    state = (PERMITTED if trace.sack is True else UNDECIDED).copy()
    repeat = NONE_AGAIN
    if again is not None and len(again):
        repeat = np.zeros(count, np.int64)
        repeat[again] = 1
    number = _match(trace.packed(), trace.blocks(), repeat.data, state.data, found.data)
    return Acknowledged(*found[:COLUMNS, :number])


def _match(
    columns: cython.longlong[:, ::1],
    blocks: cython.longlong[:, ::1],
    repeat: cython.longlong[::1],
    state: cython.longlong[:, ::1],
    found: cython.longlong[:, ::1],
) -> int:
    """Fill `found`. `repeat`: 1 for rows known to be copies, or empty."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    m: cython.Py_ssize_t
    rival: cython.Py_ssize_t
    d: cython.Py_ssize_t
    x: cython.Py_ssize_t
    row: cython.Py_ssize_t
    newest: cython.Py_ssize_t
    edge: cython.longlong
    source: cython.longlong
    below: cython.longlong
    first: cython.longlong
    matches: cython.Py_ssize_t
    block: cython.Py_ssize_t = 0
    number: cython.Py_ssize_t = 0
    for i in range(columns.shape[1]):
        if columns[FLAGS, i] & FLAG_RST:
            continue
        d = columns[DIRECTION, i]
        x = 1 - d  # the direction that this packet acknowledges
        if columns[FLAGS, i] & FLAG_ACK:
            edge = state[x, EDGE]
            while block < blocks.shape[1] and blocks[0, block] < i:
                block += 1
            if block < blocks.shape[1] and blocks[0, block] == i:
                state[x, SELECTIVE] = 1
            elif (
                columns[ACKED, i] == edge and edge < state[x, HIGHEST] and columns[LENGTH, i] == 0
                and not columns[FLAGS, i] & NOT_PLAIN and columns[OFFERED, i] == state[x, WINDOW] and not state[x, SELECTIVE]
            ):  # fmt: skip
                state[x, DOUBT] = state[x, HIGHEST]
            state[x, WINDOW] = columns[OFFERED, i]
            if columns[ACKED, i] > edge:
                newest = row = rival = -1
                matches = 0
                k = state[x, HEAD]
                below = first = edge
                if k < state[x, TAIL]:
                    row = found[QUEUE + x, k]
                    below = min(max(edge, columns[START, row]), columns[ACKED, i])
                    if edge == UNKNOWN:
                        first = below
                    if (
                        columns[TSECR, i] > 0
                        and columns[TSVAL, row] == columns[TSECR, i]
                        and columns[START, row] <= first < columns[ACKED, i]
                    ):
                        matches = 1
                while k < state[x, TAIL] and columns[END, found[QUEUE + x, k]] <= columns[ACKED, i]:
                    newest = found[QUEUE + x, k]
                    k += 1
                state[x, HEAD] = k
                source = -1
                if edge >= state[x, DOUBT]:
                    if newest >= 0:
                        row = newest
                        source = BOTH if columns[TSECR, i] > 0 and columns[TSVAL, row] == columns[TSECR, i] else SEQUENCE
                elif columns[TSECR, i] > 0:
                    for k in range(min(state[x, LATE_COUNT], LATE)):
                        m = state[x, FIRST_LATE + k]
                        if columns[START, m] <= first < columns[END, m] and first < columns[ACKED, i]:
                            if columns[TSVAL, m] == columns[TSECR, i]:
                                row = m
                                matches += 1
                            rival = max(rival, m)
                    if matches == 1:
                        source = TIMESTAMP
                if source >= 0:
                    found[0, number] = row
                    found[1, number] = i
                    found[2, number] = HANDSHAKE if columns[FLAGS, row] & FLAG_SYN else source
                    found[3, number] = columns[ACKED, i] - below
                    found[4, number] = rival if rival > row else -1
                    number += 1
                state[x, EDGE] = columns[ACKED, i]
            while block < blocks.shape[1] and blocks[0, block] == i:
                if blocks[1, block] > columns[ACKED, i]:
                    state[x, DOUBT] = max(state[x, DOUBT], min(blocks[2, block], state[x, HIGHEST]))
                block += 1
        if columns[END, i] > columns[START, i] and columns[END, i] > state[d, EDGE]:
            if columns[START, i] >= state[d, HIGHEST] and not (repeat.shape[0] and repeat[i]):
                found[QUEUE + d, state[d, TAIL]] = i
                state[d, TAIL] += 1
            else:
                state[d, FIRST_LATE + state[d, LATE_COUNT] % LATE] = i
                state[d, LATE_COUNT] += 1
                state[d, DOUBT] = max(state[d, DOUBT], columns[END, i])
            state[d, HIGHEST] = max(state[d, HIGHEST], columns[END, i])
    return int(number)
