"""The table of HTTP messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TextIO

from analyzer.report.machine import terminal_safe
from analyzer.report.text import duration, size

from . import Paint, Resolve, Row
from .messages import Line, MessageTable

COLUMNS: Final = (
    ("frame", -7), ("time", -12), ("stream", -6), ("message", 10), ("bytes", -8), ("waited", -8), ("took", -8), ("what", 0),
)  # fmt: skip
FORBIDDEN: Final = ("no-store", "no-cache")  #: what a server says if caches are not to answer for it
MIN_WHAT: Final = 40  #: columns of the last cell, however narrow the screen
MIN_URL: Final = 24  #: columns that a URL keeps beside the remarks


class HttpTable(MessageTable):
    """HTTP messages: one line each. waited: until the first byte of a response; took: until its last."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint, first_ns_of: Callable[[], int]) -> None:
        super().__init__(out, COLUMNS, width, MIN_WHAT, paint, first_ns_of)

    def _line(self, row: Row) -> Line:
        request = row["message"] == "request"
        name = row["method"] if request else f"  {row['status']}"
        remarks = ", ".join(_remarks(row))
        url = terminal_safe(_url(row) if request else row["reason"])
        if not request and row["uri"] is not None:
            url = f"{url} ({terminal_safe(_url(row))})" if url else terminal_safe(_url(row))
        room = max(self._room - len(remarks) - 2, MIN_URL) if remarks else self._room
        url = url if len(url) <= room else f"{url[: room - 3]}..."
        cells = (
            row["last_frame"],
            self._time(row),
            row["stream"],
            terminal_safe(name),
            size(row["body_bytes"]) if row["body_bytes"] else "",
            _lasted(row.get("time_to_first_byte_ns")),
            _lasted(row.get("response_time_ns")),
            f"{url}  {remarks}" if remarks else url,
        )
        return cells, _style(row)


def _url(row: Row) -> str:
    """Host and target, as far as they are known."""
    target = row["uri"]
    return f"{row['host']}{target}" if row["host"] and target.startswith("/") else str(target)


def _lasted(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else duration(nanoseconds)


def _remarks(row: Row) -> Iterator[str]:
    """What is special about the message."""
    if not row["complete"]:
        yield f"{size(row['missing_bytes'])} missing" if row["missing_bytes"] else "incomplete"
    yield from (flaw.replace("_", " ") for flaw in row["flaws"])
    if "attempt" in row:
        answer = row["previous_status"]
        yield f"again after {duration(row['since_previous_ns'])} (frame {row['repeat_of']}: {answer or 'no answer'})"
    if row.get("conditional"):
        yield "if changed"
    if row.get("saved_bytes"):
        yield f"saves {size(row['saved_bytes'])}"
    if row.get("freshness_ns"):
        yield f"{row['cacheable']} cache {duration(row['freshness_ns'])}"
    elif row.get("freshness_from") in FORBIDDEN:
        yield str(row["freshness_from"])
    if row.get("compression") == "missed":
        yield "not compressed"
    if row.get("vary_missing"):
        yield "Vary lacks Accept-Encoding"


def _style(row: Row) -> str:
    status = row.get("status") or 0
    if status >= 500:
        return "problem"
    return "warning" if status >= 400 or not row["complete"] or "attempt" in row else ""
