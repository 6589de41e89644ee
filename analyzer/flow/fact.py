"""The fact columns: what is known about each packet, one row of a two-dimensional array per fact.

One array and one list of names, instead of an array per fact, because a kernel pays for every array it is handed: with
some thousand rows in a batch that would cost more than the work itself.

Kernels get it as (facts, at least as many places as packets), of which the first `count` are this batch's; state is the other
way round, (slots or sides, columns), since a kernel wants all columns of one conversation and one fact of many packets.
"""

from __future__ import annotations

from enum import IntEnum, auto

import numpy as np

from analyzer.batch import Int64


class Fact(IntEnum):
    """Rows of the array. SENDER_ and OTHER_ (F and R in WIRESHARK.md) are the two sides, as they were just before the packet.

    Kernels call a row by this very name: `facts[ACK, i]` is Fact.ACK everywhere.
    """

    # of every protocol
    SIDE = 0  #: 2 * slot + direction of the sender; -1 without a conversation
    STREAM = auto()  #: number of the conversation; -1 without one
    FRAME = auto()
    TIME = auto()
    SIZE = auto()  #: bytes of the whole frame; -1 for a header quoted in an ICMP error, which is no packet of the conversation
    LENGTH = auto()  #: payload bytes; -1 unknown: the packet is not analysed
    VERDICT = auto()  #: see Verdict
    # of TCP: the header
    SEQ = auto()
    ACK = auto()
    FLAGS = auto()
    WINDOW = auto()
    # connection.py
    SHOWN = auto()  #: see Shown
    SEQ_RELATIVE = auto()
    ACK_RELATIVE = auto()
    WINDOW_SIZE = auto()
    WINDOW_SCALE = auto()  #: -1 unknown, -2 not used, else the factor; 0 on a SYN, which shows none
    COMPLETENESS = auto()
    TIME_RELATIVE = auto()
    TIME_DELTA = auto()
    INITIAL_RTT = auto()  #: 0 = none
    SENDER_BASE = auto()
    OTHER_BASE = auto()  #: 0 where it is unknown
    OTHER_SHIFT = auto()  #: shift of its last window; -1 unknown
    OTHER_SACKED = auto()  #: bytes in the SACK blocks of its last packet
    REORDER_LIMIT = auto()  #: the initial RTT as rule 12.4 knows it, 0 = none
    MPTCP_NEW = auto()  #: 1: a new kind of MPTCP option since the sender's last packet
    # unacked.py
    FULL = auto()  #: 1: the list has no room for this segment
    OLDEST_FRAME = auto()  #: 0 = nothing unacknowledged
    OLDEST_TIME = auto()
    ACKS_FRAME = auto()  #: 0 = none
    ACK_RTT = auto()
    IN_FLIGHT = auto()  #: from the smallest sequence number to the largest end; 0 = nothing unacknowledged
    # sequence.py
    SENDER_HIGH = auto()
    SENDER_HIGH_TIME = auto()
    SENDER_HIGH_FRAME = auto()
    SENDER_NEXT = auto()  #: high after the packet
    SENDER_ACK = auto()
    SENDER_WINDOW = auto()
    OTHER_HIGH = auto()
    OTHER_CONTIGUOUS = auto()
    OTHER_ACK = auto()
    OTHER_ACK_TIME = auto()
    OTHER_WINDOW = auto()
    # duplicate_ack.py
    OTHER_DUPLICATES = auto()
    DUPLICATE_NUMBER = auto()  #: 0 = none
    DUPLICATE_FRAME = auto()
    # retransmission.py
    RTO = auto()  #: 0 = none
    RTO_FRAME = auto()
    # bytes_in_flight.py
    BYTES_IN_FLIGHT = auto()  #: 0 = none
    PUSH_BYTES = auto()


class Shown(IntEnum):
    """How much of a segment tshark shows (WIRESHARK.md 1.12), each including the ones before it."""

    NOTHING = 0  #: fewer than 16 header bytes: no conversation either
    NUMBERS = 1  #: stream, sequence number and completeness: a data offset below 5 words stops it here
    WINDOW = 2  #: acknowledgment number and window: fewer than 20 bytes were captured
    TIMES = 3  #: time_relative and time_delta: the options could not be read
    ANALYSIS = 4  #: everything


#: int64 values in a cache line. The facts of a packet lie an odd number of lines apart, and so in different sets of the
#: cache: at a power of two they would all fall into one, which makes the kernels three times slower.
LINE = 8


class Facts:
    """The array, reused from batch to batch: its values are valid until the next one is analysed."""

    __slots__ = ("array", "count", "rows")

    def __init__(self, count: int) -> None:
        self.count = count
        self.rows = 0
        self.array: Int64 = np.zeros((count, 0), np.int64)

    def reserve(self, rows: int) -> None:
        """Room for `rows` packets."""
        self.rows = rows
        if self.array.shape[1] < rows:
            lines = -(-rows // LINE)
            self.array = np.zeros((self.count, (lines + 9 - lines % 8) * LINE), np.int64)

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, fact: Fact) -> Int64:
        return self.array[fact, : self.rows]


TRANSPORT_FACTS = Fact.LENGTH + 1  #: what a protocol without an analysis of its own needs
TCP_FACTS = len(Fact)
