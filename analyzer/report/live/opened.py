"""One conversation: how it was opened, its round trips, what went wrong in it, and where its time went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from analyzer.flow.columns import Row
from analyzer.report.live.conversations import GAP
from analyzer.report.tables import Resolve, application, endpoint
from analyzer.report.tables.handshakes import HandshakeTable
from analyzer.report.tables.journeys import JourneyTable
from analyzer.report.tables.rtt import round_trips
from analyzer.report.tables.stalls import StallTable
from analyzer.report.tables.waits import reasons
from analyzer.report.text import duration, plural, size
from analyzer.report.wording.live import FORGOTTEN

from .line import Line, Table, flowing

#: keys of a row of flows, and what one and several are called; what is zero is not shown
VERDICTS: Final = {
    "retransmissions": ("retransmission", ""), "duplicate_acks": ("duplicate ACK", ""), "out_of_order": ("out of order",) * 2,
    "lost_segments": ("lost segment", ""), "zero_windows": ("zero window", ""),
}  # fmt: skip
OURS: Final = {
    "resent": ("resent",) * 2, "resent_needlessly": ("of them needlessly",) * 2, "timeouts": ("timeout", ""),
}  # fmt: skip
MOST_JOURNEYS: Final = 50  #: of a conversation; the latest
MOST_STALLS: Final = 50


def opened(row: Row | None, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    """Everything that is known of it, as many lines as that takes."""
    if row is None:
        return [[(FORGOTTEN, "quiet")]]
    lines = list(_head(row, resolve, width))
    for part in (_handshake, _round_trips, _verdicts, _waits, _stalls, _journeys):
        found = part(row, resolve, first_ns, width)
        if found:
            lines += [[], *found]
    return lines


def _head(row: Row, resolve: Resolve, width: int) -> Iterator[Line]:
    client, server = (endpoint(row[side], row[f"{side}_port"], resolve) for side in ("client", "server"))
    yield [(f"{row['protocol']} {row['stream']}  ", "quiet"), (client, "client"), (" > ", ""), (server, "server")]
    parts = [
        application(row),
        str(row.get("state") or "").replace("_", " "),
        duration(row["duration_ns"]),
        *(f"{side}: {plural(row[f'packets_{side}'], 'packet')}, {size(row[f'bytes_{side}'])}" for side in ("client", "server")),
    ]
    yield from flowing([[(part, "")] for part in parts if part], width, 2)


def _handshake(row: Row, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    handshake: Row | None = row.get("handshake")
    if not handshake:
        return []
    out = Table()
    HandshakeTable(out, resolve, width, out.paint, lambda: first_ns).handshakes([handshake])
    return out.lines()


def _round_trips(row: Row, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    return _titled(round_trips(row.get("rtt") or (), resolve, width))


def _titled(text: str) -> list[Line]:
    return [[(line, "" if number else "title")] for number, line in enumerate(text.splitlines())]


def _verdicts(row: Row, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    if row["protocol"] != "tcp":
        return []
    theirs, ours = counted(row, VERDICTS), counted(row, OURS)
    if row.get("hol_stalls"):
        ours.append(f"{plural(row['hol_stalls'], 'stall')}, {duration(row['hol_stalled_ns'])}")
    lines: list[Line] = []
    for label, said in (("Wireshark", theirs), ("verdicts", ours)):
        parts: list[Line] = [[(text, "warning")] for text in said] or [[("nothing", "quiet")]]
        flow = flowing(parts, width - 9 - GAP, 2)
        lines += [[(f"{'' if number else label:<9}  ", "title"), *line] for number, line in enumerate(flow)]
    return lines


def counted(row: Row, names: Mapping[str, tuple[str, str]]) -> list[str]:
    """12 retransmissions, 1 lost segment."""
    return [plural(row[key], *words) for key, words in names.items() if row.get(key)]


def _waits(row: Row, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    waits: Any = row.get("waits")
    return _titled(reasons([waits], resolve, width)) if waits else []


def _stalls(row: Row, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    out = Table()
    StallTable(out, width, out.paint, lambda: first_ns).stalls(_latest(row.get("stalls"), MOST_STALLS))
    return out.lines()


def _journeys(row: Row, resolve: Resolve, first_ns: int, width: int) -> list[Line]:
    out = Table()
    JourneyTable(out, width, out.paint, lambda: first_ns, resolve).journeys(_latest(row.get("journeys"), MOST_JOURNEYS))
    return out.lines()


def _latest(rows: Any, most: int) -> list[Row]:
    """The latest first."""
    return sorted(rows or (), key=lambda row: -row["start_ns"])[:most]
