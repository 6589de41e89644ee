"""Fewer points that look the same: what cannot be told apart on a screen is drawn once, what happened rarely is always kept.

- A line keeps of each narrow slice of time its first, last, least and highest value: drawn in pixels it is the same line.
- Segments that follow one another in order are joined to longer strokes, where they lie in the same slice of time.
- Events (a segment sent again, a stall) are kept one by one up to a cap; what is beyond that is counted.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

MOST_POINTS: Final = 4_000  #: of one series in a picture: some for each pixel of a wide screen
MOST_EVENTS: Final = 4_000  #: of one sort: more only cover one another
PER_SLICE: Final = 4  #: points that a line keeps of a slice of time


def line(x: Column, y: Column, most: int = MOST_POINTS) -> Int64:
    """The positions to keep, ascending; x never falls. At most `most`, where that is 4 or more."""
    if len(x) <= most:
        return np.arange(len(x))
    slices = max(most // PER_SLICE, 1)
    place = _slice(x, slices)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    last = np.append(first[1:], len(x)) - 1
    return np.unique(np.concatenate((first, last, _where(y, first, np.minimum), _where(y, first, np.maximum))))


def strokes(x: Int64, x_to: Int64, y: Int64, y_to: Int64, most: int = MOST_POINTS) -> tuple[Int64, Int64, Int64, Int64]:
    """The same strokes from (x, y) to (x_to, y_to), joined where one begins at the height where the one before it ends.

    x never falls. Where that is not enough, everything in a slice of time becomes one stroke from its least to its highest value.
    """
    if len(x) <= most:
        return x, x_to, y, y_to
    slices = max(most // 2, 1)
    place = _slice(x, slices)
    begins = np.ones(len(x), np.bool_)
    begins[1:] = (place[1:] != place[:-1]) | (y[1:] != y_to[:-1])
    if np.count_nonzero(begins) > most:
        begins[1:] = place[1:] != place[:-1]
    first = np.flatnonzero(begins)
    return x[first], np.maximum.reduceat(x_to, first), np.minimum.reduceat(y, first), np.maximum.reduceat(y_to, first)


def events(count: int, most: int = MOST_EVENTS) -> Int64:
    """The positions of the events to keep: all, or so many evenly from the first to the last."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(np.int64)


def _slice(x: Column, slices: int) -> Int64:
    """The slice of time in which each lies: they never fall, and those of the last moment lie in the last one."""
    since = (x - x[0]).astype(np.float64)
    width = max(float(since[-1]), 1e-300)
    place: Int64 = np.minimum(since / width * slices, slices - 1).astype(np.int64)
    return place


def _where(y: Column, first: Int64, extreme: np.ufunc) -> Int64:
    """The first position of the least or highest value of each group; groups begin at `first`."""
    group = np.repeat(np.arange(len(first)), np.diff(first, append=len(y)))
    hit = np.flatnonzero(y == extreme.reduceat(y, first)[group])
    positions: Int64 = np.asarray(hit[np.unique(group[hit], return_index=True)[1]], np.int64)
    return positions
