"""Bytes by interval: none is lost, however long it takes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.report.graphs.rate import FIRST_NS, MOST, Rate

TIMES = st.lists(st.tuples(st.integers(0, 1 << 62), st.integers(0, 1 << 16)), max_size=60)


@given(TIMES, st.integers(1, 1 << 40))
def test_the_sum_stays(times: list[tuple[int, int]], least: int) -> None:
    rate = Rate(0)
    for time, octets in sorted(times):
        rate.add(np.array([time]), np.array([octets]))
    starts, octets_by, width = rate.intervals(least, 1 << 62)
    assert octets_by.sum() == sum(octets for _, octets in times)
    assert width >= least and len(starts) <= MOST
    assert (np.diff(starts) == width).all()


def test_intervals_are_where_the_bytes_were() -> None:
    rate = Rate(1_000)
    rate.add(np.array([1_000, 1_000 + FIRST_NS - 1, 1_000 + FIRST_NS]), np.array([1, 2, 4]))
    starts, octets, width = rate.intervals(1, 1_000 + FIRST_NS)
    assert (width, starts.tolist(), octets.tolist()) == (FIRST_NS, [1_000, 1_000 + FIRST_NS], [3, 4])
