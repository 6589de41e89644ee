"""Columns of the log of packets, and of what the kernel that writes it keeps of each side and connection."""

from __future__ import annotations

from enum import IntEnum, IntFlag, auto


class Record(IntEnum):
    """A packet. A record with FRAME below 0 belongs to the packet before it: its columns from TIME on are SACK blocks."""

    PREVIOUS = 0  #: the record before it of the same connection, -1 without one; of a free record: the next free one
    FRAME = auto()
    TIME = auto()
    START = auto()  #: offset of its first byte
    ACKED = auto()
    META = auto()  #: length << 32 | hop limit << 24 | flags << 8 | IS_* | direction
    WINDOW = auto()  #: scaled window << 17 | whether there is an IP identification << 16 | that
    LINK = auto()
    TSVAL = auto()
    TSECR = auto()


SACK_FRAME = -1  #: FRAME of a record with SACK blocks
BLOCKS = 4  #: most that TCP's options have room for; left and right edges begin at Record.TIME
IS_STAMPED = 2  #: in META: it has time stamps
OFFERS_SACK = 4  #: in META: a SYN that permits SACK (RFC 2018)


class LedgerSide(IntEnum):
    """What is kept of each side."""

    BASE = 0  #: sequence number of offset 0
    STARTED = auto()  #: 0: no packet and no acknowledgment was seen yet
    HIGH = auto()  #: highest end of anything sent
    ACKED = auto()  #: what its last packet acknowledged, as an offset of the other side
    IP_ID = auto()  #: of its last packet, -1 without one
    IDS_NEXT = auto()  #: packets whose identification was the next one
    IDS_PASSED = auto()  #: packets whose identification went on by a few more
    DATA_TIME = auto()  #: of its latest segment with payload
    LEAST_ANSWER = auto()  #: shortest time from such a segment to an acknowledgment of it; 0: none came
    LATE_ACK_TIME = auto()  #: of an acknowledgment that this one was given late; 0: none since then


class Pool(IntEnum):
    """What is kept of all records."""

    FIRST_FREE = 0  #: of those that were used before; -1 without one
    FRESH = auto()  #: the first one that was never used
    USED = auto()


class LedgerSlot(IntEnum):
    """What is kept of each connection."""

    LAST = 0  #: its latest record, -1 without one
    COUNT = auto()  #: of its records, those with SACK blocks included
    TROUBLE = auto()  #: see Trouble
    REPORTED = auto()  #: so many of its packets, the first ones, were judged already and are kept as history
    OLDEST = auto()  #: frame of the first one that was not; 0: there is none so far
    CLOSED = auto()  #: bit per direction that sent FIN; 4: one of them sent RST
    OVER = auto()  #: 1: it was judged as one that is over
    CUT = auto()  #: 1: its first packets are not here any more


class Trouble(IntFlag):
    """Why somebody has to look at a connection; without any of these every segment was new and in order."""

    DISORDER = 1  #: a segment did not begin where those before it ended
    SACK = 2
    REPEATED_ACK = 4  #: an acknowledgment said again what the one before it had said, while data was on its way
    PASSED_IDS = 8  #: of an IP identification that is counted up some were not seen: packets may be missing
    LATE_ACK = 32  #: data that followed at once when those before them were acknowledged late: Nagle's algorithm may have waited
    WINDOW = 16  #: a window was closed, or a packet looks like a keep-alive or a window probe
