"""The interval of a difference of medians holds the true one as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.journey.statistics.median_interval import CONFIDENCE, FEWEST, difference

TRIALS = 400


@pytest.mark.parametrize(("sizes", "spread"), [((10, 10), 1.0), ((30, 200), 1.0), ((199, 202), 2.0), ((1000, 1000), 0.3)])
def test_coverage(sizes: tuple[int, int], spread: float) -> None:
    """Medians of log-normal values that differ by a fifth."""
    generator = np.random.default_rng(sizes)
    true = 1.2e7 - 1e7
    inside, missed_low = 0, 0
    for _ in range(TRIALS):
        a, b = (
            np.sort((median * generator.lognormal(0, spread, size)).astype(np.int64))
            for median, size in zip((1e7, 1.2e7), sizes, strict=True)
        )
        found = difference(a, b)
        assert found.low is not None and found.high is not None
        inside += found.low <= true <= found.high
        missed_low += found.high < true
    assert CONFIDENCE - 0.03 <= inside / TRIALS <= 0.995  # neither too narrow nor saying nothing
    assert missed_low < TRIALS * 0.05


def test_it_gets_narrower_with_more_values() -> None:
    generator = np.random.default_rng(1)
    widths = []
    for size in (20, 199, 201, 2000):
        a, b = (np.sort(generator.lognormal(16, 1, size).astype(np.int64)) for _ in range(2))
        found = difference(a, b)
        assert found.low is not None and found.high is not None
        widths.append(found.high - found.low)
    assert widths[0] > 2 * widths[1] > 4 * widths[3]
    assert widths[1] == pytest.approx(widths[2], rel=0.35)  # two ways to compute it meet there


def test_ends() -> None:
    few = np.arange(FEWEST - 1, dtype=np.int64)
    enough = np.arange(FEWEST, dtype=np.int64)
    assert (difference(few, enough).low, difference(few, enough).high) == (None, None)
    found = difference(enough, enough + 10)
    assert found.between == 10 and found.low is not None and found.high is not None and found.low < 10 < found.high
    same = np.full(50, 7, np.int64)
    assert difference(same, same) == (7, 7, 0, 0)
