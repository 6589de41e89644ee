# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Which duplicate ack it is and of what; ack_lost_segment, which shares the counter (WIRESHARK.md 1.8 rules 9-11).

Bounds checks are off: this runs for every segment, on facts of `rows` columns and state of all sides.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
ACK_FLAG = cython.declare(cython.int, 16)

SIDE = (0, 0)
DUPLICATES = cython.declare(cython.int, 0)
REFERENCE = cython.declare(cython.int, 1)  # the frame that last changed this side's acknowledgment number

DUPLICATE_ACK = cython.declare(cython.int, Verdict.DUPLICATE_ACK)
ACK_LOST_SEGMENT = cython.declare(cython.int, Verdict.ACK_LOST_SEGMENT)
NODE = cython.declare(cython.int, Verdict.NODE)

F_SIDE = cython.declare(cython.int, Fact.SIDE)
F_FRAME = cython.declare(cython.int, Fact.FRAME)
F_LENGTH = cython.declare(cython.int, Fact.LENGTH)
F_VERDICT = cython.declare(cython.int, Fact.VERDICT)
F_ACKED = cython.declare(cython.int, Fact.ACK)
F_FLAGS = cython.declare(cython.int, Fact.FLAGS)
F_ACK = cython.declare(cython.int, Fact.F_ACK)
R_HIGH = cython.declare(cython.int, Fact.R_HIGH)
R_CONTIGUOUS = cython.declare(cython.int, Fact.R_CONTIGUOUS)
R_DUPLICATES = cython.declare(cython.int, Fact.R_DUPLICATES)
DUPLICATE_NUMBER = cython.declare(cython.int, Fact.DUPLICATE_NUMBER)
DUPLICATE_FRAME = cython.declare(cython.int, Fact.DUPLICATE_FRAME)


def judge(rows: cython.Py_ssize_t, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]) -> None:
    """Fill in DUPLICATE_*, R_DUPLICATES and the bit ACK_LOST_SEGMENT."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    contiguous: cython.longlong
    number: cython.longlong
    for i in range(rows):
        facts[DUPLICATE_NUMBER, i] = 0
        facts[DUPLICATE_FRAME, i] = 0
        if facts[F_LENGTH, i] < 0:
            continue
        f = facts[F_SIDE, i]
        r = f ^ 1
        if facts[F_VERDICT, i] & DUPLICATE_ACK:
            number = (sides[f, DUPLICATES] + 1) & M
            if number == 0:
                number = 1
            sides[f, DUPLICATES] = number
            facts[DUPLICATE_NUMBER, i] = number
            facts[DUPLICATE_FRAME, i] = sides[f, REFERENCE]
        if facts[F_ACKED, i] != facts[F_ACK, i]:
            sides[f, REFERENCE] = facts[F_FRAME, i]
            sides[f, DUPLICATES] = 0
        contiguous = facts[R_CONTIGUOUS, i]
        if facts[F_FLAGS, i] & ACK_FLAG and contiguous != 0 and ((contiguous - facts[F_ACKED, i]) & M) >= HALF:
            facts[F_VERDICT, i] |= NODE
            if ((contiguous - facts[R_HIGH, i]) & M) >= HALF:
                facts[F_VERDICT, i] |= ACK_LOST_SEGMENT
            else:
                if sides[r, DUPLICATES] == 0:
                    facts[F_VERDICT, i] |= ACK_LOST_SEGMENT
                sides[r, DUPLICATES] = M
        facts[R_DUPLICATES, i] = sides[r, DUPLICATES]
