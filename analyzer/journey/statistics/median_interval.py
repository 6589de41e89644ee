"""By how much two medians differ, with a confidence interval.

D. G. Bonett, R. M. Price: Statistical inference for a linear function of medians (Psychological Methods, 2002). The variance of
a median is taken from two order statistics around it, which works for skewed and heavy-tailed distributions alike, needs no
resampling and thus no random numbers: the same samples always give the same interval. Where many values are the same, those two
may be equal, and the interval is narrower than it should be.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final, NamedTuple

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.quantile import quantile

CONFIDENCE: Final = 0.95
FEWEST: Final = 5  #: values without which there is no interval
EXACT: Final = 200  #: values up to which binomial probabilities are summed up; of more the normal distribution is close enough


class Difference(NamedTuple):
    """Of the medians: that of b less that of a."""

    median_a: int
    median_b: int
    low: int | None  #: None: too few values for an interval
    high: int | None

    @property
    def between(self) -> int:
        return self.median_b - self.median_a


def difference(a: Int64, b: Int64) -> Difference:
    """Of two ascending samples of at least one value each."""
    medians = quantile(a, 0.5), quantile(b, 0.5)
    if min(len(a), len(b)) < FEWEST:
        return Difference(*medians, None, None)
    reach = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.hypot(_error(a), _error(b))
    between = medians[1] - medians[0]
    return Difference(*medians, round(between - reach), round(between + reach))


def _error(ascending: Int64) -> float:
    """The standard error of a median: the distance of the two values around it, in standard deviations of their rank."""
    n = len(ascending)
    below = max(round((n + 1) / 2 - math.sqrt(n)), 1)  # rank of the lower one, from 1
    if n <= EXACT:
        outside = sum(math.comb(n, i) for i in range(below)) / 2**n
        deviations = -NormalDist().inv_cdf(outside)
    else:
        deviations = (n / 2 - below + 0.5) / (math.sqrt(n) / 2)
    return float(ascending[n - below] - ascending[below - 1]) / (2 * deviations)
