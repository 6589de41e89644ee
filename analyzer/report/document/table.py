"""A table of a report: words in rows, before anybody escapes them for a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analyzer.report.text import count


@dataclass(frozen=True, slots=True)
class Column:
    """A column; numbers are on the right."""

    title: str
    number: bool = False
    #: packets wrote it: it is set apart from our own words, and may break anywhere
    packet: bool = False
    #: the first to be left out where there is little room
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `total` says how many there were before the table was cut."""

    name: str  #: in links: letters and hyphens
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    total: int
    command: str = ""  #: lists all of them

    def first(self, most: int) -> Table:
        """Its first rows alone."""
        return replace(self, rows=self.rows[:most])

    @property
    def cut(self) -> str:
        """That it does not show all; empty: it does."""
        if self.total <= len(self.rows):
            return ""
        others = f"; analyzer {self.command} FILE lists all" if self.command else ""
        return f"{count(len(self.rows))} of {count(self.total)}{others}"
