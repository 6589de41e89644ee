# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""bytes_in_flight and push_bytes_sent, and what of a segment may be shown (WIRESHARK.md 1.8 rules 0 and 15; 1.10; 1.12).

Bounds checks are off: this runs for every segment, on facts of `rows` columns and state of all sides.
"""

import cython

from analyzer.flow.fact import Fact, Shown
from analyzer.flow.tcp.verdict import FLAG_MASK, Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
SYN_FIN = cython.declare(cython.int, 3)
PSH = cython.declare(cython.int, 8)
ACK_FLAG = cython.declare(cython.int, 16)
MOST_IN_FLIGHT = cython.declare(cython.longlong, 2_000_000_000)  # more is taken for nonsense

SIDE = (0, 0, 0)
DOUBTED = cython.declare(cython.int, 0)  # 1: a segment was lost, the number would be wrong
PUSH_COUNT = cython.declare(cython.int, 1)
PUSHED = cython.declare(cython.int, 2)  # 1: the last segment that was counted had PSH

LOST_SEGMENT = cython.declare(cython.int, Verdict.LOST_SEGMENT)
NODE = cython.declare(cython.int, Verdict.NODE)
MAKES_NODE = cython.declare(cython.int, FLAG_MASK | Verdict.REPEATED_SYN | Verdict.NODE)
KEPT = cython.declare(cython.int, Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED)  # shown as they are met
SHOWN_ANALYSIS = cython.declare(cython.int, Shown.ANALYSIS)

F_SIDE = cython.declare(cython.int, Fact.SIDE)
F_LENGTH = cython.declare(cython.int, Fact.LENGTH)
F_VERDICT = cython.declare(cython.int, Fact.VERDICT)
F_FLAGS = cython.declare(cython.int, Fact.FLAGS)
F_SHOWN = cython.declare(cython.int, Fact.SHOWN)
F_INITIAL_RTT = cython.declare(cython.int, Fact.INITIAL_RTT)
F_ACKS_FRAME = cython.declare(cython.int, Fact.ACKS_FRAME)
F_ACK_RTT = cython.declare(cython.int, Fact.ACK_RTT)
F_IN_FLIGHT = cython.declare(cython.int, Fact.IN_FLIGHT)
F_NEXT = cython.declare(cython.int, Fact.F_NEXT)
R_ACK = cython.declare(cython.int, Fact.R_ACK)
R_SACKED = cython.declare(cython.int, Fact.R_SACKED)
DUPLICATE_NUMBER = cython.declare(cython.int, Fact.DUPLICATE_NUMBER)
DUPLICATE_FRAME = cython.declare(cython.int, Fact.DUPLICATE_FRAME)
F_RTO = cython.declare(cython.int, Fact.RTO)
F_RTO_FRAME = cython.declare(cython.int, Fact.RTO_FRAME)
BYTES_IN_FLIGHT = cython.declare(cython.int, Fact.BYTES_IN_FLIGHT)
PUSH_BYTES = cython.declare(cython.int, Fact.PUSH_BYTES)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _hide(facts: cython.longlong[:, ::1], i: cython.Py_ssize_t) -> cython.void:
    """The state has changed, but this segment shows nothing of it."""
    facts[F_VERDICT, i] &= KEPT
    facts[F_INITIAL_RTT, i] = 0
    facts[F_ACKS_FRAME, i] = 0
    facts[F_ACK_RTT, i] = 0
    facts[DUPLICATE_NUMBER, i] = 0
    facts[DUPLICATE_FRAME, i] = 0
    facts[F_RTO, i] = 0
    facts[F_RTO_FRAME, i] = 0
    facts[BYTES_IN_FLIGHT, i] = 0
    facts[PUSH_BYTES, i] = 0


def count(
    rows: cython.Py_ssize_t, by_sequence: cython.int, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]
) -> None:
    """Fill in BYTES_IN_FLIGHT and PUSH_BYTES; set NODE, blank INITIAL_RTT without it and everything where Shown forbids it."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    flying: cython.longlong
    for i in range(rows):
        facts[BYTES_IN_FLIGHT, i] = 0
        facts[PUSH_BYTES, i] = 0
        if facts[F_LENGTH, i] >= 0:
            f = facts[F_SIDE, i]
            if facts[F_FLAGS, i] & ACK_FLAG:
                sides[f ^ 1, DOUBTED] = 0
            if facts[F_VERDICT, i] & LOST_SEGMENT:
                sides[f, DOUBTED] = 1
            if facts[F_IN_FLIGHT, i] > 0 and sides[f, DOUBTED] == 0:
                if sides[f, PUSHED]:
                    sides[f, PUSH_COUNT] = 0
                sides[f, PUSH_COUNT] = (sides[f, PUSH_COUNT] + facts[F_LENGTH, i]) & M
                sides[f, PUSHED] = 1 if facts[F_FLAGS, i] & PSH else 0
                facts[F_VERDICT, i] |= NODE
                flying = facts[F_NEXT, i] - facts[R_ACK, i] if by_sequence else facts[F_IN_FLIGHT, i]
                flying = (flying - facts[R_SACKED, i]) & M
                if 0 < flying < MOST_IN_FLIGHT:
                    if facts[F_FLAGS, i] & SYN_FIN:
                        flying -= 1
                    facts[BYTES_IN_FLIGHT, i] = flying
                    if flying:
                        facts[PUSH_BYTES, i] = sides[f, PUSH_COUNT]
        if facts[F_SHOWN, i] != SHOWN_ANALYSIS:
            _hide(facts, i)
        elif facts[F_VERDICT, i] & MAKES_NODE or facts[F_ACKS_FRAME, i]:
            facts[F_VERDICT, i] |= NODE
        else:
            facts[F_INITIAL_RTT, i] = 0
