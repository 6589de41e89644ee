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

from analyzer.batch import Int64, views
from analyzer.flow.tcp.ledger.trace import NO_ACK, NONE, Trace

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
UNDECIDED: Final = np.array([(NO_ACK, NO_ACK, NO_ACK, NONE, 0, 0, 0, 0)] * 2, np.int64)  #: both directions to begin with
PERMITTED: Final = np.array([(NO_ACK, NO_ACK, NO_ACK, NONE, 1, 0, 0, 0)] * 2, np.int64)  #: the same with SELECTIVE
COLUMNS: Final = len(Acknowledged._fields)


def acknowledged(trace: Trace, again: Int64 | None = None) -> Acknowledged:
    """What was acknowledged by what; `again`: rows known from elsewhere to be copies, though no earlier one was captured."""
    count = len(trace)
    found = np.empty((COLUMNS, count), np.int64)
    state = (PERMITTED if trace.sack is True else UNDECIDED).copy()
    repeat = np.zeros(count, np.int64)
    if again is not None and len(again):
        repeat[again] = 1
    number = _match(
        count, *views(trace.direction, trace.flags, trace.start, trace.end, trace.length, trace.acked, trace.window, trace.tsval,
                      trace.tsecr, trace.sack_row, trace.sack_from, trace.sack_to, repeat, state,
                      np.empty((2, count), np.int64), np.empty((2, MOST_LATE), np.int64), found)
    )  # fmt: skip
    return Acknowledged(*found[:, :number])


def _match(
    count: cython.Py_ssize_t,
    direction: cython.longlong[:],
    flags: cython.longlong[:],
    start: cython.longlong[:],
    end: cython.longlong[:],
    length: cython.longlong[:],
    acked: cython.longlong[:],
    window: cython.longlong[:],
    tsval: cython.longlong[:],
    tsecr: cython.longlong[:],
    sack_row: cython.longlong[:],
    sack_from: cython.longlong[:],
    sack_to: cython.longlong[:],
    repeat: cython.longlong[:],
    state: cython.longlong[:, ::1],
    queue: cython.longlong[:, ::1],
    late: cython.longlong[:, ::1],
    found: cython.longlong[:, ::1],
) -> int:
    """Fill `found`. `queue`: rows of first copies, ascending; `late`: a ring of the other segments. Both by direction."""
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
    blocks: cython.Py_ssize_t = len(sack_row)
    number: cython.Py_ssize_t = 0
    for i in range(count):
        if flags[i] & FLAG_RST:
            continue
        d = direction[i]
        x = 1 - d  # the direction that this packet acknowledges
        if flags[i] & FLAG_ACK:
            edge = state[x, EDGE]
            while block < blocks and sack_row[block] < i:
                block += 1
            if block < blocks and sack_row[block] == i:
                state[x, SELECTIVE] = 1
            elif (
                acked[i] == edge and edge < state[x, HIGHEST] and length[i] == 0 and not flags[i] & NOT_PLAIN
                and window[i] == state[x, WINDOW] and not state[x, SELECTIVE]
            ):  # fmt: skip
                state[x, DOUBT] = state[x, HIGHEST]
            state[x, WINDOW] = window[i]
            if acked[i] > edge:
                newest = row = rival = -1
                matches = 0
                k = state[x, HEAD]
                below = first = edge
                if k < state[x, TAIL]:
                    row = queue[x, k]
                    below = min(max(edge, start[row]), acked[i])
                    if edge == UNKNOWN:
                        first = below
                    if tsecr[i] > 0 and tsval[row] == tsecr[i] and start[row] <= first < acked[i]:
                        matches = 1
                while k < state[x, TAIL] and end[queue[x, k]] <= acked[i]:
                    newest = queue[x, k]
                    k += 1
                state[x, HEAD] = k
                source = -1
                if edge >= state[x, DOUBT]:
                    if newest >= 0:
                        row = newest
                        source = BOTH if tsecr[i] > 0 and tsval[row] == tsecr[i] else SEQUENCE
                elif tsecr[i] > 0:
                    for k in range(min(state[x, LATE_COUNT], LATE)):
                        m = late[x, k]
                        if start[m] <= first < end[m] and first < acked[i]:
                            if tsval[m] == tsecr[i]:
                                row = m
                                matches += 1
                            rival = max(rival, m)
                    if matches == 1:
                        source = TIMESTAMP
                if source >= 0:
                    found[0, number] = row
                    found[1, number] = i
                    found[2, number] = HANDSHAKE if flags[row] & FLAG_SYN else source
                    found[3, number] = acked[i] - below
                    found[4, number] = rival if rival > row else -1
                    number += 1
                state[x, EDGE] = acked[i]
            while block < blocks and sack_row[block] == i:
                if sack_from[block] > acked[i]:
                    state[x, DOUBT] = max(state[x, DOUBT], min(sack_to[block], state[x, HIGHEST]))
                block += 1
        if end[i] > start[i] and end[i] > state[d, EDGE]:
            if start[i] >= state[d, HIGHEST] and not repeat[i]:
                queue[d, state[d, TAIL]] = i
                state[d, TAIL] += 1
            else:
                late[d, state[d, LATE_COUNT] % LATE] = i
                state[d, LATE_COUNT] += 1
                state[d, DOUBT] = max(state[d, DOUBT], end[i])
            state[d, HIGHEST] = max(state[d, HIGHEST], end[i])
    return int(number)
