"""Many comparisons at once: of a hundred where nothing differs, one in a hundred would look as if it did by chance alone.

Y. Benjamini, Y. Hochberg: Controlling the false discovery rate (1995). With corrected probabilities up to a level, at most that
part of the differences that are told is expected to be false; and where nothing differs at all, anything is told with at most
that probability. It holds for measures that rise and fall together (Benjamini, Yekutieli 2001), as round trips and connects do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def corrected(probabilities: Sequence[float]) -> list[float]:
    """The probabilities, each as large as the level at which its difference would just be told."""
    count = len(probabilities)
    order = np.argsort(probabilities, kind="stable")[::-1]
    raised = np.array(probabilities, np.float64)[order] * count / np.arange(count, 0, -1)
    result = np.empty(count, np.float64)
    result[order] = np.minimum(np.minimum.accumulate(raised), 1.0)
    return [float(one) for one in result]
