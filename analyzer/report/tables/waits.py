"""The tables of waits: where the time of each connection went, and one line per phase."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TextIO

from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_rows import key
from analyzer.report.tables import MIN_HOST, LineTable, Paint, Resolve, Row, endpoint
from analyzer.report.text import columns, duration, numbers, share

MOST: Final = 3  #: reasons of a connection
WIDE: Final = 124  #: columns from which on the client is named, too
REASONS: Final = 46  #: columns of the reasons, at least
LOST: Final = (  #: time that TCP itself cost
    Reason.SYN_REPEAT, Reason.HEAD_OF_LINE, Reason.TAIL_LOSS, Reason.ZERO_WINDOW, Reason.WINDOW_FULL, Reason.NAGLE_DELAYED_ACK,
)  # fmt: skip
WORDS: Final = {  #: where the word in rows is no English
    Reason.SYN_REPEAT: "SYN repeated",
    Reason.HEAD_OF_LINE: "head of line",
    Reason.NAGLE_DELAYED_ACK: "Nagle, delayed ACK",
    Reason.CONGESTION_WINDOW: "congestion window",
}
WORD: Final = max(len(reason.word) for reason in Reason)


def trouble(row: Row) -> tuple[int, int, int]:
    """What orders the table: the time that TCP cost, that of the server, and the whole."""
    return sum(row[key(reason)] for reason in LOST), row[key(Reason.SERVER_THINKING)], row["duration_ns"]


def said(reason: Reason) -> str:
    """The reason for people."""
    return WORDS.get(reason, reason.word.replace("_", " "))


def reasons(rows: Iterable[Row], resolve: Resolve, width: int) -> str:
    """The connections with the most trouble first; the biggest reasons of each, in a second line where one is too short."""
    found = sorted(rows, key=trouble, reverse=True)
    lasted = [duration(row["duration_ns"]) for row in found]
    streams = max([len("stream"), *(len(str(row["stream"])) for row in found)])
    room = width - streams - max([len("duration"), *map(len, lasted)]) - 6 - REASONS
    sides = ("client", "server") if width >= WIDE else ("server",)
    hosts = [_hosts(row, sides, resolve, max(room // len(sides), MIN_HOST)) for row in found]
    cells = [["stream", *sides, "duration", "where it went"]]
    left = width - streams - max([0, *map(len, lasted), len("duration")]) - 6
    left -= sum(max([len(side), *(len(host[i]) for host in hosts)]) + 2 for i, side in enumerate(sides))
    for row, host, whole in zip(found, hosts, lasted, strict=True):
        lines = _wrapped(_biggest(row), left)
        cells.append([str(row["stream"]), *host, whole, lines[0]])
        cells += [["", *("" for _ in sides), "", line] for line in lines[1:]]
    return "".join(f"{line}\n" for line in columns(cells, ">" + "<" * len(sides) + "><")) if found else ""


def _hosts(row: Row, sides: Iterable[str], resolve: Resolve, room: int) -> list[str]:
    return [endpoint(row[side], row[f"{side}_port"], resolve, room) for side in sides]


def _biggest(row: Row) -> list[str]:
    """At most MOST reasons, the longest first, and how much is left."""
    times = sorted(((row[key(reason)], reason) for reason in Reason if row[key(reason)]), key=lambda item: -item[0])
    parts = [(said(reason), spent) for spent, reason in times[:MOST]]
    if len(times) > MOST:
        parts.append(("others", sum(spent for spent, _ in times[MOST:])))
    return [f"{what} {duration(spent)} ({share(spent, row['duration_ns'])})" for what, spent in parts]


def _wrapped(parts: list[str], room: int) -> list[str]:
    """The parts in lines of at most `room` columns, none of them broken."""
    lines = [""]
    for i, part in enumerate(parts):
        text = part + ("," if i + 1 < len(parts) else "")
        if lines[-1] and len(lines[-1]) + 1 + len(text) > room:
            lines.append(text)
        else:
            lines[-1] = f"{lines[-1]} {text}".lstrip()
    return lines


class PhaseTable(LineTable):
    """Phases: one line each."""

    def __init__(self, out: TextIO, width: int, paint: Paint, first_ns: int) -> None:
        self._first_ns = first_ns
        ahead = (("time", -12), ("stream", -6), ("lasted", -8), ("reason", max(WORD, *map(len, WORDS.values()))))
        super().__init__(out, (*ahead, ("waited for", 10), ("frames", 0)), paint)

    def phases(self, rows: Iterable[Row]) -> None:
        """Write phases."""
        self.write((self._cells(row), "problem" if Reason[row["reason"].upper()] in LOST else "") for row in rows)

    def _cells(self, row: Row) -> tuple[str | int, ...]:
        return (
            f"{(row['start_ns'] - self._first_ns) / 1e9:.6f}",
            row["stream"],
            duration(row["duration_ns"]),
            said(Reason[row["reason"].upper()]),
            row["who"] or "",
            numbers(row["evidence"]),
        )
