"""Fisher's exact test against adding up tables with exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from analyzer.journey.statistics.exact_test import fisher


def exact(some_a: int, all_a: int, some_b: int, all_b: int) -> float:
    some = some_a + some_b
    tables = {i: comb(all_a, i) * comb(all_b, some - i) for i in range(max(0, some - all_b), min(some, all_a) + 1)}
    return float(Fraction(sum(count for count in tables.values() if count <= tables[some_a]), comb(all_a + all_b, some)))


@pytest.mark.parametrize(
    "table", [(3, 4, 1, 4), (1, 10, 9, 10), (0, 7, 3, 500), (12, 100, 30, 120), (50, 50, 49, 50), (2, 9, 2, 9)]
)
def test_probability(table: tuple[int, int, int, int]) -> None:
    assert fisher(*table) == pytest.approx(exact(*table), rel=1e-9)


def test_the_lady_tasting_tea() -> None:
    """R. A. Fisher's own example: three of four cups told right."""
    assert fisher(3, 4, 1, 4) == pytest.approx(34 / 70)


def test_many_connections() -> None:
    assert fisher(1000, 100_000, 1000, 100_000) == 1
    assert fisher(1000, 100_000, 1400, 100_000) < 1e-12
