"""The panes below the conversations: the latest handshakes, journeys and stalls, findings, and notices.

Rows look as in the tables of the commands of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from analyzer.flow.columns import Row
from analyzer.live.snapshot import Snapshot
from analyzer.report.finding_lines import LABEL, fitted
from analyzer.report.machine import terminal_safe
from analyzer.report.tables import Resolve
from analyzer.report.tables.handshakes import HandshakeTable
from analyzer.report.tables.journeys import JourneyTable
from analyzer.report.tables.stalls import StallTable
from analyzer.report.text import wrapped
from analyzer.report.wording.live import EMPTY

from .conversations import matches
from .line import Line, Table

#: keys of rows in which the filter looks
SEARCHED: Final = (
    "client", "client_port", "server", "server_port", "sni", "dns_name", "alpn", "outcome", "application", "host", "target",
    "method",
)  # fmt: skip
FINDING_MARGIN: Final = LABEL + 1


class Pane(NamedTuple):
    """What is in one."""

    titles: list[Line]  #: they stay where they are while the others scroll
    lines: list[Line]


def _began(snapshot: Snapshot) -> int:
    return snapshot.now_ns - snapshot.running_ns


def _filtered(rows: Sequence[Row], needle: str, resolve: Resolve) -> list[Row]:
    if not needle:
        return list(rows)
    return [row for row in rows if matches(needle, [row.get(key) or "" for key in SEARCHED] + [resolve(row["server"] or "")])]


def _of_table(table: Table, titles: int = 1) -> Pane:
    lines = table.lines()
    return Pane(lines[:titles], lines[titles:])


def handshakes(snapshot: Snapshot, needle: str, resolve: Resolve, width: int) -> Pane:
    """The latest first."""
    out = Table()
    rows = _filtered(snapshot.handshakes, needle, resolve)
    HandshakeTable(out, resolve, width, out.paint, lambda: _began(snapshot)).handshakes(rows)
    return _of_table(out)


def journeys(snapshot: Snapshot, needle: str, resolve: Resolve, width: int) -> Pane:
    """The latest first."""
    out = Table()
    rows = _filtered(snapshot.journeys, needle, resolve)
    JourneyTable(out, width, out.paint, lambda: _began(snapshot), resolve).journeys(rows)
    return _of_table(out)


def stalls(snapshot: Snapshot, needle: str, resolve: Resolve, width: int) -> Pane:
    """The latest first."""
    out = Table()
    StallTable(out, width, out.paint, lambda: _began(snapshot)).stalls(snapshot.stalls)
    return _of_table(out)


def findings(snapshot: Snapshot, needle: str, resolve: Resolve, width: int) -> Pane:
    """Worst first: severity and sentence."""
    lines: list[Line] = []
    margin = " " * FINDING_MARGIN
    for row in snapshot.findings:
        said = fitted(terminal_safe(row["text"]), max(width - FINDING_MARGIN, 8))
        first, *rest = wrapped(said, max(width, FINDING_MARGIN + 8), margin, margin) or [margin]
        severity = str(row["severity"])
        lines.append([(f"{severity:<{FINDING_MARGIN}}", severity), (first[FINDING_MARGIN:], "")])
        lines += [[(text, "")] for text in rest]
    return Pane([], lines)


def notices(snapshot: Snapshot, needle: str, resolve: Resolve, width: int) -> Pane:
    """The latest first."""
    return Pane(
        [], [[(line, "")] for text in snapshot.notices for line in wrapped(fitted(terminal_safe(text), width), width, "", "  ")]
    )


CONTENTS: Final[dict[str, Callable[[Snapshot, str, Resolve, int], Pane]]] = {
    "handshakes": handshakes, "journeys": journeys, "stalls": stalls, "findings": findings, "notices": notices,
}  # fmt: skip


def pane(name: str, snapshot: Snapshot, needle: str, resolve: Resolve, width: int) -> Pane:
    """The pane of this name; a sentence where it is empty."""
    found = CONTENTS[name](snapshot, needle, resolve, width)
    return found if found.lines else Pane([], [[(EMPTY[name], "quiet")]])
