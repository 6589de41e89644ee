"""Which conversations a selection of frames touches: those with a selected packet."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.dissect.walk import Walk
from analyzer.flow.fact import Fact, Facts

MOST_STREAMS: Final = 1 << 26  #: the latest streams of each protocol of which it is remembered
MOST_OLDER: Final = 1 << 16  #: streams before them, those that were chosen last


class Marks:
    """A set of stream numbers, which come more or less in order."""

    def __init__(self) -> None:
        self.count = 0  #: chosen streams; one that comes again after it was forgotten counts twice
        self.forgotten = 0  #: chosen streams of which it is not known any more
        self._first = 0
        self._seen: Column = np.zeros(0, bool)  #: from `_first` on
        self._older: dict[int, None] = {}

    def add(self, streams: Int64) -> None:
        """These are chosen."""
        if not len(streams):
            return
        self._reach(int(streams.max()) + 1)
        if self._first:
            for stream in streams[streams < self._first].tolist():
                self._add_older(stream)
            streams = streams[streams >= self._first]
        fresh = np.unique(streams[~self._seen[streams - self._first]])
        self._seen[fresh - self._first] = True
        self.count += len(fresh)

    def among(self, streams: Int64) -> Column:
        """Which of these are chosen."""
        at = streams - self._first
        found = (at >= 0) & (at < len(self._seen))
        found[found] = self._seen[at[found]]
        for i in np.flatnonzero(at < 0).tolist() if self._older else ():
            found[i] = int(streams[i]) in self._older
        return found

    def _reach(self, most: int) -> None:
        """Room for the streams before this one."""
        if most - self._first > MOST_STREAMS:
            leaving = max(MOST_STREAMS // 2, most - self._first - MOST_STREAMS)
            self.forgotten += int(np.count_nonzero(self._seen[:leaving]))
            self._seen = self._seen[leaving:].copy()
            self._first += leaving
        if most - self._first > len(self._seen):
            more = max(len(self._seen), most - self._first - len(self._seen))
            self._seen = np.concatenate([self._seen, np.zeros(more, bool)])

    def _add_older(self, stream: int) -> None:
        if self._older.pop(stream, 0) == 0:
            self.count += 1
            if len(self._older) >= MOST_OLDER:
                self._older.clear()
                self.forgotten += MOST_OLDER
        self._older[stream] = None


class Chosen:
    """Call `update` for each batch of a capture; without a selection everything is chosen."""

    def __init__(self) -> None:
        self.streams: dict[str, Marks] | None = None  #: by protocol; None: there is no selection

    @property
    def forgotten(self) -> int:
        """Chosen conversations of which it is not known any more, after MOST_STREAMS."""
        return sum(marks.forgotten for marks in (self.streams or {}).values())

    def update(self, walk: Walk, tcp: Facts, udp: Facts, mask: Column | None) -> None:
        """Take the packets of a batch; `mask` says which of its frames are selected, None: all."""
        if mask is None:
            return
        if self.streams is None:
            self.streams = {"tcp": Marks(), "udp": Marks()}
        for protocol, facts in (("tcp", tcp), ("udp", udp)):
            table = walk.table(protocol)
            if table is not None:
                self.streams[protocol].add(facts[Fact.STREAM][mask[table["row"]] & (facts[Fact.SIZE] >= 0)])

    def among(self, protocol: str, streams: Int64) -> Column:
        """Which of these streams have a selected packet."""
        if self.streams is None:
            return np.ones(len(streams), bool)
        return self.streams[protocol].among(streams)
