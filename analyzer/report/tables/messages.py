"""What the tables of an application's messages have in common: a line each, whose last cell gets the room that is left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

from analyzer.report.machine import terminal_safe

from . import LineTable, Paint, Row

Line = tuple[tuple[str | int, ...], str]  #: cells and style


class MessageTable(LineTable, ABC):
    """Messages in the order in which they were complete; the last cell has `least` columns however narrow the terminal is."""

    def __init__(
        self,
        out: TextIO,
        columns: Sequence[tuple[str, int]],
        width: int,
        least: int,
        paint: Paint,
        first_ns_of: Callable[[], int],
    ) -> None:
        super().__init__(out, columns, paint)
        self._first_ns_of = first_ns_of
        self._room = max(width - sum(abs(taken) for _, taken in columns) - 2 * (len(columns) - 1), least)

    def messages(self, rows: Iterable[Row]) -> None:
        """Write messages."""
        self.write(self._line(row) for row in rows)

    @abstractmethod
    def _line(self, row: Row) -> Line:
        """The cells of a row."""

    def _time(self, row: Row) -> str:
        """Seconds since the first frame."""
        return f"{(row['time_ns'] - self._first_ns_of()) / 1e9:.6f}"


def cell(text: str, width: int) -> str:
    """Text from a packet as it may be shown, in so many columns."""
    text = terminal_safe(text)
    return text if len(text) <= width else f"{text[: width - 3]}..."
