# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""bytes_in_flight and push_bytes_sent, and what of a segment may be shown (WIRESHARK.md 1.8 rules 0 and 15; 1.10; 1.12).

Bounds checks are off: this runs for every segment, on the facts of `count` segments and the state of all sides.
"""

import cython

from analyzer.flow.fact import Fact, Shown
from analyzer.flow.tcp.verdict import FLAG_MASK, Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
SYN_FIN = cython.declare(cython.int, 3)
PSH = cython.declare(cython.int, 8)
ACK_FLAG = cython.declare(cython.int, 16)
MOST_IN_FLIGHT = cython.declare(cython.longlong, 2_000_000_000)  # more is taken for nonsense

INITIAL_SIDE = (0, 0, 0)
DOUBTED = cython.declare(cython.int, 0)  # 1: a segment was lost, the number would be wrong
PUSH_COUNT = cython.declare(cython.int, 1)
PUSHED = cython.declare(cython.int, 2)  # 1: the last segment that was counted had PSH

LOST_SEGMENT = cython.declare(cython.int, Verdict.LOST_SEGMENT)
NODE = cython.declare(cython.int, Verdict.NODE)
MAKES_NODE = cython.declare(cython.int, FLAG_MASK | Verdict.REPEATED_SYN | Verdict.NODE)
KEPT = cython.declare(cython.int, Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED)  # shown as they are met
SHOWN_ANALYSIS = cython.declare(cython.int, Shown.ANALYSIS)

SIDE = cython.declare(cython.int, Fact.SIDE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
SHOWN = cython.declare(cython.int, Fact.SHOWN)
INITIAL_RTT = cython.declare(cython.int, Fact.INITIAL_RTT)
ACKS_FRAME = cython.declare(cython.int, Fact.ACKS_FRAME)
ACK_RTT = cython.declare(cython.int, Fact.ACK_RTT)
IN_FLIGHT = cython.declare(cython.int, Fact.IN_FLIGHT)
SENDER_NEXT = cython.declare(cython.int, Fact.SENDER_NEXT)
OTHER_ACK = cython.declare(cython.int, Fact.OTHER_ACK)
OTHER_SACKED = cython.declare(cython.int, Fact.OTHER_SACKED)
DUPLICATE_NUMBER = cython.declare(cython.int, Fact.DUPLICATE_NUMBER)
DUPLICATE_FRAME = cython.declare(cython.int, Fact.DUPLICATE_FRAME)
RTO = cython.declare(cython.int, Fact.RTO)
RTO_FRAME = cython.declare(cython.int, Fact.RTO_FRAME)
BYTES_IN_FLIGHT = cython.declare(cython.int, Fact.BYTES_IN_FLIGHT)
PUSH_BYTES = cython.declare(cython.int, Fact.PUSH_BYTES)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _hide(facts: cython.longlong[:, ::1], i: cython.Py_ssize_t) -> cython.void:
    """The state has changed, but this segment shows nothing of it."""
    facts[VERDICT, i] &= KEPT
    facts[INITIAL_RTT, i] = 0
    facts[ACKS_FRAME, i] = 0
    facts[ACK_RTT, i] = 0
    facts[DUPLICATE_NUMBER, i] = 0
    facts[DUPLICATE_FRAME, i] = 0
    facts[RTO, i] = 0
    facts[RTO_FRAME, i] = 0
    facts[BYTES_IN_FLIGHT, i] = 0
    facts[PUSH_BYTES, i] = 0


def measure(
    count: cython.Py_ssize_t, by_sequence: cython.int, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]
) -> None:
    """Fill in BYTES_IN_FLIGHT and PUSH_BYTES; set NODE, blank INITIAL_RTT without it and everything where Shown forbids it."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    flying: cython.longlong
    for i in range(count):
        facts[BYTES_IN_FLIGHT, i] = 0
        facts[PUSH_BYTES, i] = 0
        if facts[LENGTH, i] >= 0:
            f = facts[SIDE, i]
            if facts[FLAGS, i] & ACK_FLAG:
                sides[f ^ 1, DOUBTED] = 0
            if facts[VERDICT, i] & LOST_SEGMENT:
                sides[f, DOUBTED] = 1
            if facts[IN_FLIGHT, i] > 0 and sides[f, DOUBTED] == 0:
                if sides[f, PUSHED]:
                    sides[f, PUSH_COUNT] = 0
                sides[f, PUSH_COUNT] = (sides[f, PUSH_COUNT] + facts[LENGTH, i]) & M
                sides[f, PUSHED] = 1 if facts[FLAGS, i] & PSH else 0
                facts[VERDICT, i] |= NODE
                flying = facts[SENDER_NEXT, i] - facts[OTHER_ACK, i] if by_sequence else facts[IN_FLIGHT, i]
                flying = (flying - facts[OTHER_SACKED, i]) & M
                if 0 < flying < MOST_IN_FLIGHT:
                    if facts[FLAGS, i] & SYN_FIN:
                        flying -= 1
                    facts[BYTES_IN_FLIGHT, i] = flying
                    if flying:
                        facts[PUSH_BYTES, i] = sides[f, PUSH_COUNT]
        if facts[SHOWN, i] != SHOWN_ANALYSIS:
            _hide(facts, i)
        elif facts[VERDICT, i] & MAKES_NODE or facts[ACKS_FRAME, i]:
            facts[VERDICT, i] |= NODE
        else:
            facts[INITIAL_RTT, i] = 0
