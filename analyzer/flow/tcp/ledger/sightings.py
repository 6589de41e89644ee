"""Which packets of a direction carried a range of bytes, of those seen before a row."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

import numpy as np

from .sender import Sender

MOST_COPIES: Final = 64  #: packets that are looked at for one range, the latest ones


class Sightings:
    """Segments that brought new highest bytes lie in order anyway; the few others are kept in a list."""

    def __init__(self, sender: Sender) -> None:
        trace = sender.trace
        ahead = trace.end[sender.segments] > sender.high_before
        self._rows = sender.segments[ahead]
        starts = trace.start[self._rows]
        self._least_starts = np.minimum.accumulate(starts[::-1])[::-1]  # some begin below the one before, with bytes seen before
        self._ends = trace.end[self._rows]
        self._trace = trace
        self._others: list[tuple[int, int, int]] = []  # (start, end, row)
        self._longest = 0

    def add(self, row: int) -> None:
        """A segment that did not bring new highest bytes."""
        start, end = int(self._trace.start[row]), int(self._trace.end[row])
        self._longest = max(self._longest, end - start)
        insort(self._others, (start, end, row))

    def of(self, start: int, end: int, before: int) -> list[int]:
        """The rows before one that carried any of [start, end), in the order of the capture."""
        first = int(self._ends.searchsorted(start, side="right"))
        last = min(int(self._least_starts.searchsorted(end)), int(self._rows.searchsorted(before)))
        ahead = self._rows[max(first, last - MOST_COPIES) : last] if first < last else self._rows[:0]
        found = ahead[self._trace.start[ahead] < end].tolist()
        stop = bisect_left(self._others, (end,))
        begin = max(bisect_left(self._others, (start - self._longest,)), stop - MOST_COPIES)
        found += [row for _, behind, row in self._others[begin:stop] if behind > start and row < before]
        return sorted(found)
