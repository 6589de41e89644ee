"""The questions of a capture's name lookups, each with its first answer, and the table of them.

A question is a query as `analyzer dns` shows it; a repeated one belongs to the first. One whose query was not captured is known
from its response.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from analyzer.report.text import count, duration, times

from .kept import Row
from .table import Column, Table

MOST: Final = 200  #: questions that are kept
ADDRESSES: Final = 4  #: of an answer, in the table
COLUMNS: Final = (
    Column("At", number=True),
    Column("Name", packet=True),
    Column("Type", extra=True),
    Column("Server", packet=True),
    Column("Outcome"),
    Column("Took", number=True),
    Column("Asked", number=True, extra=True),
    Column("Answer", packet=True),
    Column("Frame", number=True),
)


class Questions:
    """Hand it the rows of DNS messages in their order."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.total = 0
        self._waiting: dict[int, Row] = {}  #: by the frame of the query

    def add(self, row: Row) -> None:
        """The next message."""
        if not row["questions"] or row["response"] is None or row["protocol"] != "dns":
            return
        if row["response"]:
            self._answer(row)
        elif row["retransmission"]:
            asked = self._waiting.get(row.get("repeats_frame") or 0)
            if asked is not None:
                asked["queries"] += 1
        else:
            self._ask(row, row["last_frame"])

    def _ask(self, row: Row, frame: int | None) -> Row | None:
        self.total += 1
        if len(self.rows) == MOST:
            return None
        question = row["questions"][0]
        asked: Row = {
            "name": question["name"], "type": question["type"], "type_name": question["type_name"], "client": row["client"],
            "server": row["server"], "transport": row["transport"], "time_ns": row["time_ns"], "query_frame": frame,
            "response_frame": None, "queries": 1, "rcode": None, "rcode_name": None, "response_time_ns": None,
            "cname_chain": [], "addresses": [],
        }  # fmt: skip
        self.rows.append(asked)
        if frame is not None:
            self._waiting[frame] = asked
        return asked

    def _answer(self, row: Row) -> None:
        if row["retransmission"]:
            return
        query = row.get("query_frame")
        asked = self._ask(row, None) if query is None else self._waiting.get(query)
        if asked is None or asked["response_frame"] is not None:
            return
        asked["response_frame"] = row["last_frame"]
        for key in ("rcode", "rcode_name", "response_time_ns"):
            asked[key] = row.get(key)
        for key in ("cname_chain", "addresses"):
            asked[key] = row.get(key, [])


def questions_table(questions: Questions, at: Callable[[int], str], resolve: Callable[[str], str]) -> Table:
    """One line for each question."""
    return Table("dns", "Name lookups", COLUMNS, [_cells(row, at, resolve) for row in questions.rows], questions.total, "dns")


def _cells(row: dict[str, Any], at: Callable[[int], str], resolve: Callable[[str], str]) -> list[str]:
    addresses = row["addresses"]
    more = f" and {len(addresses) - ADDRESSES} more" if len(addresses) > ADDRESSES else ""
    answer = " -> ".join([*row["cname_chain"], ", ".join(addresses[:ADDRESSES]) + more])
    took = row["response_time_ns"]
    frame = row["query_frame"] or row["response_frame"]
    outcome = "no answer" if row["response_frame"] is None else row["rcode_name"]
    again = "" if row["queries"] == 1 else times(row["queries"])
    return [
        at(row["time_ns"]), row["name"], row["type_name"], resolve(row["server"]), outcome or "",
        "" if took is None else duration(took), again, answer.removesuffix(" -> "), count(frame) if frame else "",
    ]  # fmt: skip
