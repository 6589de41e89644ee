# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Where segments lie in their streams, and which of them somebody has to look at.

A stream offset has 64 bits: 0 is the first byte behind the SYN, or the first byte seen without one. It is made here and nowhere
else from sequence numbers modulo 2^32: they are taken to be less than 2^31 away from what has been delivered.

Most segments bring the next bytes of a stream in which nobody wants anything before some later offset; these only move
`delivered`. All others are handed to flow/stream/streams.py, one at a time, since what it does with one decides about the next.

Bounds checks are off: this runs for every segment, on the facts of `count` segments; the caller hands columns of one length.
"""

import cython

from analyzer.dissect.application.stream import NEVER as NOTHING
from analyzer.flow.fact import Fact, Shown

from . import side
from .side import Attended, Side, Started, Watch

NEVER = cython.declare(cython.longlong, NOTHING)
SKIP = cython.declare(cython.longlong, NOTHING - 1)
M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
FIN = cython.declare(cython.int, 0x01)
SYN = cython.declare(cython.int, 0x02)
RST = cython.declare(cython.int, 0x04)
ACK_FLAG = cython.declare(cython.int, 0x10)
FIN_RST = cython.declare(cython.int, 0x05)

SIDE = cython.declare(cython.int, Fact.SIDE)
STREAM = cython.declare(cython.int, Fact.STREAM)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
SIZE = cython.declare(cython.int, Fact.SIZE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
SHOWN = cython.declare(cython.int, Fact.SHOWN)
SHOWN_WINDOW = cython.declare(cython.int, Shown.WINDOW)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)

BASE = cython.declare(cython.int, Side.BASE)
STARTED = cython.declare(cython.int, Side.STARTED)
DELIVERED = cython.declare(cython.int, Side.DELIVERED)
THRESHOLD = cython.declare(cython.int, Side.THRESHOLD)
WATCH = cython.declare(cython.int, Side.WATCH)
TRIES = cython.declare(cython.int, Side.TRIES)

BY_SYN = cython.declare(cython.int, Started.BY_SYN)
IN_THE_MIDDLE = cython.declare(cython.int, Started.IN_THE_MIDDLE)
HOLES = cython.declare(cython.int, Watch.HOLES)
TRIES_FROM_SYN = cython.declare(cython.int, side.TRIES_FROM_SYN)
TRIES_IN_THE_MIDDLE = cython.declare(cython.int, side.TRIES_IN_THE_MIDDLE)

ATTENDED_ROW = cython.declare(cython.int, Attended.ROW)
ATTENDED_SIDE = cython.declare(cython.int, Attended.SIDE)
ATTENDED_STREAM = cython.declare(cython.int, Attended.STREAM)
ATTENDED_OFFSET = cython.declare(cython.int, Attended.OFFSET)
ATTENDED_LENGTH = cython.declare(cython.int, Attended.LENGTH)
ATTENDED_FLAGS = cython.declare(cython.int, Attended.FLAGS)
ATTENDED_FRAME = cython.declare(cython.int, Attended.FRAME)
ATTENDED_TIME = cython.declare(cython.int, Attended.TIME)
ATTENDED_AT = cython.declare(cython.int, Attended.AT)
ATTENDED_END = cython.declare(cython.int, Attended.END)
ATTENDED_ACKED = cython.declare(cython.int, Attended.ACKED)


@cython.cfunc
@cython.inline
def _distance(number: cython.longlong, origin: cython.longlong) -> cython.longlong:
    """number - origin, modulo 2^32, as the signed number nearest to 0."""
    d: cython.longlong = (number - origin) & M
    return d - M - 1 if d >= HALF else d


@cython.cfunc
@cython.inline
def _is_new(s: cython.Py_ssize_t, sides: cython.longlong[:, ::1]) -> cython.bint:
    """A side of which the beginning is not known, and no data either."""
    return sides[s, STARTED] == IN_THE_MIDDLE and sides[s, DELIVERED] == 0 and sides[s, WATCH] == 0


@cython.cclass
class Attention:
    """The segments of a batch that somebody has to look at, one after the other.

    A class, since a function would have to be handed the arrays anew for each of them, which takes longer than all else.
    at, end: the captured payload in data; plausible: 1 for each byte value with which a known protocol may begin.
    """

    facts: cython.longlong[:, ::1]
    data: cython.const[cython.uchar][::1]
    at: cython.longlong[::1]
    end: cython.longlong[::1]
    plausible: cython.uchar[::1]
    sides: cython.longlong[:, ::1]
    attended: cython.longlong[::1]
    count: cython.Py_ssize_t
    following: cython.Py_ssize_t

    def __init__(
        self,
        count: cython.Py_ssize_t,
        facts: cython.longlong[:, ::1],
        data: cython.const[cython.uchar][::1],
        at: cython.longlong[::1],
        end: cython.longlong[::1],
        plausible: cython.uchar[::1],
        sides: cython.longlong[:, ::1],
        attended: cython.longlong[::1],
    ) -> None:
        self.facts, self.data, self.at, self.end = facts, data, at, end
        self.plausible, self.sides, self.attended = plausible, sides, attended
        self.count = count
        self.following = 0

    def next(self) -> bool:
        """Go to the next one, and write what is known of it into `attended`; False: there is none."""
        i = _attend(
            self.following, self.count, self.facts, self.data, self.at, self.end, self.plausible, self.sides, self.attended
        )
        self.following = i + 1
        return bool(i < self.count)


@cython.cfunc
def _attend(
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    facts: cython.longlong[:, ::1],
    data: cython.const[cython.uchar][::1],
    at: cython.longlong[::1],
    end: cython.longlong[::1],
    plausible: cython.uchar[::1],
    sides: cython.longlong[:, ::1],
    attended: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """The first segment from `first` on that somebody has to look at; or `count`."""
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    other: cython.Py_ssize_t
    length: cython.longlong
    flags: cython.longlong
    seq: cython.longlong
    offset: cython.longlong
    for i in range(first, count):
        s = facts[SIDE, i]
        length = facts[LENGTH, i]
        if s < 0 or length < 0 or facts[SIZE, i] < 0 or facts[SHOWN, i] < SHOWN_WINDOW:
            continue  # no packet of a connection, or a header that says nothing of where the data begins
        flags = facts[FLAGS, i]
        seq = facts[SEQ, i]
        other = s ^ 1
        if flags & SYN:
            seq = (seq + 1) & M
            if sides[s, STARTED] != BY_SYN and sides[s, DELIVERED] == 0:
                sides[s, BASE] = seq
                sides[s, STARTED] = BY_SYN
                sides[s, TRIES] = TRIES_FROM_SYN
            if flags & ACK_FLAG and sides[other, STARTED] == 0:
                sides[other, BASE] = facts[ACK, i]
                sides[other, STARTED] = BY_SYN
                sides[other, TRIES] = TRIES_FROM_SYN
        elif sides[s, STARTED] == 0:
            if flags & RST:
                continue
            sides[s, BASE] = seq
            sides[s, STARTED] = IN_THE_MIDDLE
            sides[s, TRIES] = TRIES_IN_THE_MIDDLE
        offset = sides[s, DELIVERED] + _distance(seq, sides[s, BASE] + sides[s, DELIVERED])
        if length > 0 and (offset < 0 or offset == 1) and _is_new(s, sides):
            sides[s, BASE] = seq  # an acknowledgment had overtaken its data, or a keep-alive came first
            offset = 0
        if sides[s, THRESHOLD] == SKIP and length > 0:
            if offset + length > sides[s, DELIVERED]:
                sides[s, DELIVERED] = offset + length
            if sides[other, WATCH] & HOLES == 0:
                continue
        if length > 0 and flags & RST == 0 and sides[s, THRESHOLD] < NEVER:
            if sides[s, WATCH] == 0 and offset == sides[s, DELIVERED] and flags & FIN == 0 and sides[other, WATCH] & HOLES == 0:
                if sides[s, TRIES] > 0 and at[i] < end[i] and plausible[data[at[i]]] == 0:  # not recognised so far
                    sides[s, DELIVERED] = offset + length
                    sides[s, TRIES] -= 1
                    if sides[s, TRIES] == 0:
                        sides[s, THRESHOLD] = SKIP
                        if sides[other, THRESHOLD] == SKIP:
                            sides[s, THRESHOLD] = NEVER
                            sides[other, THRESHOLD] = NEVER
                    continue
                if offset + length < sides[s, THRESHOLD]:
                    sides[s, DELIVERED] = offset + length
                    continue
        elif sides[other, WATCH] & HOLES == 0:
            if flags & FIN_RST == 0 or sides[s, THRESHOLD] >= NEVER:
                continue
            if sides[s, DELIVERED] == 0 and sides[other, DELIVERED] == 0 and sides[s, WATCH] == 0:
                continue  # nothing was said
        attended[ATTENDED_ROW] = i
        attended[ATTENDED_SIDE] = s
        attended[ATTENDED_STREAM] = facts[STREAM, i]
        attended[ATTENDED_OFFSET] = offset
        attended[ATTENDED_LENGTH] = length
        attended[ATTENDED_FLAGS] = flags
        attended[ATTENDED_FRAME] = facts[FRAME, i]
        attended[ATTENDED_TIME] = facts[TIME, i]
        attended[ATTENDED_AT] = at[i]
        attended[ATTENDED_END] = end[i]
        attended[ATTENDED_ACKED] = -1
        if flags & ACK_FLAG and sides[other, STARTED]:
            attended[ATTENDED_ACKED] = sides[other, DELIVERED] + _distance(
                facts[ACK, i], sides[other, BASE] + sides[other, DELIVERED]
            )
        return i
    return count
