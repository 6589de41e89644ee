# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""window_full: data that ends exactly where the other side's last window does (WIRESHARK.md 1.8 rule 6).

Bounds checks are off: this runs for every segment, on facts of `rows` columns.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
SYN_FIN_RST = cython.declare(cython.int, 7)

WINDOW_FULL = cython.declare(cython.int, Verdict.WINDOW_FULL)
ZERO_WINDOW_PROBE = cython.declare(cython.int, Verdict.ZERO_WINDOW_PROBE)

F_LENGTH = cython.declare(cython.int, Fact.LENGTH)
F_VERDICT = cython.declare(cython.int, Fact.VERDICT)
F_SEQ = cython.declare(cython.int, Fact.SEQ)
F_FLAGS = cython.declare(cython.int, Fact.FLAGS)
R_SHIFT = cython.declare(cython.int, Fact.R_SHIFT)
R_ACK = cython.declare(cython.int, Fact.R_ACK)
R_WINDOW = cython.declare(cython.int, Fact.R_WINDOW)


def judge(rows: cython.Py_ssize_t, facts: cython.longlong[:, ::1]) -> None:
    """Set WINDOW_FULL."""
    i: cython.Py_ssize_t
    edge: cython.longlong
    for i in range(rows):
        if facts[F_LENGTH, i] > 0 and facts[F_FLAGS, i] & SYN_FIN_RST == 0 and facts[R_SHIFT, i] >= 0:
            edge = facts[R_ACK, i] + (facts[R_WINDOW, i] << facts[R_SHIFT, i])
            if (facts[F_SEQ, i] + facts[F_LENGTH, i] - edge) & M == 0 and facts[F_VERDICT, i] & ZERO_WINDOW_PROBE == 0:
                facts[F_VERDICT, i] |= WINDOW_FULL
