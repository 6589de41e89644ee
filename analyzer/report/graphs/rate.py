"""Bytes by interval of time, in a bounded number of intervals: when time goes beyond them, two and two become one."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64

FIRST_NS: Final = 100_000  #: width of an interval to begin with
MOST: Final = 4_096  #: intervals that are counted apart


class Rate:
    """Hand it times that do not fall, and how many bytes there were. begin_ns: when the first interval begins."""

    def __init__(self, begin_ns: int) -> None:
        self.begin_ns = begin_ns
        self.width_ns = FIRST_NS
        self._bytes = np.zeros(MOST, np.int64)

    def add(self, time: Int64, octets: Int64) -> None:
        if not len(time):
            return
        while (int(time[-1]) - self.begin_ns) // self.width_ns >= MOST:
            self._bytes = np.concatenate((_folded(self._bytes), np.zeros(MOST // 2, np.int64)))
            self.width_ns *= 2
        np.add.at(self._bytes, np.maximum(time - self.begin_ns, 0) // self.width_ns, octets)

    def intervals(self, least_ns: int, end_ns: int) -> tuple[Int64, Int64, int]:
        """When each interval up to `end_ns` starts, its bytes, and how long they are: at least `least_ns`."""
        width, octets = self.width_ns, self._bytes
        while width < least_ns:
            octets, width = _folded(np.append(octets, np.zeros(len(octets) % 2, np.int64))), 2 * width
        starts = self.begin_ns + width * np.arange(len(octets))
        shown = starts <= end_ns
        return starts[shown], octets[shown], width


def _folded(octets: Int64) -> Int64:
    folded: Int64 = octets.reshape(-1, 2).sum(axis=1)
    return folded
