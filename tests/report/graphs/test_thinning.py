"""What is left of a series looks the same, and nothing rare is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.report.graphs import thinning

POINTS = st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(-(1 << 40), 1 << 40)), min_size=1, max_size=300)
MOST = st.integers(8, 64)


@given(POINTS, MOST)
def test_a_line_keeps_its_ends_and_extremes(points: list[tuple[int, int]], most: int) -> None:
    x = np.sort(np.array([point[0] for point in points], np.int64))
    y = np.array([point[1] for point in points], np.int64)
    kept = thinning.line(x, y, most)
    assert len(kept) <= most
    assert list(kept) == sorted(set(kept.tolist()))
    assert kept[0] == 0 and kept[-1] == len(points) - 1
    assert y[kept].min() == y.min() and y[kept].max() == y.max()


@given(POINTS)
def test_a_line_that_is_short_enough_is_left_alone(points: list[tuple[int, int]]) -> None:
    x = np.sort(np.array([point[0] for point in points], np.int64))
    assert list(thinning.line(x, x, len(x))) == list(range(len(x)))


@given(POINTS, MOST, st.integers(1, 40))
def test_every_slice_of_a_line_keeps_its_extremes(points: list[tuple[int, int]], most: int, at: int) -> None:
    """Not only the extremes of the whole: those of each slice of time, as it is drawn."""
    x = np.sort(np.array([point[0] for point in points], np.int64))
    y = np.array([point[1] for point in points], np.int64)
    if len(points) <= most:
        return
    slices = most // thinning.PER_SLICE
    place = np.minimum((x - x[0]) / max(float(x[-1] - x[0]), 1e-300) * slices, slices - 1).astype(int)
    kept = thinning.line(x, y, most)
    for one in set(place.tolist()):
        inside = kept[place[kept] == one]
        assert y[inside].max() == y[place == one].max() and y[inside].min() == y[place == one].min()


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=300), MOST)
def test_strokes_cover_the_same_bytes(lengths: list[int], most: int) -> None:
    end = np.cumsum(np.array(lengths, np.int64))
    start = end - np.array(lengths)
    time = np.arange(len(lengths)) * 1000
    x, x_to, y, y_to = thinning.strokes(time, time, start, end, most)
    assert len(x) <= most
    assert (x[0], x_to[-1]) == (time[0], time[-1])
    assert y[0] == 0 and y_to[-1] == end[-1]
    assert (y[1:] == y_to[:-1]).all(), "in order they leave no hole"


@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(1, 3000)), min_size=1, max_size=300), MOST)
def test_strokes_in_any_order_are_bounded(strokes: list[tuple[int, int]], most: int) -> None:
    start = np.array([stroke[0] for stroke in strokes], np.int64)
    end = start + np.array([stroke[1] for stroke in strokes])
    time = np.arange(len(strokes)) * 1000
    x, x_to, y, y_to = thinning.strokes(time, time, start, end, most)
    assert len(x) <= most
    assert y.min() == start.min() and y_to.max() == end.max()
    assert (x <= x_to).all() and (y <= y_to).all()


def test_a_gap_in_time_stays() -> None:
    """Two bursts with a silence between them never become one stroke."""
    time = np.concatenate((np.arange(5000), np.arange(5000) + 10_000_000))
    end = np.arange(1, 10_001) * 100
    x, x_to, _, _ = thinning.strokes(time, time, end - 100, end, 100)
    assert not ((x < 5000) & (x_to >= 10_000_000)).any()


@given(st.integers(1, 5000), MOST)
def test_events_are_kept_up_to_the_cap(count: int, most: int) -> None:
    kept = thinning.events(count, most)
    assert len(kept) == len(set(kept.tolist())) == min(count, most)
    assert kept[0] == 0 and kept[-1] == count - 1
