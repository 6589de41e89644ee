# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""window_full: data that ends exactly where the other side's last window does (WIRESHARK.md 1.8 rule 6).

Bounds checks are off: this runs for every segment, on the facts of `count` segments.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
SYN_FIN_RST = cython.declare(cython.int, 7)

WINDOW_FULL = cython.declare(cython.int, Verdict.WINDOW_FULL)
ZERO_WINDOW_PROBE = cython.declare(cython.int, Verdict.ZERO_WINDOW_PROBE)

LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
SEQ = cython.declare(cython.int, Fact.SEQ)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
OTHER_SHIFT = cython.declare(cython.int, Fact.OTHER_SHIFT)
OTHER_ACK = cython.declare(cython.int, Fact.OTHER_ACK)
OTHER_WINDOW = cython.declare(cython.int, Fact.OTHER_WINDOW)


def judge(count: cython.Py_ssize_t, facts: cython.longlong[:, ::1]) -> None:
    """Set WINDOW_FULL."""
    i: cython.Py_ssize_t
    edge: cython.longlong
    for i in range(count):
        if facts[LENGTH, i] > 0 and facts[FLAGS, i] & SYN_FIN_RST == 0 and facts[OTHER_SHIFT, i] >= 0:
            edge = facts[OTHER_ACK, i] + (facts[OTHER_WINDOW, i] << facts[OTHER_SHIFT, i])
            if (facts[SEQ, i] + facts[LENGTH, i] - edge) & M == 0 and facts[VERDICT, i] & ZERO_WINDOW_PROBE == 0:
                facts[VERDICT, i] |= WINDOW_FULL
