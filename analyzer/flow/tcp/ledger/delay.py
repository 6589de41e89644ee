"""The time from one packet to another, where the capture's clock can be trusted for it.

A clock that is set while it is captured steps; frames of several queues or interfaces can also stand in another order than
their times. A step forward only makes one delay longer. Across a step backward no delay is used: it would be too short, and
minima are made of the shortest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.trace import Trace

STEP_BACK_NS: Final = 1_000_000  #: times that fall by more than this are a step, by less a jitter of the capture
UNUSABLE: Final = -1


def delays(trace: Trace, sent: Int64, answered: Int64) -> Int64:
    """Nanoseconds from each row in `sent` to that in `answered`; UNUSABLE where that is negative or the clock stepped back."""
    time = trace.time
    found = time[answered] - time[sent]
    back = time[1:] < time[:-1]
    if back.any():
        steps = np.zeros(len(time), np.int64)
        np.cumsum(time[1:] < time[:-1] - STEP_BACK_NS, out=steps[1:])
        found[steps[answered] != steps[sent]] = UNUSABLE
        found[found < 0] = UNUSABLE
    return found
