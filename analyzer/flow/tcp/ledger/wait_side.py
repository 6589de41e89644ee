"""What the kernel of silences works on: what it is told of packets, what it knows of the two sides, and what it makes."""

from __future__ import annotations

from array import array
from enum import IntEnum
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.clock import tick_ns
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, NO_ACK, RST, Trace
from analyzer.flow.tcp.ledger.wait_extremes import NO_WINDOW, extremes

AT_HAND_NS: Final = 1_000_000  #: a sender nearer than this is at the capture point
AT_ONCE_NS: Final = 1_000_000  #: such a sender reacts within this, or an eighth of a round trip
JITTER_NS: Final = 5_000_000  #: one further away within this, or a quarter of its way
LEAST_SEGMENT: Final = 536  #: bytes that every host takes (RFC 9293 section 3.7.1)
ETHERNET_SEGMENT: Final = 1460
LARGEST_SEGMENT: Final = 9000  #: larger ones are several that offload has joined
FEW: Final = 8  #: packets that tell nothing about a clock
FULL_SEGMENTS: Final = 16  #: from so many on they have a rhythm


class Told(IntEnum):
    """What the ledger says of a packet, as far as waits want to know it."""

    NOTHING = 0  #: it was not asked: a range that was seen before is a repeat
    NEW = 1
    REPEAT = 2  #: made by a timer
    PROBE = 3  #: the same: by that of tail loss probes
    BEHIND = 4  #: a repeat that no timer made: later data was at the receiver, or acks had told, or were about to
    UNCLEAR = 5  #: a repeat that nobody knows the reason of
    SILENT = 6  #: a copy, a keep-alive, a probe of a window: nothing that the application said


class Of(IntEnum):
    """State of one side as a sender of data. NEAR to TICK are given, times in ns."""

    NEAR = 0  #: capture point -> this side -> capture point
    FAR = 1  #: capture point -> the other side -> capture point; -1: unknown
    SEGMENT = 2  #: payload of a full segment
    ROOM = 3  #: least room in the other side's window at which this side sends (RFC 1122 section 4.2.3.4)
    RHYTHM = 4  #: usual time between two full segments
    REACTION = 5  #: it answers at once if it does so within this
    TICK = 6  #: ns of one tick of its time stamps, 0: unknown
    HIGH = 7  #: offset behind all that it sent
    ACKED = 8  #: what of that was acknowledged, as seen at the capture point
    ACKED_AT = 9  #: when
    FLIGHT = 10  #: bytes that it had not heard acks of when it had sent that
    REPEATED = 11  #: whether it ever repeated anything
    HEARD = 12  #: rows before this one reached it before it sent its last packet
    HEARD_ACK = 13  #: the highest ack in them
    HEARD_EDGE = 14  #: the right edge of the window in them
    FREED = 15  #: row of the last ack of new data that it heard since it had last sent something, or -1
    OPENED = 16  #: row of the ack since then that made enough room in a window without, or -1
    STAMPED = 17  #: row of the last packet with a time stamp that said something, or -1


#: Of.HIGH to Of.STAMPED of a side before its first packet
UNTOLD: Final = (NO_ACK, NO_ACK, -1, 0, 0, 0, NO_ACK, NO_ACK, -1, -1, -1)


class Piece(IntEnum):
    """A piece of the time line; it lasts until the next one starts."""

    START = 0  #: ns
    REASON = 1
    SIDE = 2  #: who sent the data that it is about; -1: nobody
    FIRST = 3  #: row of the packet before
    LAST = 4  #: row of the packet behind
    EVIDENCE = 5  #: row of the ack that ended it, or -1
    AT_LEAST = 6  #: 1: it lasted at least so long, and began in the unknown time before it


def sides(trace: Trace, clock: Int64, position: Position) -> memoryview:
    """Both sides before the first packet: a row each, columns as in Of."""
    made: list[int] = []
    rtt = position.rtt() or 0
    told = extremes(trace.packed())
    for side, near, far, (packets, largest, offered) in zip((0, 1), position.near, position.far, told, strict=True):
        near = near or 0
        away = near >= AT_HAND_NS
        reaction = max(JITTER_NS, near // 4) if away else max(AT_ONCE_NS, rtt // 8)
        tick = (tick_ns(trace, side) or 0) if len(trace) > FEW else 0
        segment = max(largest if largest <= LARGEST_SEGMENT else ETHERNET_SEGMENT, LEAST_SEGMENT)
        room = max(min(segment, offered // 2) if offered != NO_WINDOW else segment, 1)
        rhythm = _rhythm(trace, clock, side, segment) if packets > FULL_SEGMENTS else 0
        made += (near if away else 0, -1 if far is None else far, segment, room, rhythm, reaction, tick, *UNTOLD)
    return memoryview(array("q", made)).cast("B").cast("q", (2, len(Of)))


def windows_known(trace: Trace) -> bool:
    """Whether the windows are scaled right, as far as one can see: nobody sends beyond them."""
    said = (trace.flags & (ACK | RST) == ACK) & (trace.acked > NO_ACK)
    for side in (0, 1):
        edge = np.maximum.accumulate(np.where(said & (trace.direction != side), trace.acked + trace.window, NO_ACK))
        beyond = (trace.direction == side) & (trace.length > 1) & (edge > NO_ACK) & (trace.end > edge + 1)
        if beyond.any():
            return False
    return True


def _rhythm(trace: Trace, clock: Int64, side: int, segment: int) -> int:
    """Usual time between two full segments; 0: there are too few of them."""
    full = clock[(trace.direction == side) & (trace.length >= segment)]
    return int(np.median(np.diff(full))) if len(full) > FULL_SEGMENTS else 0
