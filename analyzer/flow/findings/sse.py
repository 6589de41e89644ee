"""What went wrong in streams of server-sent events (WHATWG HTML section 9.2), found in their rows.

- *reconnect*: a client had to ask again for a stream (see flow/application/sse.py); how often, and after how long.
- *dropped event*: the server ended a stream in the middle of an event, which no client may use then.
- *unread*: the stream is compressed in a way that is not read here.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.finding import Finding, Severity
from analyzer.flow.application.rows import Row

from .evidence import Evidence


class SseFindings:
    """Call `update` with each row of `sse`."""

    def __init__(self) -> None:
        self._reconnects, self._dropped, self._unread = Evidence(), Evidence(), Evidence()
        self._with_id = 0
        self._waits: list[int] = []  #: shortest and longest
        self._waited_ns = 0

    def update(self, row: Row) -> None:
        """Look at a row."""
        if row.get("reconnect"):
            self._reconnects.one(row["last_frame"], row["stream"])
            self._with_id += row["last_event_id"] is not None
            if row["after_ns"] is not None:
                known = [*self._waits, row["after_ns"]]
                self._waited_ns += row["after_ns"]
                self._waits = [min(known), max(known)]
        elif row["kind"] == "event" and row.get("ended"):
            self._dropped.one(row["last_frame"], row["stream"])
        elif row.get("unread"):
            self._unread.one(row["last_frame"], row["stream"])

    def forgotten(self) -> dict[str, int]:
        """What had no room: nothing is remembered of single streams."""
        return {}

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        if self._reconnects:
            values: dict[str, int | str] = {"with_id": self._with_id}
            if self._waits:
                values |= {"shortest_ns": self._waits[0], "longest_ns": self._waits[1]}
            cost = self._waited_ns if self._waits else None
            yield self._reconnects.finding("sse_reconnect", Severity.WARNING, "tcp", values, cost)
        if self._dropped:
            yield self._dropped.finding("sse_dropped_event", Severity.WARNING, "tcp")
        if self._unread:
            yield self._unread.finding("sse_unread", Severity.NOTE, "tcp")
