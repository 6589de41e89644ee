"""Quantiles are NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.flow.tcp.ledger.quantile import quantile


@given(st.lists(st.integers(0, 1 << 50), min_size=1, max_size=200))
def test_as_numpy(values: list[int]) -> None:
    ascending = np.sort(np.array(values, np.int64))
    assert [quantile(ascending, share) for share in (0, 0.5, 0.95, 1)] == [
        round(value) for value in np.percentile(ascending, (0, 50, 95, 100))
    ]


@pytest.mark.parametrize(("values", "median"), [([7], 7), ([1, 2], 2), ([2, 3], 2), ([1, 5, 9], 5)])
def test_by_hand(values: list[int], median: int) -> None:
    """A half is rounded to the even neighbour."""
    assert quantile(np.array(values), 0.5) == median
