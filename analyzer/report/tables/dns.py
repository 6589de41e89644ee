"""The table of DNS messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TextIO

from analyzer.report.machine import terminal_safe
from analyzer.report.text import duration, plural, shortened

from . import Paint, Resolve, Row
from .messages import Line, MessageTable

COLUMNS: Final = (("frame", -7), ("time", -12), ("stream", -6), ("says", 9), ("took", -8), ("type", 6))
SERVER: Final = 15  #: columns of the server, where there is room
WITH_SERVER: Final = 120  #: columns from which on it is shown
MIN_DETAILS: Final = 40  #: columns that the rest always gets
SHOWN_RECORDS: Final = 8
STYLES: Final = {"SERVFAIL": "problem", "REFUSED": "problem", "NXDOMAIN": "warning"}


class DnsTable(MessageTable):
    """DNS messages: one line each. The rest of a line is the name and, in a response, what it was answered with."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint, first_ns_of: Callable[[], int]) -> None:
        self._server = width >= WITH_SERVER
        columns = (*COLUMNS, ("server", SERVER)) if self._server else COLUMNS
        super().__init__(out, (*columns, ("name", 0)), width, MIN_DETAILS, paint, first_ns_of)
        self._resolve = resolve

    def _line(self, row: Row) -> Line:
        took = row.get("response_time_ns")
        server = (shortened(terminal_safe(self._resolve(row["server"])), SERVER),) if self._server else ()
        cells = (
            row["last_frame"],
            self._time(row),
            row["stream"],
            _says(row),
            "" if took is None else duration(took),
            row["questions"][0]["type_name"] if row["questions"] else "",
            *server,
            self._fitting(row),
        )
        return cells, _style(row)

    def _fitting(self, row: Row) -> str:
        """As many remarks, and then answers, as there is room for."""
        text = terminal_safe(_names(row))
        for part in _details(row):
            text += terminal_safe(part)
            if len(text) > self._room:
                break
        return text if len(text) <= self._room else text[: self._room - 3] + "..."


def _says(row: Row) -> str:
    if row["response"] is None:
        return "(cut)"
    if row["response"]:
        return str(row["rcode_name"])
    return str(row.get("opcode_name", "query")).lower()


def _names(row: Row) -> str:
    return ", ".join(question["name"] for question in row["questions"])


def _details(row: Row) -> Iterator[str]:
    if row["protocol"] != "dns":
        yield f" [{row['protocol']}]"
    if row["retransmission"]:
        yield f" [repeats frame {row['repeats_frame']}]"
    if "truncated" in row["flags"]:
        yield " [truncated]"
    if row["transport"] == "tcp":
        yield f" [TCP, after frame {row['truncated_frame']}]" if row.get("truncated_frame") else " [TCP]"
    if not row["complete"]:
        yield " [incomplete]"
    if row.get("malformed"):
        yield f" [malformed: {row['malformed']}]"
    yield from (f" [{error['name'] or error['code']}]" for error in row.get("edns", {}).get("extended_errors", ()))
    records = row["answers"]
    for place, record in enumerate(records[:SHOWN_RECORDS]):
        yield (", " if place else " = ") + _record(record)
    if len(records) > SHOWN_RECORDS:
        yield f" and {plural(len(records) - SHOWN_RECORDS, 'more record')}"


def _record(record: dict[str, Any]) -> str:
    data = record["data"]
    if isinstance(data, list):
        data = " ".join(f'"{text}"' for text in data)
    elif isinstance(data, dict):
        data = f"{data['priority']} {data['target']}" + (f" ({' '.join(data['alpn'])})" if "alpn" in data else "")
    kind = "" if record["type_name"] in ("A", "AAAA") else f"{record['type_name']} "
    return f"{kind}{'' if data is None else data}"


def _style(row: Row) -> str:
    if row.get("malformed"):
        return "warning"
    return STYLES.get(row.get("rcode_name", ""), "warning" if row["retransmission"] else "")
