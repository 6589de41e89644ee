"""What went wrong in WebSocket connections (RFC 6455), found in their rows.

- *close*: a side closed with a code that says that something failed (section 7.4.1); the answer repeats it and does not count.
- *no close*: the connection ended without a Close frame of either side; programs see that as code 1006.
- *errors*: frames that the RFC forbids.
- *unanswered ping*: no pong came, although the conversation went on in the capture for UNANSWERED_NS and longer, nothing of it
  is missing, and frames of the side that should have answered were captured. A pong answers all pings before its own (5.5.3).
- *slow pong*: it took SLOW_NS and longer; a network takes less, so the program was busy.
- *lost*: missing bytes hid frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from analyzer.finding import Finding, Severity
from analyzer.flow.application.rows import Row

from .evidence import Evidence

SLOW_NS: Final = 1_000_000_000
UNANSWERED_NS: Final = 10_000_000_000
MAX_STREAMS: Final = 10_000  #: of which pings are watched
MAX_PINGS: Final = 64  #: waiting in each, for each side
MAX_CODES: Final = 64  #: close codes, and errors, that are told apart
CODES: Final = {  #: close codes that mean a failure
    1002: Severity.PROBLEM, 1003: Severity.WARNING, 1007: Severity.PROBLEM, 1008: Severity.WARNING, 1009: Severity.PROBLEM,
    1010: Severity.WARNING, 1011: Severity.PROBLEM, 1012: Severity.NOTE, 1013: Severity.WARNING, 1014: Severity.PROBLEM,
    3000: Severity.WARNING, 3003: Severity.WARNING, 3008: Severity.WARNING,
}  # fmt: skip
SIDES: Final = ("client", "server")


@dataclass(slots=True)
class Watched:
    """The pings of one stream."""

    waiting: dict[str, dict[int, int]] = field(default_factory=lambda: {side: {} for side in SIDES})  #: sender -> frame -> time
    seen: set[str] = field(default_factory=set)  #: sides of which frames were captured
    latest: int = 0
    lost: bool = False


class WebsocketFindings:
    """Call `update` with each row of `websocket`."""

    def __init__(self) -> None:
        self._closes: dict[tuple[int, str], Evidence] = {}
        self._errors: dict[str, Evidence] = {}
        self._no_close, self._slow, self._lost = Evidence(), Evidence(), Evidence()
        self._slowest = self._waited_ns = 0
        self._pongs = 0
        self._streams: dict[int, Watched] = {}
        self._forgotten = 0  #: rows of streams, and close codes, that had no room

    def update(self, row: Row) -> None:
        """Look at a row."""
        if row["kind"] == "no_close":
            self._no_close.one(row["last_frame"], row["stream"])
        elif row["kind"] == "lost":
            self._lost.one(row["last_frame"], row["stream"])
        code = row.get("close_code")
        if code in CODES and row.get("close_first"):
            self._count(self._closes, (code, row["close_name"]), row)
        for error in row.get("errors", ()):
            self._count(self._errors, error, row)
        self._watch(row)

    def _count(self, known: dict[Any, Evidence], key: Any, row: Row) -> None:
        if key in known or len(known) < MAX_CODES:
            known.setdefault(key, Evidence()).one(row["last_frame"], row["stream"])
        else:
            self._forgotten += 1

    def _watch(self, row: Row) -> None:
        watched = self._streams.get(row["stream"])
        if watched is None:
            if len(self._streams) >= MAX_STREAMS:
                self._forgotten += 1
                return
            watched = self._streams[row["stream"]] = Watched()
        sender = row["direction"]
        watched.seen.add(sender)
        watched.latest = max(watched.latest, row["time_ns"])
        if row["kind"] != "frame" or not row["complete"]:
            watched.lost = watched.lost or row["kind"] == "lost" or not row["complete"]
            return
        if row["opcode_name"] == "ping" and row.get("pong_frame") is None:
            waiting = watched.waiting[sender]
            if len(waiting) < MAX_PINGS:
                waiting[row["last_frame"]] = row["time_ns"]
        elif row["opcode_name"] == "pong":
            self._pong(row, watched.waiting[SIDES[sender == "client"]])
        elif row["opcode_name"] == "close":  # who sent it need not answer any more
            watched.waiting[SIDES[sender == "client"]].clear()

    def _pong(self, row: Row, waiting: dict[int, int]) -> None:
        self._pongs += 1
        ping, took = row.get("ping_frame"), row.get("round_trip_ns")
        if ping is None or took is None:
            return
        for earlier in [frame for frame in waiting if frame <= ping]:
            del waiting[earlier]
        if took >= SLOW_NS and row.get("round_trip_certain"):
            self._slowest = max(self._slowest, took)
            self._waited_ns += took
            self._slow.one(row["last_frame"], row["stream"])

    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        return {"WebSocket stream or close code": self._forgotten}

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        for (code, name), evidence in self._closes.items():
            yield evidence.finding("websocket_close", CODES[code], "tcp", {"code": code, "name": name})
        for error, evidence in self._errors.items():
            yield evidence.finding("websocket_error", Severity.PROBLEM, "tcp", {"error": error})
        if self._no_close:
            yield self._no_close.finding("websocket_no_close", Severity.WARNING, "tcp")
        if self._slow:
            values = {"longest_ns": self._slowest, "of": self._pongs}
            yield self._slow.finding("websocket_slow_pong", Severity.WARNING, "tcp", values, self._waited_ns)
        if self._lost:
            yield self._lost.finding("websocket_lost", Severity.NOTE, "tcp")
        yield from self._unanswered()

    def _unanswered(self) -> Iterator[Finding]:
        found: list[tuple[int, int]] = []
        for stream, watched in self._streams.items():
            for sender, other in (SIDES, SIDES[::-1]):
                if not watched.lost and other in watched.seen:
                    pings = watched.waiting[sender].items()
                    found += [(frame, stream) for frame, sent in pings if watched.latest - sent >= UNANSWERED_NS]
        if found:
            evidence = Evidence()
            for frame, stream in sorted(found):
                evidence.one(frame, stream)
            yield evidence.finding("websocket_unanswered_ping", Severity.PROBLEM, "tcp", {"least_ns": UNANSWERED_NS})
