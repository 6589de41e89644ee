# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""What both sides looked like just before each segment, and zero_window_probe (WIRESHARK.md 1.5; 1.8 rules 1, 11 and 13).

This kernel owns high, contig, ack_last and win. The probe is decided here because it alone keeps high where it is.
Bounds checks are off: this runs for every segment, on the facts of `count` segments and the state of all sides.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
SYN_FIN = cython.declare(cython.int, 3)
ACK_FLAG = cython.declare(cython.int, 16)
NO_WINDOW = 0xFFFFFFFF  #: before the first segment: equal to no window

INITIAL_SIDE = (0, 0, 0, 0, 0, 0, NO_WINDOW)
HIGH = cython.declare(cython.int, 0)  # highest end of anything sent, 0 unknown
HIGH_TIME = cython.declare(cython.int, 1)
HIGH_FRAME = cython.declare(cython.int, 2)
CONTIGUOUS = cython.declare(cython.int, 3)  # end of what is believed to be without a gap, 0 unknown
LAST_ACK = cython.declare(cython.int, 4)
ACK_TIME = cython.declare(cython.int, 5)
LAST_WINDOW = cython.declare(cython.int, 6)

ZERO_WINDOW_PROBE = cython.declare(cython.int, Verdict.ZERO_WINDOW_PROBE)
REPEATED_SYN = cython.declare(cython.int, Verdict.REPEATED_SYN)

SIDE = cython.declare(cython.int, Fact.SIDE)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
WINDOW = cython.declare(cython.int, Fact.WINDOW)
FULL = cython.declare(cython.int, Fact.FULL)
SENDER_HIGH = cython.declare(cython.int, Fact.SENDER_HIGH)
SENDER_HIGH_TIME = cython.declare(cython.int, Fact.SENDER_HIGH_TIME)
SENDER_HIGH_FRAME = cython.declare(cython.int, Fact.SENDER_HIGH_FRAME)
SENDER_NEXT = cython.declare(cython.int, Fact.SENDER_NEXT)
SENDER_ACK = cython.declare(cython.int, Fact.SENDER_ACK)
SENDER_WINDOW = cython.declare(cython.int, Fact.SENDER_WINDOW)
OTHER_HIGH = cython.declare(cython.int, Fact.OTHER_HIGH)
OTHER_CONTIGUOUS = cython.declare(cython.int, Fact.OTHER_CONTIGUOUS)
OTHER_ACK = cython.declare(cython.int, Fact.OTHER_ACK)
OTHER_ACK_TIME = cython.declare(cython.int, Fact.OTHER_ACK_TIME)
OTHER_WINDOW = cython.declare(cython.int, Fact.OTHER_WINDOW)


def follow(count: cython.Py_ssize_t, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]) -> None:
    """Fill in SENDER_HIGH to OTHER_WINDOW and the bit ZERO_WINDOW_PROBE."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    flags: cython.longlong
    seq: cython.longlong
    ack: cython.longlong
    end: cython.longlong
    high: cython.longlong
    contiguous: cython.longlong
    for i in range(count):
        f = facts[SIDE, i]
        if facts[VERDICT, i] & REPEATED_SYN:
            sides[f, HIGH] = sides[f, CONTIGUOUS]
        if facts[LENGTH, i] < 0:
            continue
        r = f ^ 1
        flags = facts[FLAGS, i]
        seq = facts[SEQ, i]
        ack = facts[ACK, i]
        high = sides[f, HIGH]
        contiguous = sides[r, CONTIGUOUS]
        facts[SENDER_HIGH, i] = high
        facts[SENDER_HIGH_TIME, i] = sides[f, HIGH_TIME]
        facts[SENDER_HIGH_FRAME, i] = sides[f, HIGH_FRAME]
        facts[SENDER_ACK, i] = sides[f, LAST_ACK]
        facts[SENDER_WINDOW, i] = sides[f, LAST_WINDOW]
        facts[OTHER_HIGH, i] = sides[r, HIGH]
        facts[OTHER_CONTIGUOUS, i] = contiguous
        facts[OTHER_ACK, i] = sides[r, LAST_ACK]
        facts[OTHER_ACK_TIME, i] = sides[r, ACK_TIME]
        facts[OTHER_WINDOW, i] = sides[r, LAST_WINDOW]
        if (
            flags & ACK_FLAG
            and contiguous != 0
            and ((contiguous - ack) & M) >= HALF
            and ((contiguous - sides[r, HIGH]) & M) >= HALF
        ):
            sides[r, CONTIGUOUS] = sides[r, HIGH]  # the state half of rule 11; its verdict is duplicate_ack.py's
        if facts[LENGTH, i] == 1 and seq == high and sides[r, LAST_WINDOW] == 0:
            facts[VERDICT, i] |= ZERO_WINDOW_PROBE
        else:
            end = seq + facts[LENGTH, i]
            if flags & SYN_FIN and not facts[FULL, i]:
                end += 1
            end &= M
            if high == 0 or ((high - end) & M) >= HALF:
                high = end
                sides[f, HIGH] = end
                sides[f, HIGH_TIME] = facts[TIME, i]
                sides[f, HIGH_FRAME] = facts[FRAME, i]
            if seq == sides[f, CONTIGUOUS] or sides[f, CONTIGUOUS] == 0:
                sides[f, CONTIGUOUS] = high
        facts[SENDER_NEXT, i] = high
        sides[f, LAST_ACK] = ack
        sides[f, ACK_TIME] = facts[TIME, i]
        sides[f, LAST_WINDOW] = facts[WINDOW, i]
