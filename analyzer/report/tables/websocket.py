"""The table of WebSocket frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TextIO

from analyzer.flow.findings.websocket import CODES
from analyzer.report.tables import Paint, Resolve, Row
from analyzer.report.tables.messages import Line, MessageTable, cell
from analyzer.report.text import count, duration, plural

COLUMNS: Final = (("frame", -7), ("time", -12), ("stream", -6), ("from", 6), ("opcode", 12), ("length", -9), ("details", 0))
MIN_DETAILS: Final = 40  #: columns that details always get
KINDS: Final = {"lost": "(bytes lost)", "no_close": "(no Close)"}
MEANINGS: Final = {
    "lost": "bytes are missing: looking for the next frame",
    "no_close": "the connection ended without a Close frame",
}


class WebsocketTable(MessageTable):
    """WebSocket frames: one line each."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint, first_ns_of: Callable[[], int]) -> None:
        super().__init__(out, COLUMNS, width, MIN_DETAILS, paint, first_ns_of)

    def _line(self, row: Row) -> Line:
        details = ", ".join(_details(row))
        shown = _content(row)
        if shown:
            details = f"{details}: {shown}" if details else shown
        cells = (
            row["last_frame"],
            self._time(row),
            row["stream"],
            row["direction"],
            KINDS.get(row["kind"]) or row["opcode_name"] or "(cut)",
            "" if row["length"] is None else count(row["length"]),
            cell(details, self._room),
        )
        return cells, _style(row)


def _details(row: Row) -> Iterator[str]:
    """What is special about the frame."""
    if row["kind"] != "frame":
        yield MEANINGS[row["kind"]]
        return
    yield from (error.replace("_", " ") for error in row.get("errors", ()))
    if not row["complete"]:
        yield "incomplete"
    if row.get("resynchronised"):
        yield "found again"
    if row.get("compressed"):
        yield "compressed"
    if row["fin"] is False:
        yield "more follows"
    if (row.get("message_frames") or 1) > 1:
        yield f"message of {plural(row['message_frames'], 'frame')} and {plural(row['message_length'], 'byte')}"
    if row.get("round_trip_ns") is not None:
        yield _round_trip(row)
    elif row["opcode_name"] == "pong" and row["complete"]:
        yield "no ping seen"
    if row["opcode_name"] == "close":
        code, reason = row["close_code"], row["close_reason"]
        yield " ".join(part for part in ("" if code is None else str(code), row["close_name"] or "") if part)
        if reason:
            yield f'"{reason}"'


def _round_trip(row: Row) -> str:
    took = duration(row["round_trip_ns"])
    about = "" if row["round_trip_certain"] else " or a later one"
    if row["opcode_name"] == "ping":
        return f"the pong in frame {row['pong_frame']}{about} came after {took}"
    return f"{took} after the ping in frame {row['ping_frame']}{about}"


def _content(row: Row) -> str:
    if "text" not in row and "data" not in row:
        return ""
    return f"{row['text'] if 'text' in row else row['data']}{' ...' if row['content_cut'] else ''}"


def _style(row: Row) -> str:
    if row.get("errors"):
        return "problem"
    failed = row.get("close_code") in CODES
    return "warning" if failed or row["kind"] != "frame" or not row["complete"] else ""
