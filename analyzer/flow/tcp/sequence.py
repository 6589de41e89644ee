# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""What both sides looked like just before each segment, and zero_window_probe (WIRESHARK.md 1.5; 1.8 rules 1, 11 and 13).

This kernel owns high, contig, ack_last and win. The probe is decided here because it alone keeps high where it is.
Bounds checks are off: this runs for every segment, on facts of `rows` columns and state of all sides.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
SYN_FIN = cython.declare(cython.int, 3)
ACK_FLAG = cython.declare(cython.int, 16)
NO_WINDOW = 0xFFFFFFFF  #: before the first segment: equal to no window

SIDE = (0, 0, 0, 0, 0, 0, NO_WINDOW)
HIGH = cython.declare(cython.int, 0)  # highest end of anything sent, 0 unknown
HIGH_TIME = cython.declare(cython.int, 1)
HIGH_FRAME = cython.declare(cython.int, 2)
CONTIGUOUS = cython.declare(cython.int, 3)  # end of what is believed to be without a gap, 0 unknown
ACK = cython.declare(cython.int, 4)
ACK_TIME = cython.declare(cython.int, 5)
WINDOW = cython.declare(cython.int, 6)

ZERO_WINDOW_PROBE = cython.declare(cython.int, Verdict.ZERO_WINDOW_PROBE)
REPEATED_SYN = cython.declare(cython.int, Verdict.REPEATED_SYN)

F_SIDE = cython.declare(cython.int, Fact.SIDE)
F_FRAME = cython.declare(cython.int, Fact.FRAME)
F_TIME = cython.declare(cython.int, Fact.TIME)
F_LENGTH = cython.declare(cython.int, Fact.LENGTH)
F_VERDICT = cython.declare(cython.int, Fact.VERDICT)
F_SEQ = cython.declare(cython.int, Fact.SEQ)
F_ACKED = cython.declare(cython.int, Fact.ACK)
F_FLAGS = cython.declare(cython.int, Fact.FLAGS)
F_WIN = cython.declare(cython.int, Fact.WINDOW)
F_FULL = cython.declare(cython.int, Fact.FULL)
F_HIGH = cython.declare(cython.int, Fact.F_HIGH)
F_HIGH_TIME = cython.declare(cython.int, Fact.F_HIGH_TIME)
F_HIGH_FRAME = cython.declare(cython.int, Fact.F_HIGH_FRAME)
F_NEXT = cython.declare(cython.int, Fact.F_NEXT)
F_ACK = cython.declare(cython.int, Fact.F_ACK)
F_WINDOW = cython.declare(cython.int, Fact.F_WINDOW)
R_HIGH = cython.declare(cython.int, Fact.R_HIGH)
R_CONTIGUOUS = cython.declare(cython.int, Fact.R_CONTIGUOUS)
R_ACK = cython.declare(cython.int, Fact.R_ACK)
R_ACK_TIME = cython.declare(cython.int, Fact.R_ACK_TIME)
R_WINDOW = cython.declare(cython.int, Fact.R_WINDOW)


def follow(rows: cython.Py_ssize_t, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]) -> None:
    """Fill in F_HIGH to R_WINDOW and the bit ZERO_WINDOW_PROBE."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    flags: cython.longlong
    seq: cython.longlong
    ack: cython.longlong
    end: cython.longlong
    high: cython.longlong
    contiguous: cython.longlong
    for i in range(rows):
        f = facts[F_SIDE, i]
        if facts[F_VERDICT, i] & REPEATED_SYN:
            sides[f, HIGH] = sides[f, CONTIGUOUS]
        if facts[F_LENGTH, i] < 0:
            continue
        r = f ^ 1
        flags = facts[F_FLAGS, i]
        seq = facts[F_SEQ, i]
        ack = facts[F_ACKED, i]
        high = sides[f, HIGH]
        contiguous = sides[r, CONTIGUOUS]
        facts[F_HIGH, i] = high
        facts[F_HIGH_TIME, i] = sides[f, HIGH_TIME]
        facts[F_HIGH_FRAME, i] = sides[f, HIGH_FRAME]
        facts[F_ACK, i] = sides[f, ACK]
        facts[F_WINDOW, i] = sides[f, WINDOW]
        facts[R_HIGH, i] = sides[r, HIGH]
        facts[R_CONTIGUOUS, i] = contiguous
        facts[R_ACK, i] = sides[r, ACK]
        facts[R_ACK_TIME, i] = sides[r, ACK_TIME]
        facts[R_WINDOW, i] = sides[r, WINDOW]
        if (
            flags & ACK_FLAG
            and contiguous != 0
            and ((contiguous - ack) & M) >= HALF
            and ((contiguous - sides[r, HIGH]) & M) >= HALF
        ):
            sides[r, CONTIGUOUS] = sides[r, HIGH]  # the state half of rule 11; its verdict is duplicate_ack.py's
        if facts[F_LENGTH, i] == 1 and seq == high and sides[r, WINDOW] == 0:
            facts[F_VERDICT, i] |= ZERO_WINDOW_PROBE
        else:
            end = seq + facts[F_LENGTH, i]
            if flags & SYN_FIN and not facts[F_FULL, i]:
                end += 1
            end &= M
            if high == 0 or ((high - end) & M) >= HALF:
                high = end
                sides[f, HIGH] = end
                sides[f, HIGH_TIME] = facts[F_TIME, i]
                sides[f, HIGH_FRAME] = facts[F_FRAME, i]
            if seq == sides[f, CONTIGUOUS] or sides[f, CONTIGUOUS] == 0:
                sides[f, CONTIGUOUS] = high
        facts[F_NEXT, i] = high
        sides[f, ACK] = ack
        sides[f, ACK_TIME] = facts[F_TIME, i]
        sides[f, WINDOW] = facts[F_WIN, i]
