"""Rows that are kept until the report is written: a bounded number of them, and how many there were."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

Row = dict[str, Any]


class First:
    """The first rows."""

    def __init__(self, most: int) -> None:
        self.rows: list[Row] = []
        self.total = 0
        self._most = most

    def add(self, row: Row) -> bool:
        """Whether there was room for it."""
        self.total += 1
        if len(self.rows) == self._most:
            return False
        self.rows.append(row)
        return True

    def extend(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.add(row)


class Weightiest:
    """The rows with most weight, in the order in which they came; of equal ones the earlier."""

    def __init__(self, most: int, weight: Callable[[Row], Any]) -> None:
        self.total = 0
        self._most = most
        self._weight = weight
        self._number = count()
        self._heap: list[tuple[Any, int, Row]] = []

    def add(self, row: Row) -> None:
        self.total += 1
        one = (self._weight(row), -next(self._number), row)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, one)
        elif one > self._heap[0]:
            heapq.heapreplace(self._heap, one)

    def extend(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.add(row)

    def __iter__(self) -> Iterator[Row]:
        return (row for _, _, row in sorted(self._heap, key=lambda one: -one[1]))

    @property
    def rows(self) -> list[Row]:
        return list(self)
