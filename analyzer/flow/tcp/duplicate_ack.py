# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Which duplicate ack it is and of what; ack_lost_segment, which shares the counter (WIRESHARK.md 1.8 rules 9-11).

Bounds checks are off: this runs for every segment, on the facts of `count` segments and the state of all sides.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
ACK_FLAG = cython.declare(cython.int, 16)

INITIAL_SIDE = (0, 0)
DUPLICATES = cython.declare(cython.int, 0)
REFERENCE = cython.declare(cython.int, 1)  # the frame that last changed this side's acknowledgment number

DUPLICATE_ACK = cython.declare(cython.int, Verdict.DUPLICATE_ACK)
ACK_LOST_SEGMENT = cython.declare(cython.int, Verdict.ACK_LOST_SEGMENT)
NODE = cython.declare(cython.int, Verdict.NODE)

SIDE = cython.declare(cython.int, Fact.SIDE)
FRAME = cython.declare(cython.int, Fact.FRAME)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
SENDER_ACK = cython.declare(cython.int, Fact.SENDER_ACK)
OTHER_HIGH = cython.declare(cython.int, Fact.OTHER_HIGH)
OTHER_CONTIGUOUS = cython.declare(cython.int, Fact.OTHER_CONTIGUOUS)
OTHER_DUPLICATES = cython.declare(cython.int, Fact.OTHER_DUPLICATES)
DUPLICATE_NUMBER = cython.declare(cython.int, Fact.DUPLICATE_NUMBER)
DUPLICATE_FRAME = cython.declare(cython.int, Fact.DUPLICATE_FRAME)


def judge(count: cython.Py_ssize_t, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]) -> None:
    """Fill in DUPLICATE_*, OTHER_DUPLICATES and the bit ACK_LOST_SEGMENT."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    contiguous: cython.longlong
    number: cython.longlong
    for i in range(count):
        facts[DUPLICATE_NUMBER, i] = 0
        facts[DUPLICATE_FRAME, i] = 0
        if facts[LENGTH, i] < 0:
            continue
        f = facts[SIDE, i]
        r = f ^ 1
        if facts[VERDICT, i] & DUPLICATE_ACK:
            number = (sides[f, DUPLICATES] + 1) & M
            if number == 0:
                number = 1
            sides[f, DUPLICATES] = number
            facts[DUPLICATE_NUMBER, i] = number
            facts[DUPLICATE_FRAME, i] = sides[f, REFERENCE]
        if facts[ACK, i] != facts[SENDER_ACK, i]:
            sides[f, REFERENCE] = facts[FRAME, i]
            sides[f, DUPLICATES] = 0
        contiguous = facts[OTHER_CONTIGUOUS, i]
        if facts[FLAGS, i] & ACK_FLAG and contiguous != 0 and ((contiguous - facts[ACK, i]) & M) >= HALF:
            facts[VERDICT, i] |= NODE
            if ((contiguous - facts[OTHER_HIGH, i]) & M) >= HALF:
                facts[VERDICT, i] |= ACK_LOST_SEGMENT
            else:
                if sides[r, DUPLICATES] == 0:
                    facts[VERDICT, i] |= ACK_LOST_SEGMENT
                sides[r, DUPLICATES] = M
        facts[OTHER_DUPLICATES, i] = sides[r, DUPLICATES]
