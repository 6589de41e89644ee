# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""spurious, fast, out of order or plain retransmission, and its rto (WIRESHARK.md 1.8 rule 12): no state.

Bounds checks are off: this runs for every segment, on facts of `rows` columns.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
UNSIGNED = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)  # time differences are compared unsigned (1.2)
SYN_FIN = cython.declare(cython.int, 3)
FAST_LIMIT = cython.declare(cython.longlong, 20_000_000)  # ns since the last packet of the other side
REORDER_LIMIT = cython.declare(cython.longlong, 3_000_000)  # ns, where the initial RTT is unknown
FAST_DUPLICATES = cython.declare(cython.int, 2)

RETRANSMISSION = cython.declare(cython.int, Verdict.RETRANSMISSION)
FAST = cython.declare(cython.int, Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION)
SPURIOUS = cython.declare(cython.int, Verdict.RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION)
OUT_OF_ORDER = cython.declare(cython.int, Verdict.OUT_OF_ORDER)
KEEP_ALIVE = cython.declare(cython.int, Verdict.KEEP_ALIVE)

F_TIME = cython.declare(cython.int, Fact.TIME)
F_LENGTH = cython.declare(cython.int, Fact.LENGTH)
F_VERDICT = cython.declare(cython.int, Fact.VERDICT)
F_SEQ = cython.declare(cython.int, Fact.SEQ)
F_FLAGS = cython.declare(cython.int, Fact.FLAGS)
F_LIMIT = cython.declare(cython.int, Fact.REORDER_LIMIT)
F_OLDEST_FRAME = cython.declare(cython.int, Fact.OLDEST_FRAME)
F_OLDEST_TIME = cython.declare(cython.int, Fact.OLDEST_TIME)
F_HIGH = cython.declare(cython.int, Fact.F_HIGH)
F_HIGH_TIME = cython.declare(cython.int, Fact.F_HIGH_TIME)
F_HIGH_FRAME = cython.declare(cython.int, Fact.F_HIGH_FRAME)
R_ACK = cython.declare(cython.int, Fact.R_ACK)
R_ACK_TIME = cython.declare(cython.int, Fact.R_ACK_TIME)
R_DUPLICATES = cython.declare(cython.int, Fact.R_DUPLICATES)
F_RTO = cython.declare(cython.int, Fact.RTO)
F_RTO_FRAME = cython.declare(cython.int, Fact.RTO_FRAME)


def judge(rows: cython.Py_ssize_t, fast_first: cython.int, facts: cython.longlong[:, ::1]) -> None:
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
    for i in range(rows):
        facts[F_RTO, i] = 0
        facts[F_RTO_FRAME, i] = 0
        length = facts[F_LENGTH, i]
        if length < 0:
            continue
        syn_fin = facts[F_FLAGS, i] & SYN_FIN
        if (length == 0 and syn_fin == 0) or facts[F_VERDICT, i] & KEEP_ALIVE:
            continue
        seq = facts[F_SEQ, i]
        end = (seq + length) & M
        high = facts[F_HIGH, i]
        acknowledged = facts[R_ACK, i]
        if length > 0 and acknowledged != 0 and (end == acknowledged or ((end - acknowledged) & M) >= HALF):
            facts[F_VERDICT, i] |= SPURIOUS
            continue
        if high == 0 or ((seq - high) & M) < HALF or (length > 1 and seq == (high - 1) & M):
            continue
        fast = (
            facts[R_DUPLICATES, i] >= FAST_DUPLICATES
            and acknowledged == seq
            and (cython.cast(cython.ulonglong, facts[F_TIME, i] - facts[R_ACK_TIME, i]) & UNSIGNED)
            < cython.cast(cython.ulonglong, FAST_LIMIT)
        )
        if fast and fast_first:
            facts[F_VERDICT, i] |= FAST
            continue
        limit = facts[F_LIMIT, i] if facts[F_LIMIT, i] != 0 else REORDER_LIMIT
        if syn_fin:
            end = (end + 1) & M
        if high != end and (cython.cast(cython.ulonglong, facts[F_TIME, i] - facts[F_HIGH_TIME, i]) & UNSIGNED) < (
            cython.cast(cython.ulonglong, limit) & UNSIGNED
        ):
            facts[F_VERDICT, i] |= OUT_OF_ORDER
        elif fast:
            facts[F_VERDICT, i] |= FAST
        else:
            facts[F_VERDICT, i] |= RETRANSMISSION
            if facts[F_OLDEST_FRAME, i] != 0:
                facts[F_RTO, i] = facts[F_TIME, i] - facts[F_OLDEST_TIME, i]
                facts[F_RTO_FRAME, i] = facts[F_OLDEST_FRAME, i]
            else:
                facts[F_RTO, i] = facts[F_TIME, i] - facts[F_HIGH_TIME, i]
                facts[F_RTO_FRAME, i] = facts[F_HIGH_FRAME, i]
            if facts[F_RTO, i] == 0:
                facts[F_RTO_FRAME, i] = 0
