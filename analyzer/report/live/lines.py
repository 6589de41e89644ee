"""One line of text for each event: time (UTC), what it is, whom it is about, what happened. For pipes and logs.

The time is that of the first frame of what a row tells, else when the event came. A row that has changed is marked.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from analyzer.flow.columns import Row
from analyzer.live.event import Event
from analyzer.live.snapshot import Counters
from analyzer.report.machine import terminal_safe
from analyzer.report.packet_info import VERDICTS as WIRESHARK
from analyzer.report.tables import Paint, Resolve, application, endpoint
from analyzer.report.tables.handshakes import COLUMNS, came_of
from analyzer.report.tables.journeys import KEPT, spent, what
from analyzer.report.tables.stalls import waited
from analyzer.report.text import SECOND, duration, moment, plural, rate, size
from analyzer.report.wording.live import KINDS, UTC, WITHDRAWN, WITHDRAWN_OF_THEN, dropped, happened
from analyzer.report.wording.verdicts import REPAIRS

from .opened import VERDICTS, counted

STATISTICS_NS: Final = 10 * SECOND  #: between two lines of statistics, unless something was dropped
KIND: Final = 9  #: columns of what an event is
ENDS: Final = 40  #: columns of client and server; longer ones push the rest
ROOM: Final = 60  #: columns of what a journey asked for, and of what waited in a stall
FINE: Final = "established"  #: an outcome that is not worth a word
CHANGED: Final = "(changed)"
CLOCK: Final = slice(11, None)  #: of a moment, without its date
MOST_STREAMS: Final = 8_192  #: whose ends are remembered, since rows of stalls do not have them
#: what a log has for a person to read: not each request, each conversation and each second's verdicts
DEFAULT_KINDS: Final = ("capture", "interface", "writing", "statistics", "handshake", "stall", "finding")
STYLES: Final = {"capture": "title", "interface": "warning", "writing": "quiet", "statistics": "quiet", "stall": "warning"}
TIMES: Final = {"dns": "lookup", "connect": "connect", "TLS": "TLS", "1st byte": "first byte"}  #: title in a table -> words


def _nothing(text: str, style: str) -> str:
    """No colours."""
    return text


class Lines:
    """Hand it events; gives their lines."""

    def __init__(self, resolve: Resolve, paint: Paint = _nothing, clock: Callable[[], int] = time.time_ns) -> None:
        self._resolve, self._paint, self._clock = resolve, paint, clock
        self._said_ns = 0  #: when statistics were last said
        self._lost = 0  #: packets that were dropped by then
        self._ends: OrderedDict[int, str] = OrderedDict()  #: TCP stream -> client > server
        self._sayings: dict[str, Callable[[Row], str]] = {
            "capture": _capture, "interface": happened, "writing": happened, "statistics": _statistics,
            "handshake": self._handshake, "journey": self._journey, "stall": self._stall, "flow": self._flow,
            "trouble": self._trouble, "finding": lambda row: row["text"],
        }  # fmt: skip

    def lines(self, events: Iterable[Event]) -> Iterator[str]:
        """At most one for each."""
        for event in events:
            if event.kind == "handshake" and not event.withdrawn:
                self._remember(event.row)
            when = event.row.get("start_ns") or event.row.get("time_ns") or self._clock()
            if event.kind in self._sayings and (event.kind != "statistics" or self._due(event.row, when)):
                yield self._line(event, when)

    def _line(self, event: Event, when: int) -> str:
        row, word = event.row, KINDS.get(event.kind, event.kind)
        style = STYLES.get(event.kind, "")
        if event.withdrawn:
            said, style = f"{self._stream(row)}  {WITHDRAWN_OF_THEN if 'start_ns' in row else WITHDRAWN}", "quiet"
        else:
            said = self._sayings[event.kind](row)
            if event.kind == "finding":
                word = style = row["severity"]
            elif event.revision > 1:
                said += f"  {CHANGED}"
            if event.kind == "handshake" and row["outcome"] not in (FINE, None):
                style = "problem"
        return f"{moment(when)[CLOCK]}  {self._paint(f'{word:<{KIND}}', style)}  {terminal_safe(said)}"

    def _due(self, row: Row, now: int) -> bool:
        lost = sum(row[key] for key in ("dropped_kernel", "dropped_interface", "dropped_here"))
        if lost == self._lost and now - self._said_ns < STATISTICS_NS:
            return False
        self._said_ns, self._lost = now, lost
        return True

    def _remember(self, row: Row) -> None:
        self._ends[row["stream"]] = self._of(row, row["sni"])
        self._ends.move_to_end(row["stream"])
        if len(self._ends) > MOST_STREAMS:
            self._ends.popitem(last=False)

    def _of(self, row: Row, name: str | None = None) -> str:
        """client > server"""
        client = endpoint(row["client"], row["client_port"], self._resolve)
        server = endpoint(row["server"], row["server_port"], lambda address: name or self._resolve(address))
        return f"{client} > {server}"

    def _stream(self, row: Row) -> str:
        stream = row.get("stream")
        if stream is None:
            return str(row.get("client") or row.get("kind") or "")
        protocol = row.get("protocol") or "tcp"
        return (self._ends.get(stream) if protocol == "tcp" else None) or f"{protocol} {stream}"

    def _handshake(self, row: Row) -> str:
        cells = {column.title: column.cell(row) for column in COLUMNS}
        times = ", ".join(f"{name} {cells[title]}" for title, name in TIMES.items() if cells[title])
        outcome = ", ".join(word for word in came_of(row) if word != FINE)
        spoken = " ".join(word for word in (cells["version"], cells["ALPN"]) if word)
        return "  ".join(part for part in (f"{self._stream(row):<{ENDS}}", times, spoken, outcome) if part).rstrip()

    def _journey(self, row: Row) -> str:
        phases = ", ".join(spent(row)).replace(KEPT, " ")
        return "  ".join(part for part in (what(row, self._resolve, ROOM), duration(row["duration_ns"]), phases) if part)

    def _stall(self, row: Row) -> str:
        lasted = (
            "never filled"
            if row["duration_ns"] is None
            else f"{duration(row['duration_ns'])}, {REPAIRS.get(row['cause'], row['cause'])}"
        )
        said = f"from {row['direction']}: {size(row['bytes_held'])} waited {lasted}"
        return "  ".join(part for part in (f"{self._stream(row):<{ENDS}}", said, waited(row, ROOM)) if part)

    def _flow(self, row: Row) -> str:
        packets = plural(row["packets_client"] + row["packets_server"], "packet")
        octets = size(row["bytes_client"] + row["bytes_server"])
        state = (row.get("state") or "").replace("_", " ")
        facts = ", ".join(
            part for part in (packets, octets, duration(row["duration_ns"]), state, *counted(row, VERDICTS)) if part
        )
        return "  ".join(part for part in (f"{self._of(row, row['sni']):<{ENDS}}", facts, application(row)) if part)

    def _trouble(self, row: Row) -> str:
        times = row["verdicts"]
        said = ", ".join(f"{words} x {times[name]:,}" for name, words in WIRESHARK.items() if times.get(name))
        return f"{self._of(row, row['sni']):<{ENDS}}  {said}".rstrip()


def _capture(row: Row) -> str:
    on = ", ".join(row.get("interfaces") or ())
    facts = [on, row.get("filter") or "", row.get("backend") or "", UTC]
    return ", ".join(fact for fact in facts if fact)


def _statistics(row: Row) -> str:
    counters = Counters(**{key: row[key] for key in Counters.__slots__})
    per_second = f"{rate(row['second_packets'])} packets/s, {size(row['second_bytes'])}/s"
    total = f"{plural(counters.packets, 'packet')}, {size(counters.bytes)}"
    return ", ".join(part for part in (per_second, f"{total} in all", dropped(counters)) if part)
