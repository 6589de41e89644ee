"""The table of head-of-line stalls: one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TextIO

from analyzer.report.machine import terminal_safe
from analyzer.report.tables import LineTable, Paint, Row
from analyzer.report.text import count, duration, shortened, size
from analyzer.report.wording.verdicts import REPAIRS

WIDE: Final = 100  #: columns from which on it says what waited
WIDEST: Final = 124  #: and from which on what was missing
LONG_NS: Final = 100_000_000  #: a stall that a person may notice
NAMED: Final = 2  #: messages of a line
COLUMNS: Final = (("stream", -6), ("from", 6), ("time", -12), ("stalled", -8), ("held", -8))
MISSING: Final = (("holes", -5), ("missing", -8))
CAUSES: Final = {cause: repair.partition(" ")[2] for cause, repair in REPAIRS.items()} | {"not_captured": "not captured"}


class StallTable(LineTable):
    """Written while rows come."""

    def __init__(self, out: TextIO, width: int, paint: Paint, first_ns: Callable[[], int]) -> None:
        self._first_ns = first_ns
        self._wide, self._missing = width >= WIDE, width >= WIDEST
        columns = (*COLUMNS, *(MISSING if self._missing else ()), ("ended", 20), ("frame", -7))
        self._room = width - sum(abs(cells) + 2 for _, cells in columns)
        super().__init__(out, (*columns, ("what waited", 0)) if self._wide else columns, paint)

    def stalls(self, rows: Iterable[Row]) -> None:
        """Write stalls."""
        self.write((self._cells(row), _style(row)) for row in rows)

    def _cells(self, row: Row) -> tuple[str | int, ...]:
        cells: list[str | int] = [
            row["stream"],
            row["direction"],
            f"{(row['start_ns'] - self._first_ns()) / 1e9:.6f}",
            "" if row["duration_ns"] is None else duration(row["duration_ns"]),
            size(row["bytes_held"]),
        ]
        if self._missing:
            missing = sum(hole["missing_to"] - hole["missing_from"] for hole in row["holes"])
            cells += [row["hole_count"], size(missing)]
        cells += [_end(row), "" if row["filled_frame"] is None else row["filled_frame"]]
        if self._wide:
            cells.append(waited(row, self._room))
        return tuple(cells)


def _style(row: Row) -> str:
    lasted = row["duration_ns"]
    return "problem" if lasted is None or lasted >= LONG_NS else "" if row["cause"] == "reordering" else "warning"


def _end(row: Row) -> str:
    """What ended it."""
    if row["duration_ns"] is None:
        return "never"
    cause: str = row["cause"]
    return CAUSES.get(cause, cause)


def waited(row: Row, room: int) -> str:
    """http 200 (12.0 ms), http 304 (12.0 ms begun) and 3 more; as many of them as there is room for."""
    victims = row["victims"]
    if not victims:
        return ""
    for named in range(min(NAMED, len(victims)), 0, -1):
        more = row["victim_count"] - named
        said = ", ".join(map(_victim, victims[:named])) + (f" and {count(more)} more" if more else "")
        if len(said) <= room:
            return terminal_safe(said)
    if len(victims) == 1:
        return shortened(terminal_safe(said), room)
    several = f"{count(row['victim_count'])} messages"
    longest = f"{several}, {duration(max(victim['delayed_ns'] for victim in victims))} at most"
    return longest if len(longest) <= room else several


def _victim(victim: dict[str, Any]) -> str:
    begun = " begun" if victim["state"] == "begun" else ""
    return f"{victim['protocol']} {victim['label']} ({duration(victim['delayed_ns'])}{begun})"
