"""Several files as one: always the file whose next frame is the earliest goes on; the order inside a file never changes.

That is the same as sorting by the latest time so far of the frame's own file, then by file: `key` below. So all rows that are
known to come before anything still unread are sorted at once, and where one file is alone in a stretch of time its rows
pass untouched. Files whose first frame is still ahead are not held open: a ring buffer may have thousands.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.capture.stream import Stream

BEFORE_ALL = -(2**63)


@dataclass(slots=True)
class Active:
    """A file with rows that were not given out yet: those from `next` on."""

    stream: Stream
    key: Int64
    next: int = 0
    count: int = 0

    @property
    def head(self) -> tuple[int, int]:
        return int(self.key[self.next]), self.stream.file

    @property
    def last(self) -> tuple[int, int]:
        return int(self.key[self.count - 1]), self.stream.file

    def refill(self) -> bool:
        latest = int(self.key[self.count - 1]) if self.count else BEFORE_ALL
        self.next, self.count = 0, self.stream.advance()
        while self.stream.idle:
            self.count = self.stream.advance()
        if self.count:
            key = self.key[: self.count]
            np.maximum.accumulate(self.stream.rows.time[: self.count], out=key)
            np.maximum(key, latest, out=key)
        return self.count > 0

    def until(self, limit: tuple[int, int]) -> int:
        """Where the rows end that come before, or are, the limit."""
        side = "right" if self.stream.file <= limit[1] else "left"
        return int(np.searchsorted(self.key[: self.count], limit[0], side))  # type: ignore[call-overload]


@dataclass(slots=True)
class Merged:
    """Rows in their final order, of one file (as they lie in its columns) or of several (copied)."""

    time: Int64
    start: Int64
    end: Int64
    reported: Int64
    interface: Column
    linktype: Column
    fault: Column
    file: Column
    number_in_file: Int64

    def __len__(self) -> int:
        return len(self.time)

    def part(self, begin: int, end: int) -> Merged:
        return Merged(*(getattr(self, name)[begin:end] for name in self.__slots__))


def rows_of(active: Active, end: int) -> Merged:
    """The rows from `next` to `end`, given out herewith."""
    rows, begin = active.stream.rows, active.next
    active.next = end
    first = active.stream.frames - active.count + 1
    part = slice(begin, end)
    return Merged(
        rows.time[part], rows.start[part], rows.end[part], rows.reported[part], rows.interface[part], rows.linktype[part],
        rows.fault[part], np.full(end - begin, active.stream.file, np.int16), np.arange(first + begin, first + end),
    )  # fmt: skip


def together(parts: list[tuple[Int64, Merged]]) -> Merged:
    """Rows of several files, sorted; `parts` are in the order of the files, so that a stable sort keeps it."""
    order = np.argsort(np.concatenate([key for key, _ in parts]), kind="stable")
    columns: dict[str, Column] = {
        name: np.concatenate([getattr(rows, name) for _, rows in parts])[order] for name in Merged.__slots__
    }
    return Merged(**columns)


def merge(
    waiting: list[tuple[int, int]],
    activate: Callable[[int], Stream | None],
    retire: Callable[[Stream], None],
    rows: int,
) -> Iterator[Merged]:
    """`waiting`: time of the first frame and index of each file; `activate` opens one, `retire` takes it back at its end.

    The bytes of the rows stay until the next ones are asked for.
    """
    heapq.heapify(waiting)
    active: list[Active] = []
    while waiting or active:
        for one in list(active):
            if one.next == one.count and not one.refill():
                active.remove(one)
                retire(one.stream)
        while waiting and (not active or waiting[0] < min(one.head for one in active)):
            _, file = heapq.heappop(waiting)
            stream = activate(file)
            if stream is None:
                continue
            one = Active(stream, np.empty(len(stream.rows), np.int64))
            if one.refill():
                active.append(one)
                active.sort(key=lambda a: a.stream.file)
            else:
                retire(stream)
        if not active:
            continue
        limit = min(one.last for one in active)
        if waiting:
            limit = min(limit, waiting[0])
        parts = []
        for one in active:
            begin, end = one.next, one.until(limit)
            if end > begin:
                parts.append((one.key[begin:end], rows_of(one, end)))
        merged = parts[0][1] if len(parts) == 1 else together(parts)
        for begin in range(0, len(merged), rows):
            yield merged.part(begin, begin + rows)
