"""Whether values of one sample tend to be larger than those of another: the Mann-Whitney test, and how much: Cliff's delta.

H. B. Mann, D. R. Whitney: On a test of whether one of two random variables is stochastically larger than the other (1947). Ranks
only, so that a few connections that took seconds do not drown the others. Ties have the mean of their ranks, and the variance
is corrected for them; the probability is that of the normal distribution with continuity correction (half of the least step
that the sum of ranks can make), which of ten values and more on each side errs on the side of "no difference".

N. Cliff: Dominance statistics (1993). delta = P(b > a) - P(b < a): 1 if every value of b is larger than every one of a, -1 if
every one is smaller, 0 if neither is the rule. The words for its size are those of J. Romano et al. (2006).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from analyzer.batch import Int64

SIZES: Final = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))  #: below so much it is called so
LARGE: Final = "large"


class Ranked(NamedTuple):
    """What the ranks say."""

    probability: float  #: of ranks at least as uneven where both samples are of the same distribution
    delta: float  #: Cliff's; above 0: values of b are larger


def ranked(a: Int64, b: Int64) -> Ranked:
    """Compare two samples of at least one value each."""
    _, inverse, counts = np.unique(np.concatenate((a, b)), return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    n, m = len(a), len(b)
    larger = float(ranks[inverse[n:]].sum()) - m * (m + 1) / 2  # pairs in which b is larger; ties are halves
    total = n + m
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    step = float(np.gcd.reduce(counts[1:] + counts[:-1])) / 2  # of the rank sum: all neighbouring ranks are multiples of it apart
    distance = max(abs(larger - n * m / 2) - step / 2, 0.0)
    probability = math.erfc(distance / math.sqrt(2 * variance)) if variance > 0 else 1.0
    return Ranked(probability, 2 * larger / (n * m) - 1)


def effect(delta: float) -> str:
    """The word for the size of a delta."""
    return next((word for below, word in SIZES if abs(delta) < below), LARGE)
