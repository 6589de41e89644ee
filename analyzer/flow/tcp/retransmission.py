# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""spurious, fast, out of order or plain retransmission, and its rto (WIRESHARK.md 1.8 rule 12): no state.

Bounds checks are off: this runs for every segment, on the facts of `count` segments.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
UNSIGNED = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)  # time differences are compared unsigned (1.2)
SYN_FIN = cython.declare(cython.int, 3)
FAST_LIMIT = cython.declare(cython.longlong, 20_000_000)  # ns since the last packet of the other side
DEFAULT_REORDER_LIMIT = cython.declare(cython.longlong, 3_000_000)  # ns, where the initial RTT is unknown
FAST_DUPLICATES = cython.declare(cython.int, 2)

RETRANSMISSION = cython.declare(cython.int, Verdict.RETRANSMISSION)
FAST = cython.declare(cython.int, Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION)
SPURIOUS = cython.declare(cython.int, Verdict.RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION)
OUT_OF_ORDER = cython.declare(cython.int, Verdict.OUT_OF_ORDER)
KEEP_ALIVE = cython.declare(cython.int, Verdict.KEEP_ALIVE)

TIME = cython.declare(cython.int, Fact.TIME)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
SEQ = cython.declare(cython.int, Fact.SEQ)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
REORDER_LIMIT = cython.declare(cython.int, Fact.REORDER_LIMIT)
OLDEST_FRAME = cython.declare(cython.int, Fact.OLDEST_FRAME)
OLDEST_TIME = cython.declare(cython.int, Fact.OLDEST_TIME)
SENDER_HIGH = cython.declare(cython.int, Fact.SENDER_HIGH)
SENDER_HIGH_TIME = cython.declare(cython.int, Fact.SENDER_HIGH_TIME)
SENDER_HIGH_FRAME = cython.declare(cython.int, Fact.SENDER_HIGH_FRAME)
OTHER_ACK = cython.declare(cython.int, Fact.OTHER_ACK)
OTHER_ACK_TIME = cython.declare(cython.int, Fact.OTHER_ACK_TIME)
OTHER_DUPLICATES = cython.declare(cython.int, Fact.OTHER_DUPLICATES)
RTO = cython.declare(cython.int, Fact.RTO)
RTO_FRAME = cython.declare(cython.int, Fact.RTO_FRAME)


def judge(count: cython.Py_ssize_t, fast_first: cython.int, facts: cython.longlong[:, ::1]) -> None:
    """Set the bits of rule 12, fill in RTO and RTO_FRAME. fast_first: rule 12.3 is tried before 12.4."""
    i: cython.Py_ssize_t
    seq: cython.longlong
    end: cython.longlong
    high: cython.longlong
    length: cython.longlong
    limit: cython.longlong
    acknowledged: cython.longlong
    syn_fin: cython.longlong
    fast: cython.int
    for i in range(count):
        facts[RTO, i] = 0
        facts[RTO_FRAME, i] = 0
        length = facts[LENGTH, i]
        if length < 0:
            continue
        syn_fin = facts[FLAGS, i] & SYN_FIN
        if (length == 0 and syn_fin == 0) or facts[VERDICT, i] & KEEP_ALIVE:
            continue
        seq = facts[SEQ, i]
        end = (seq + length) & M
        high = facts[SENDER_HIGH, i]
        acknowledged = facts[OTHER_ACK, i]
        if length > 0 and acknowledged != 0 and (end == acknowledged or ((end - acknowledged) & M) >= HALF):
            facts[VERDICT, i] |= SPURIOUS
            continue
        if high == 0 or ((seq - high) & M) < HALF or (length > 1 and seq == (high - 1) & M):
            continue
        fast = (
            facts[OTHER_DUPLICATES, i] >= FAST_DUPLICATES
            and acknowledged == seq
            and (cython.cast(cython.ulonglong, facts[TIME, i] - facts[OTHER_ACK_TIME, i]) & UNSIGNED)
            < cython.cast(cython.ulonglong, FAST_LIMIT)
        )
        if fast and fast_first:
            facts[VERDICT, i] |= FAST
            continue
        limit = facts[REORDER_LIMIT, i] if facts[REORDER_LIMIT, i] != 0 else DEFAULT_REORDER_LIMIT
        if syn_fin:
            end = (end + 1) & M
        if high != end and (cython.cast(cython.ulonglong, facts[TIME, i] - facts[SENDER_HIGH_TIME, i]) & UNSIGNED) < (
            cython.cast(cython.ulonglong, limit) & UNSIGNED
        ):
            facts[VERDICT, i] |= OUT_OF_ORDER
        elif fast:
            facts[VERDICT, i] |= FAST
        else:
            facts[VERDICT, i] |= RETRANSMISSION
            if facts[OLDEST_FRAME, i] != 0:
                facts[RTO, i] = facts[TIME, i] - facts[OLDEST_TIME, i]
                facts[RTO_FRAME, i] = facts[OLDEST_FRAME, i]
            else:
                facts[RTO, i] = facts[TIME, i] - facts[SENDER_HIGH_TIME, i]
                facts[RTO_FRAME, i] = facts[SENDER_HIGH_FRAME, i]
            if facts[RTO, i] == 0:
                facts[RTO_FRAME, i] = 0
