"""What the stream layer keeps of each side of a connection in columns, and what it learns of a segment."""

from __future__ import annotations

from enum import IntEnum, IntFlag, auto
from typing import Final

TRIES_FROM_SYN: Final = 8  #: segments at whose beginning a protocol is looked for, of a stream seen from its start
TRIES_IN_THE_MIDDLE: Final = 64  #: the same where the capture began later


class Side(IntEnum):
    """Columns of the state of a side."""

    BASE = 0  #: sequence number of offset 0
    STARTED = auto()  #: see Started
    DELIVERED = auto()  #: offset up to which everything came, or was given up
    THRESHOLD = auto()  #: a segment that reaches this offset has to be looked at; NEVER: none
    WATCH = auto()  #: see Watch; 0: only those that reach the threshold
    TRIES = auto()  #: segments in which to look for a protocol yet; 0: one was found, or none will be


class Started(IntEnum):
    """How a side began."""

    NOT = 0
    BY_SYN = auto()
    IN_THE_MIDDLE = auto()


class Watch(IntFlag):
    """Why every segment with data has to be looked at."""

    HOLES = 1  #: something is missing before what came; acknowledgments of the other side count then, too
    HEAD = 2  #: the first bytes wait for more, to be recognised


class Attended(IntEnum):
    """What is known of a segment that has to be looked at."""

    ROW = 0  #: in the table
    SIDE = auto()
    STREAM = auto()
    OFFSET = auto()  #: of its first byte
    LENGTH = auto()  #: on the wire
    FLAGS = auto()
    FRAME = auto()
    TIME = auto()
    AT = auto()  #: its payload in the batch
    END = auto()  #: where its captured payload ends
    ACKED = auto()  #: offset in the stream of the other side up to which it acknowledges; -1: nothing
