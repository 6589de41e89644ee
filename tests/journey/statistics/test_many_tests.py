"""Probabilities corrected for the number of tests."""

from __future__ import annotations

import pytest

from analyzer.journey.statistics.many_tests import corrected


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05] * 5),  # R: p.adjust(p, "BH")
        ([0.5, 0.001, 0.04], [0.5, 0.003, 0.06]),
        ([0.9, 0.95, 0.9], [0.95, 0.95, 0.95]),
        ([0.2, 0.2], [0.2, 0.2]),
    ],
)
def test_corrected(probabilities: list[float], expected: list[float]) -> None:
    assert corrected(probabilities) == pytest.approx(expected)
