"""Whether two shares differ: Fisher's exact test, two-sided, which holds for the smallest counts, too.

R. A. Fisher: Statistical Methods for Research Workers, section 21.02. Of all tables with the same totals those are added up that
are not more probable than the one that was seen.
"""

from __future__ import annotations

from typing import Final

import numpy as np

EQUAL: Final = 1e-7  #: two tables whose probabilities differ by less than this part are equally probable


def fisher(some_a: int, all_a: int, some_b: int, all_b: int) -> float:
    """The probability of shares at least as different as some_a of all_a and some_b of all_b where there is no difference."""
    together = all_a + all_b
    logs = np.concatenate((np.zeros(1), np.cumsum(np.log(np.arange(1, together + 1)))))  # of the factorials
    some = some_a + some_b
    tables = np.arange(max(0, some - all_b), min(some, all_a) + 1)
    weights = -(logs[tables] + logs[all_a - tables] + logs[some - tables] + logs[all_b - some + tables])
    weights = np.exp(weights - weights.max())
    seen = weights[some_a - tables[0]]
    return min(float(weights[weights <= seen * (1 + EQUAL)].sum() / weights.sum()), 1.0)
