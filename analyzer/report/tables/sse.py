"""The table of server-sent events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TextIO

from analyzer.report.tables import Paint, Resolve, Row
from analyzer.report.tables.messages import Line, MessageTable, cell
from analyzer.report.text import count, duration, plural

COLUMNS: Final = (
    ("frame", -7), ("time", -12), ("stream", -6), ("event", 16), ("id", 12), ("length", -9), ("gap", -7), ("details", 0),
)  # fmt: skip
MIN_DETAILS: Final = 30  #: columns that details always get


class SseTable(MessageTable):
    """Events, and where their streams begin and end: one line each."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint, first_ns_of: Callable[[], int]) -> None:
        super().__init__(out, COLUMNS, width, MIN_DETAILS, paint, first_ns_of)

    def _line(self, row: Row) -> Line:
        event = row["kind"] == "event"
        details = ", ".join(_details(row))
        if row.get("data") is not None:
            details = f"{details}: {row['data']}" if details else row["data"]
        gap = row.get("gap_ns")
        cells = (
            row["last_frame"],
            self._time(row),
            row["stream"],
            cell(row["event"] or "", 16) if event else f"({row['kind']})",
            cell(row.get("id") or "", 12),
            count(row["data_length"]) if event else "",
            "" if gap is None else duration(gap),
            cell(details, self._room),
        )
        dropped = event and row.get("ended")
        return cells, "warning" if dropped or row.get("reconnect") or row.get("unread") else ""


def _details(row: Row) -> Iterator[str]:
    """What is special about the row."""
    if row["kind"] == "open":
        yield (row["host"] or "") + row["uri"]
        if row["reconnect"]:
            yield "reconnect" if row["after_ns"] is None else f"reconnect {duration(row['after_ns'])} after the last bytes"
        if row["last_event_id"] is not None:
            yield f"from id {row['last_event_id']} on"
    elif row["kind"] == "end":
        yield plural(row["events"], "event")
        yield "ended by the server" if row["ended"] else "cut off"
    elif row["kind"] == "event" and not row["complete"]:
        yield "incomplete: dropped" if row["ended"] else "incomplete"
    if row.get("retry_ms") is not None:
        yield f"retry after {duration(row['retry_ms'] * 1_000_000)}"
    if row.get("comments"):
        yield plural(row["comments"], "comment") + " before"
    if row.get("missing_before"):
        yield f"{plural(row['missing_before'], 'byte')} missing before"
    if row.get("unread"):
        yield "compressed, not read"
