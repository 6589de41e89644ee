"""The rank test against values of other programs, and against counting pairs."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.journey.statistics.rank_test import effect, ranked


def column(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_the_example_in_the_documentation_of_scipy() -> None:
    """scipy.stats.mannwhitneyu(males, females, method="asymptotic")"""
    males, females = column(19, 22, 16, 29, 24), column(20, 11, 17, 12)
    assert ranked(males, females).probability == ranked(females, males).probability == pytest.approx(0.11134688653314041)


@pytest.mark.parametrize("tick", [1, 250, 600])
def test_probability_is_that_of_permutations(tick: int) -> None:
    """How often samples are as uneven when the same values are dealt out at random; also with ties."""
    generator = np.random.default_rng(5)
    values = generator.integers(0, 1000, 55)
    a, b = values[:25] // tick, (values[25:] + 100) // tick
    found = ranked(a, b)
    together = np.concatenate((a, b))
    dealt = (ranked(mixed[:25], mixed[25:]) for mixed in (generator.permutation(together) for _ in range(4000)))
    assert 0.02 < found.probability < 0.9
    assert np.mean([abs(one.delta) >= abs(found.delta) - 1e-12 for one in dealt]) == pytest.approx(found.probability, abs=0.025)


@pytest.mark.parametrize("tick", [1, 40])
def test_delta_counts_pairs(tick: int) -> None:
    generator = np.random.default_rng(tick)
    a, b = (generator.integers(0, 1000, size) // tick for size in (37, 90))
    pairs = np.sign(b[:, None] - a[None, :])
    assert ranked(a, b).delta == pytest.approx(pairs.mean())
    assert ranked(b, a).delta == pytest.approx(-pairs.mean())


def test_the_ends() -> None:
    assert ranked(column(1, 2, 3), column(4, 5, 6)).delta == 1
    assert ranked(column(4, 5, 6), column(1, 2, 3)).delta == -1
    same = ranked(column(5, 5, 5), column(5, 5))
    assert (same.delta, same.probability) == (0, 1)
    assert ranked(column(1), column(1)).probability == 1


@pytest.mark.parametrize(
    ("delta", "word"),
    [(0, "negligible"), (-0.146, "negligible"), (0.147, "small"), (-0.4, "medium"), (0.474, "large"), (-1, "large")],
)
def test_effect(delta: float, word: str) -> None:
    assert effect(delta) == word
