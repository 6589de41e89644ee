# cython: language_level=3
"""The segments of a connection that carry payload, as columns, and the turns of the talk in them.

A segment brings something *new* if it ends behind everything that its direction sent before; hole fillers and repeats do not. A
*burst* is what one side sends before the other one says something new. Data in a SYN counts only where the server took it: where
it acknowledged more than the SYN with its own (RFC 7413 section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

import cython
import numpy as np

from analyzer.batch import Column, Int64
from analyzer.dissect.application.stream import Place
from analyzer.flow.tcp.ledger.trace import ACK, NO_ACK, RST, SYN, At, Trace

MOST_SEGMENTS: Final = 1 << 16  #: of a connection that are kept, the first ones; of what comes later only the last of each side


class Said(IntEnum):
    """The columns of a segment."""

    FRAME = 0
    TIME = 1
    DIRECTION = 2
    START = 3  #: stream offset of the first byte
    END = 4
    ACKED = 5  #: offset in the other side's stream below which the sender had everything; NO_ACK
    NEW = 6  #: 1: it brings something new


FRAME = cython.declare(cython.int, Said.FRAME)
TIME = cython.declare(cython.int, Said.TIME)
DIRECTION = cython.declare(cython.int, Said.DIRECTION)
START = cython.declare(cython.int, Said.START)
END = cython.declare(cython.int, Said.END)
ACKED = cython.declare(cython.int, Said.ACKED)
NEW = cython.declare(cython.int, Said.NEW)
OF_FRAME = cython.declare(cython.int, At.FRAME)
OF_TIME = cython.declare(cython.int, At.TIME)
OF_DIRECTION = cython.declare(cython.int, At.DIRECTION)
OF_START = cython.declare(cython.int, At.START)
OF_LENGTH = cython.declare(cython.int, At.LENGTH)
OF_ACKED = cython.declare(cython.int, At.ACKED)
OF_FLAGS = cython.declare(cython.int, At.FLAGS)
FLAG_SYN = cython.declare(cython.longlong, SYN)
FLAG_RST = cython.declare(cython.longlong, RST)
FLAGS_SYNACK = cython.declare(cython.longlong, SYN | ACK)
LOWEST = cython.declare(cython.longlong, NO_ACK)


class Turn(NamedTuple):
    """The segment with which a burst begins."""

    row: int
    frame: int
    time: int
    direction: int


class Talk(NamedTuple):
    """The rows of an exchange of which nothing is known but its segments; -1: there is none."""

    request: int  #: the first segment of the client
    client_last: int  #: its last one
    request_last: int  #: its last one before the answer
    answer: int  #: the first segment of the server that can be the answer
    answer_last: int  #: the last one that can
    last: int  #: the last one of the server behind the request


@dataclass(slots=True, eq=False)
class Payload:
    """All segments, in the order of the capture."""

    columns: Int64  #: a row for each of Said
    _turns: list[Turn] | None = field(default=None, init=False)

    def __len__(self) -> int:
        return int(self.columns.shape[1])

    @property
    def frame(self) -> Int64:
        """The frame of each."""
        found: Int64 = self.columns[Said.FRAME]
        return found

    def place(self, row: int) -> Place:
        """Where a segment was seen."""
        return Place(int(self.columns[0, row]), int(self.columns[1, row]))

    def first(self, direction: int) -> Place | None:
        """The first segment of a direction."""
        row = _first(self.columns.data, direction)
        return self.place(row) if row >= 0 else None

    @property
    def latest_ns(self) -> int:
        """When something new was said last; 0: never."""
        return int(_latest(self.columns.data))

    def row_of(self, direction: int, offset: int) -> int:
        """The first segment with the byte at this offset; -1: none."""
        _, _, side, start, end, _, _ = self.columns
        rows = ((side == direction) & (start <= offset) & (offset < end)).nonzero()[0]
        return int(rows[0]) if len(rows) else -1

    def had(self, frame: int) -> int:
        """How much of the other side's stream the sender of this frame had when it sent it."""
        rows = (self.frame == frame).nonzero()[0]
        return int(self.columns[Said.ACKED, rows[0]]) if len(rows) else NO_ACK

    def behind(self, frame: int, direction: int) -> Int64:
        """The segments of a direction that bring something new behind this frame."""
        frames, _, side, _, _, _, new = self.columns
        rows: Int64 = ((frames > frame) & (side == direction) & (new != 0)).nonzero()[0]
        return rows

    def size(self, direction: int) -> int:
        """Bytes that a direction sent, each counted once."""
        return int(_size(self.columns.data, direction))

    def span(self, first: int, last: int) -> int:
        """Bytes of the stream from the first of these segments to the last."""
        return int(self.columns[Said.END, last] - self.columns[Said.START, first])

    def turns(self) -> list[Turn]:
        """With which each burst begins."""
        if self._turns is None:
            self._turns = [Turn(*turn) for turn in _turns(self.columns.data)]
        return self._turns

    def talk(self, client: int, way_ns: int) -> Talk:
        """Taken as one exchange. An answer needs as long as `way_ns`, or acknowledges the request."""
        return Talk(*_talk(self.columns.data, client, way_ns))

    def take(self, rows: Column | slice) -> Payload:
        """Some of the segments."""
        return Payload(np.ascontiguousarray(self.columns[:, rows]))

    def join(self, other: Payload) -> Payload:
        """With the segments behind them, as many as are kept."""
        both = Payload(np.concatenate((self.columns, other.columns), axis=1))
        if len(both) <= MOST_SEGMENTS:
            return both
        lasts = [np.flatnonzero(both.columns[Said.DIRECTION] == direction)[-1:] for direction in (0, 1)]
        return both.take(np.union1d(np.arange(MOST_SEGMENTS), np.concatenate(lasts)))


def payload(trace: Trace, last: int) -> Payload:
    """The segments of a trace from the first that was not reported to before row `last`."""
    found: Int64 = np.empty((len(Said), len(trace)), np.int64)
    return Payload(found[:, : _collect(trace.packed(), trace.reported, last, found.data)].copy())


def _collect(
    columns: cython.longlong[:, ::1], first: cython.Py_ssize_t, last: cython.Py_ssize_t, found: cython.longlong[:, ::1]
) -> int:
    """The number of segments in the rows from `first` to before `last`; `found` gets their columns."""
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    syn: cython.longlong
    end: cython.longlong
    new: cython.bint
    number: cython.Py_ssize_t = 0
    spoke: cython.Py_ssize_t[2] = [0, 0]
    highest: cython.longlong[2] = [0, 0]
    took: cython.Py_ssize_t[2] = [0, 0]  # whether a side has acknowledged data in a SYN
    for i in range(columns.shape[1]):
        if columns[OF_FLAGS, i] & FLAGS_SYNACK == FLAGS_SYNACK and columns[OF_ACKED, i] > 0:
            took[columns[OF_DIRECTION, i]] = 1
    for i in range(last):
        d = columns[OF_DIRECTION, i]
        syn = columns[OF_FLAGS, i] & FLAG_SYN
        if columns[OF_LENGTH, i] == 0 or columns[OF_FLAGS, i] & FLAG_RST or (syn and not took[1 - d]):
            continue
        end = columns[OF_START, i] + (syn != 0) + columns[OF_LENGTH, i]
        new = end > highest[d]
        if new or not spoke[d]:
            highest[d] = end
        spoke[d] = 1
        if i >= first:
            found[FRAME, number] = columns[OF_FRAME, i]
            found[TIME, number] = columns[OF_TIME, i]
            found[DIRECTION, number] = d
            found[START, number] = end - columns[OF_LENGTH, i]
            found[END, number] = end
            found[ACKED, number] = columns[OF_ACKED, i]
            found[NEW, number] = new
            number += 1
    return int(number)


def _first(columns: cython.longlong[:, ::1], direction: cython.longlong) -> int:
    i: cython.Py_ssize_t
    for i in range(columns.shape[1]):
        if columns[DIRECTION, i] == direction:
            return int(i)
    return -1


def _latest(columns: cython.longlong[:, ::1]) -> int:
    i: cython.Py_ssize_t
    latest: cython.longlong = 0
    for i in range(columns.shape[1]):
        if columns[NEW, i]:
            latest = max(latest, columns[TIME, i])
    return int(latest)


def _size(columns: cython.longlong[:, ::1], direction: cython.longlong) -> int:
    i: cython.Py_ssize_t
    least: cython.longlong = 0
    most: cython.longlong = 0
    none: cython.bint = True
    for i in range(columns.shape[1]):
        if columns[DIRECTION, i] == direction:
            least = columns[START, i] if none else min(least, columns[START, i])
            most = columns[END, i] if none else max(most, columns[END, i])
            none = False
    return int(most - least)


def _turns(columns: cython.longlong[:, ::1]) -> list[tuple[int, int, int, int]]:
    i: cython.Py_ssize_t
    side: cython.longlong = -1
    found: list[tuple[int, int, int, int]] = []
    for i in range(columns.shape[1]):
        if columns[NEW, i] and columns[DIRECTION, i] != side:
            side = columns[DIRECTION, i]
            found.append((int(i), int(columns[FRAME, i]), int(columns[TIME, i]), int(side)))
    return found


def _talk(columns: cython.longlong[:, ::1], client: cython.longlong, way_ns: cython.longlong) -> tuple[int, ...]:
    i: cython.Py_ssize_t
    request: cython.Py_ssize_t = -1
    client_last: cython.Py_ssize_t = -1
    request_last: cython.Py_ssize_t = -1
    answer: cython.Py_ssize_t = -1
    answer_last: cython.Py_ssize_t = -1
    last: cython.Py_ssize_t = -1
    able: cython.bint
    for i in range(columns.shape[1]):
        if columns[NEW, i] and columns[DIRECTION, i] == client:
            request = request_last = i
            break
    for i in range(columns.shape[1] if request >= 0 else 0):
        if not columns[NEW, i]:
            continue
        if columns[DIRECTION, i] == client:
            client_last = i
            if answer < 0:
                request_last = i
        elif columns[FRAME, i] > columns[FRAME, request]:
            last = i
            able = columns[ACKED, i] > columns[START, request]
            if columns[ACKED, i] == LOWEST:
                able = columns[TIME, i] >= columns[TIME, request] + way_ns
            if able:
                answer_last = i
                if answer < 0:
                    answer = i
    return int(request), int(client_last), int(request_last), int(answer), int(answer_last), int(last)
