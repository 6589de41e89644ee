"""The words of our verdicts on segments: each name in lower case is what rows say (VERDICTS.md section 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

MOST_PROOFS: Final = 64  #: rows that are kept to prove one verdict


class Kind(IntEnum):
    """What a packet is to those that were seen before it."""

    NEW = 0  #: it begins where everything before it ended, or says nothing new and nothing old
    GAP_OPEN = auto()  #: it begins above the highest byte seen
    REORDERED = auto()  #: seen for the first time, but sent before something that was seen already
    LATE_ORIGINAL = auto()  #: the first transmission, overtaken by its own retransmission
    RETRANSMISSION = auto()
    NETWORK_DUPLICATE = auto()  #: the network made a second packet of one
    CAPTURE_DUPLICATE = auto()  #: the capture saw one packet twice
    KEEP_ALIVE = auto()
    WINDOW_PROBE = auto()
    OLD_ACK = auto()  #: an acknowledgment that was overtaken by a later packet of its sender


class Trigger(IntEnum):
    """What made the sender send a segment again."""

    NONE = 0
    SYN_TIMER = auto()
    SYNACK_TIMER = auto()
    RTO = auto()  #: the retransmission timer (RFC 6298)
    RTO_RECOVERY = auto()  #: acknowledgments after that timer, segment by segment: the same trouble
    FAST_RETRANSMIT = auto()  #: duplicate acknowledgments, SACK or RACK (RFC 5681, 6675, 8985)
    FAST_RECOVERY = auto()  #: a further hole of the same episode
    TLP = auto()  #: tail loss probe (RFC 8985 section 7)
    UNKNOWN = auto()


class Need(IntEnum):
    """Whether it had to be sent again."""

    NONE = 0
    NEEDED = auto()  #: no earlier copy had arrived
    NEEDLESS_CROSSING = auto()  #: the acknowledgment was on its way
    NEEDLESS = auto()  #: an earlier copy had arrived
    PREMATURE = auto()  #: an earlier copy arrived, but later than this one
    UNKNOWN = auto()


class HoleCause(IntEnum):
    """Why bytes were missing at the capture point."""

    NONE = 0
    REORDERING = auto()
    LOST_UPSTREAM = auto()  #: between their sender and the capture point
    LOST_DOWNSTREAM = auto()  #: between the capture point and their receiver
    CAPTURE_LOSS = auto()  #: the receiver has them, only the capture does not
    FILLER_MISSED = auto()  #: they were lost and sent again, but the capture missed that
    UNRESOLVED = auto()  #: nobody ever sent or acknowledged them


class Confidence(IntEnum):
    """How well a verdict is proved."""

    NONE = 0
    LOW = auto()  #: by timing or inference alone
    MEDIUM = auto()  #: by one evidence
    HIGH = auto()  #: order of sending, D-SACK or time stamps say it


@dataclass(slots=True, eq=False)
class Segments:
    """The verdicts on the packets of a trace: a column each, and what proves those that are not plain."""

    kind: Column
    trigger: Column
    need: Column
    hole: Column
    confidence: Column
    evidence: dict[int, tuple[int, ...]] = field(default_factory=dict)  #: row -> rows that prove it, in order
    repeats: dict[int, int] = field(default_factory=dict)  #: row -> latest row with an earlier copy of its bytes; -1: forgotten
    fills: dict[int, tuple[int, ...]] = field(default_factory=dict)  #: row -> rows that had opened the holes that it filled
    missing: dict[int, int] = field(default_factory=dict)  #: row -> end of the first bytes that it brought and that were missing
    #: row -> of a segment of which earlier copies were lost without a trace: how many at least; end of the last such segment
    traceless: dict[int, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: int) -> Segments:
        """Nothing known of so many packets."""
        columns = np.zeros((5, rows), np.int8)
        return cls(*columns)

    def repeated(self, rows: Int64) -> bool:
        """Whether any of these was sent again."""
        return bool((self.kind[rows] == Kind.RETRANSMISSION).any())

    def prove(self, row: int, *rows: int) -> None:
        """Rows that prove the verdict on one; those below 0 are none, and those told first are enough."""
        proof = self.evidence.get(row, ())
        if len(proof) < MOST_PROOFS:
            self.evidence[row] = tuple(sorted({*proof, *(other for other in rows if other >= 0)}))


def word(value: IntEnum) -> str | None:
    """As rows have it; null for none."""
    return value.name.lower() if value else None
