# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Segments that carry a window and nothing else new (WIRESHARK.md 1.8 rules 2-5 and 7-9).

zero_window, lost_segment, keep_alive, window_update, keep_alive_ack, zero_window_probe_ack, duplicate_ack. The state is
whether the last segment of a side was a keep_alive or a zero_window_probe.
Bounds checks are off: this runs for every segment, on the facts of `count` segments and the state of all sides.
"""

import cython

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
SYN_FIN_RST = cython.declare(cython.int, 7)
RST = cython.declare(cython.int, 4)

INITIAL_SIDE = (0,)
LAST = cython.declare(cython.int, 0)  # the probe verdicts of this side's last segment

ZERO_WINDOW_PROBE = cython.declare(cython.int, Verdict.ZERO_WINDOW_PROBE)
ZERO_WINDOW_PROBE_ACK = cython.declare(cython.int, Verdict.ZERO_WINDOW_PROBE_ACK)
ZERO_WINDOW = cython.declare(cython.int, Verdict.ZERO_WINDOW)
LOST_SEGMENT = cython.declare(cython.int, Verdict.LOST_SEGMENT)
KEEP_ALIVE = cython.declare(cython.int, Verdict.KEEP_ALIVE)
KEEP_ALIVE_ACK = cython.declare(cython.int, Verdict.KEEP_ALIVE_ACK)
WINDOW_UPDATE = cython.declare(cython.int, Verdict.WINDOW_UPDATE)
DUPLICATE_ACK = cython.declare(cython.int, Verdict.DUPLICATE_ACK)

SIDE = cython.declare(cython.int, Fact.SIDE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
WINDOW = cython.declare(cython.int, Fact.WINDOW)
SENDER_HIGH = cython.declare(cython.int, Fact.SENDER_HIGH)
SENDER_ACK = cython.declare(cython.int, Fact.SENDER_ACK)
SENDER_WINDOW = cython.declare(cython.int, Fact.SENDER_WINDOW)
MPTCP_NEW = cython.declare(cython.int, Fact.MPTCP_NEW)


def judge(count: cython.Py_ssize_t, facts: cython.longlong[:, ::1], sides: cython.longlong[:, ::1]) -> None:
    """Set the bits of rules 2-5 and 7-9."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    verdict: cython.longlong
    before: cython.longlong
    high: cython.longlong
    window: cython.longlong
    for i in range(count):
        if facts[LENGTH, i] < 0:
            continue
        f = facts[SIDE, i]
        verdict = facts[VERDICT, i]
        if verdict & ZERO_WINDOW_PROBE == 0:
            high = facts[SENDER_HIGH, i]
            if high != 0 and ((high - facts[SEQ, i]) & M) >= HALF and facts[FLAGS, i] & RST == 0:
                verdict |= LOST_SEGMENT
            if facts[FLAGS, i] & SYN_FIN_RST == 0:
                window = facts[WINDOW, i]
                if window == 0:
                    verdict |= ZERO_WINDOW
                if facts[LENGTH, i] <= 1 and facts[SEQ, i] == (high - 1) & M:
                    verdict |= KEEP_ALIVE
                if facts[LENGTH, i] == 0 and facts[SEQ, i] == high and facts[ACK, i] == facts[SENDER_ACK, i]:
                    before = sides[f ^ 1, LAST]
                    if window != facts[SENDER_WINDOW, i]:
                        if window != 0:
                            verdict |= WINDOW_UPDATE
                    elif window == 0:
                        if before & ZERO_WINDOW_PROBE:
                            verdict |= ZERO_WINDOW_PROBE_ACK
                    elif before & KEEP_ALIVE:
                        verdict |= KEEP_ALIVE_ACK
                    elif facts[MPTCP_NEW, i] == 0:
                        verdict |= DUPLICATE_ACK
            facts[VERDICT, i] = verdict
        sides[f, LAST] = verdict & (KEEP_ALIVE | ZERO_WINDOW_PROBE)
