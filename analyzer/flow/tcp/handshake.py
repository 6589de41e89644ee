# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""How each connection was opened and closed (RFC 9293 section 3.5 and 3.6).

The client is the sender of the first SYN, or the receiver of a SYN/ACK whose SYN was not captured. The ACK that completes
the handshake is the client's first segment after a SYN/ACK that acknowledges it. Headers quoted in ICMP errors say nothing here.
Bounds checks are off: this runs for every segment, on the facts of `count` segments and the state of all slots.
"""

from enum import IntEnum, auto

import cython

from analyzer.flow.fact import Fact


class Handshake(IntEnum):
    """Columns of the state of a connection. Frames are 0 where there was none."""

    CLIENT = 0  #: direction of the client, -1 unknown
    SYN_FRAME = auto()  #: the first of them, as for SYN/ACK
    SYN_TIME = auto()
    SYN_COUNT = auto()
    SYN_ACK_FRAME = auto()
    SYN_ACK_TIME = auto()
    SYN_ACK_COUNT = auto()
    SYN_ACK_NEXT = auto()  #: number behind the last SYN/ACK, while its ACK is missing; else -1
    ACK_FRAME = auto()
    ACK_TIME = auto()
    CLOSING = auto()  #: see Closing


class Closing(IntEnum):
    """Bits of Handshake.CLOSING."""

    FIN = 1  #: of direction 0
    OTHER_FIN = 2  #: of direction 1
    RESET = 4  #: RST before both FINs
    REFUSED = 8  #: RST of the server instead of a SYN/ACK


INITIAL = tuple(-1 if column in (Handshake.CLIENT, Handshake.SYN_ACK_NEXT) else 0 for column in Handshake)

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
FIN = cython.declare(cython.int, 1)
SYN = cython.declare(cython.int, 2)
RST = cython.declare(cython.int, 4)
SYN_FIN_RST = cython.declare(cython.int, 7)
ACK_FLAG = cython.declare(cython.int, 16)

CLIENT = cython.declare(cython.int, Handshake.CLIENT)
SYN_FRAME = cython.declare(cython.int, Handshake.SYN_FRAME)
SYN_TIME = cython.declare(cython.int, Handshake.SYN_TIME)
SYN_COUNT = cython.declare(cython.int, Handshake.SYN_COUNT)
SYN_ACK_FRAME = cython.declare(cython.int, Handshake.SYN_ACK_FRAME)
SYN_ACK_TIME = cython.declare(cython.int, Handshake.SYN_ACK_TIME)
SYN_ACK_COUNT = cython.declare(cython.int, Handshake.SYN_ACK_COUNT)
SYN_ACK_NEXT = cython.declare(cython.int, Handshake.SYN_ACK_NEXT)
ACK_FRAME = cython.declare(cython.int, Handshake.ACK_FRAME)
ACK_TIME = cython.declare(cython.int, Handshake.ACK_TIME)
CLOSING = cython.declare(cython.int, Handshake.CLOSING)
CLOSING_FIN = cython.declare(cython.int, Closing.FIN)
CLOSING_OTHER_FIN = cython.declare(cython.int, Closing.OTHER_FIN)
BOTH_FINS = cython.declare(cython.int, Closing.FIN | Closing.OTHER_FIN)
RESET = cython.declare(cython.int, Closing.RESET)
REFUSED = cython.declare(cython.int, Closing.REFUSED)

SIDE = cython.declare(cython.int, Fact.SIDE)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
SIZE = cython.declare(cython.int, Fact.SIZE)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)


def follow(count: cython.Py_ssize_t, facts: cython.const[cython.longlong][:, ::1], slots: cython.longlong[:, ::1]) -> None:
    """Follow the handshakes and goodbyes."""
    i: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    direction: cython.longlong
    flags: cython.longlong
    for i in range(count):
        if facts[SIDE, i] < 0 or facts[SIZE, i] < 0:
            continue
        slot = facts[SIDE, i] >> 1
        direction = facts[SIDE, i] & 1
        flags = facts[FLAGS, i]
        if flags & SYN_FIN_RST == 0:
            if (
                slots[slot, SYN_ACK_NEXT] >= 0
                and flags & ACK_FLAG
                and direction == slots[slot, CLIENT]
                and ((facts[ACK, i] - slots[slot, SYN_ACK_NEXT]) & M) < HALF
            ):
                slots[slot, ACK_FRAME] = facts[FRAME, i]
                slots[slot, ACK_TIME] = facts[TIME, i]
                slots[slot, SYN_ACK_NEXT] = -1
            continue
        if flags & RST:
            if slots[slot, CLOSING] & BOTH_FINS != BOTH_FINS:
                if slots[slot, SYN_FRAME] and slots[slot, SYN_ACK_FRAME] == 0 and direction != slots[slot, CLIENT]:
                    slots[slot, CLOSING] |= REFUSED
                slots[slot, CLOSING] |= RESET
            continue
        if flags & FIN:
            slots[slot, CLOSING] |= CLOSING_OTHER_FIN if direction else CLOSING_FIN
        if flags & SYN == 0:
            continue
        if flags & ACK_FLAG == 0:
            if slots[slot, CLIENT] < 0:
                slots[slot, CLIENT] = direction
            if direction == slots[slot, CLIENT]:
                if slots[slot, SYN_FRAME] == 0:
                    slots[slot, SYN_FRAME] = facts[FRAME, i]
                    slots[slot, SYN_TIME] = facts[TIME, i]
                slots[slot, SYN_COUNT] += 1
        else:
            if slots[slot, CLIENT] < 0:
                slots[slot, CLIENT] = direction ^ 1
            if direction != slots[slot, CLIENT]:
                if slots[slot, SYN_ACK_FRAME] == 0:
                    slots[slot, SYN_ACK_FRAME] = facts[FRAME, i]
                    slots[slot, SYN_ACK_TIME] = facts[TIME, i]
                slots[slot, SYN_ACK_COUNT] += 1
                if slots[slot, ACK_FRAME] == 0:
                    slots[slot, SYN_ACK_NEXT] = (facts[SEQ, i] + 1) & M
