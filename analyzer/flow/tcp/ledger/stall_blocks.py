"""Acknowledgments with their SACK blocks: which of them tell something new, and what (RFC 2018, RFC 2883)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from analyzer.batch import Column, Int64

from .trace import ACK, RST, Trace

LOOKED_AHEAD: Final = 64  #: acknowledgments that one may have overtaken
AT_A_TIME: Final = 1 << 16  #: of which there are Python objects


class Told(NamedTuple):
    """An acknowledgment."""

    position: int
    row: int
    time: int
    acked: int
    blocks: list[tuple[int, int]]  #: above that


class Acks:
    """Those of one receiver, in the order of the capture. Positions are those in its columns."""

    def __init__(self, trace: Trace, receiver: int, most: int | None) -> None:
        mine = (trace.direction == receiver) & (trace.flags & (ACK | RST) == ACK)
        if most is not None:
            mine &= trace.acked <= most
        self._time = trace.time
        self.rows: Int64 = mine.nonzero()[0]
        self.acked: Int64 = trace.acked[self.rows]
        self.bare: Column = trace.length[self.rows] == 0
        high = np.maximum.accumulate(self.acked) if len(self.rows) else self.acked
        advances = np.ones(len(self.rows), np.bool_)
        advances[1:] = self.acked[1:] > high[:-1]
        place = np.full(len(trace), -1, np.int64)
        place[self.rows] = np.arange(len(self.rows))
        position = place[trace.sack_row]
        known = position >= 0
        self.every_position = position[known]
        self.every_from, self.every_to = trace.sack_from[known], trace.sack_to[known]
        edge = self.acked[self.every_position]
        above = (self.every_from > edge) & (self.every_to > self.every_from) & (edge == high[self.every_position])
        if most is not None:
            above &= self.every_to <= most
        self.position: Int64 = self.every_position[above]
        self.start: Int64 = self.every_from[above]
        self.end: Int64 = self.every_to[above]
        blocked = np.unique(self.position)
        moving = advances.nonzero()[0]
        following = moving.searchsorted(blocked, "right")
        self.telling: Int64 = np.union1d(blocked, moving[following[following < len(moving)]])

    def told(self) -> Iterator[Told]:
        """Those that tell something."""
        for at in range(0, len(self.telling), AT_A_TIME):
            telling = self.telling[at : at + AT_A_TIME]
            rows = self.rows[telling]
            first, last = self.position.searchsorted(telling), self.position.searchsorted(telling, "right")
            low, high = int(first[0]), int(last[-1])
            blocks = list(zip(self.start[low:high].tolist(), self.end[low:high].tolist(), strict=True))
            columns = telling, rows, self._time[rows], self.acked[telling], first - low, last - low
            for position, row, time, acked, begin, end in zip(*(column.tolist() for column in columns), strict=True):
                yield Told(position, row, time, acked, blocks[begin:end])

    def blocks(self, position: int) -> list[tuple[int, int]]:
        """Its blocks above what it acknowledges, the newest first."""
        first, last = self.position.searchsorted((position, position + 1)).tolist()
        return list(zip(self.start[first:last].tolist(), self.end[first:last].tolist(), strict=True))

    def overtook(self, position: int) -> bool:
        """Whether one of the next acknowledges the same and has no blocks at all: it was sent before, when nothing was held."""
        later = slice(position + 1, position + 1 + LOOKED_AHEAD)
        same = (self.bare[later] & (self.acked[later] == self.acked[position])).nonzero()[0] + position + 1
        return not np.isin(same, self.every_position).all()

    def repeated(self, position: int) -> list[tuple[int, int]]:
        """Its blocks with data that came twice."""
        first, last = self.every_position.searchsorted((position, position + 1)).tolist()
        edge = int(self.acked[position])
        every = zip(self.every_from[first:last].tolist(), self.every_to[first:last].tolist(), strict=True)
        return [(start, end) for start, end in every if end <= edge]
