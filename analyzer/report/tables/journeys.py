"""The table of journeys: what was asked and how long it took in one line, the phases with who cost the time in the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TextIO

from analyzer.report.machine import terminal_safe
from analyzer.report.tables import LineTable, Paint, Resolve, Row, endpoint
from analyzer.report.text import duration, shortened, wrapped
from analyzer.report.wording.journeys import PHASES, WHO

COLUMNS: Final = (("time", -12), ("stream", -6), ("took", -8))
AHEAD: Final = sum(abs(cells) + 2 for _, cells in COLUMNS)
INDENT: Final = " " * 14  #: below the stream
LEAST_ROOM: Final = 24  #: columns of what was asked, however narrow the terminal is
SMALL: Final = 100  #: one part of so many of a journey is not worth a word
KEPT: Final = "\0"  #: stands for a blank at which no line is broken
#: who is waited for in a phase, as one would expect: need not be said
EXPECTED: Final = {
    "lookup": ("name_server",), "race": ("network",), "connect": ("network",), "proxy": ("network",),
    "starttls": ("network", "server"), "tls": ("network",), "client": ("client",), "request": ("network", "client"),
    "wait": ("server",), "receive": ("network",),
}  # fmt: skip
OUTCOMES: Final = {
    "complete": "", "incomplete": "not complete", "tls_alert": "TLS alert", "tls_incomplete": "TLS not complete",
    "lookup_failed": "no address", "mid_capture": "begin not captured", "race_lost": "not needed", "timeout": "no answer",
}  # fmt: skip
QUIET: Final = frozenset(("complete", "race_lost", "mid_capture"))


class JourneyTable:
    """Two or more lines each."""

    def __init__(
        self, out: TextIO, width: int, paint: Paint, first_ns: Callable[[], int], resolve: Resolve = lambda address: address
    ) -> None:
        self._out, self._paint, self._first_ns, self._resolve = out, paint, first_ns, resolve
        self._width = max(width, AHEAD + LEAST_ROOM)
        self._room = self._width - AHEAD
        self._lines = LineTable(out, (*COLUMNS, ("what, and where the time went", 0)), paint)

    def journeys(self, rows: Iterable[Row]) -> None:
        """Write journeys."""
        for row in rows:
            self._lines.write([(self._cells(row), _style(row))])
            for line in wrapped(", ".join(spent(row)), self._width, INDENT, INDENT):
                self._out.write(self._paint(line.replace(KEPT, " "), "quiet") + "\n")

    def _cells(self, row: Row) -> tuple[str | int, ...]:
        stream = "" if row["stream"] is None else row["stream"]
        begun = f"{(row['start_ns'] - self._first_ns()) / 1e9:.6f}"
        return begun, stream, duration(row["duration_ns"]), what(row, self._resolve, self._room)


def what(row: Row, resolve: Resolve, room: int) -> str:
    """GET shop.example/cart  200; what it is about is shortened, what came of it is not."""
    came = _came(row)
    room = max(room - len(came) - 2, LEAST_ROOM // 2)
    return f"{shortened(terminal_safe(_about(row, resolve)), room)}  {came}".rstrip()


def _about(row: Row, resolve: Resolve) -> str:
    if row["kind"] == "lookup":
        return f"lookup {row['dns_name']}"
    server = endpoint(row["server"], row["server_port"], resolve)
    if row["kind"] == "connection":
        about = f"{_spoken(row)} {row['host']}:{row['server_port']}" if row["host"] else f"{_spoken(row)} {server}"
        return f"{about} through a proxy" if row["proxy_ns"] is not None else about
    target = row["target"] or ""
    whole = "://" in target or row["method"] == "CONNECT"
    return f"{row['method']} {target if whole else (row['host'] or server) + target}"


def _spoken(row: Row) -> str:
    """TLS, smtp and TLS, ssh, TCP."""
    spoken: str = row["application"] or "TCP"
    if not row["encrypted"]:
        return spoken
    return f"{spoken} and TLS" if row["starttls_ns"] is not None else "TLS"


def spent(row: Row) -> list[str]:
    """The phases with their times, those left out that are of no account; who was waited for, where that is worth saying."""
    phases = row["phases"]
    longest = max((phase["duration_ns"] for phase in phases), default=0)
    told = [phase for phase in phases if phase["duration_ns"] > 0 and phase["duration_ns"] * SMALL >= row["duration_ns"]]
    names = 1 + len(row["dns_tried"])
    return [_phase(phase, phase["duration_ns"] == longest, names).replace(" ", KEPT) for phase in told]


def _phase(phase: Row, longest: bool, names: int) -> str:
    """`names`: how many were looked up, one after the other."""
    word = f"lookup of {names} names" if phase["phase"] == "lookup" and names > 1 else PHASES[phase["phase"]].short
    said = f"{word} {duration(phase['duration_ns'])}"
    waited: dict[str, int] = phase["waited"]
    parts = sorted(waited.items(), key=lambda item: -item[1])
    if len(parts) > 1 and 2 * parts[1][1] >= parts[0][1]:
        return f"{said} ({', '.join(f'{_who(who)} {duration(time)}' for who, time in parts[:2])})"
    who = phase["who"]
    if who is None or who == phase["phase"] or (who in EXPECTED[phase["phase"]] and not longest):
        return said
    return f"{said} ({_who(who)})"


def _who(who: str) -> str:
    return WHO[who].short


def _came(row: Row) -> str:
    """200; 200, not complete; NXDOMAIN; refused."""
    words = [str(row["status"])] if row["status"] is not None else []
    outcome = row["outcome"]
    said = row["dns_error"] if outcome == "lookup_failed" else OUTCOMES.get(outcome, outcome)
    if outcome == "incomplete" and row["first_byte_likely_frame"] is None:
        said = "no answer"
    if said:
        words.append(said)
    if row["race"] == "lost" and outcome != "race_lost":
        words.append("another address was used")
    return terminal_safe(", ".join(words))


def _style(row: Row) -> str:
    if row["race"] == "lost":
        return "quiet"
    return "" if row["outcome"] in QUIET else "problem"
