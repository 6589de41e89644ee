"""The table of groups of handshakes: a line per group, and below it one per measure with its percentiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from analyzer.dissect.application.tls.names import version_name
from analyzer.journey.statistics.measures import FAILED, UNKNOWN
from analyzer.report.machine import terminal_safe
from analyzer.report.tables import Paint, Resolve, Row
from analyzer.report.text import columns, count, duration, plural, shortened

#: measure -> what it is called
MEASURED: Final = {
    "dns": "name lookup", "connect": "connect", "initial_rtt": "round trip", "server_side_rtt": "server side", "tls": "TLS",
    "ttfb": "first byte",
}  # fmt: skip
#: grouping -> what stands before the name of a group
GROUPED: Final[Mapping[str, str]] = {
    "server": "server", "server_port": "port", "subnet": "network", "client": "client", "sni": "SNI", "alpn": "ALPN",
    "tls_version": "TLS", "resumed": "resumption", "dns_name": "name", "dns_server": "name server", "outcome": "outcome",
    "hour": "hour", "hour_of_day": "hour",
}  # fmt: skip
ADDRESSES: Final = ("server", "client", "dns_server")  #: groupings that may have a name
SHOWN: Final = {  #: key -> title, and columns of the terminal from which on it is there
    "min_ns": ("min", 0), "p50_ns": ("median", 0), "p90_ns": ("p90", 100), "p95_ns": ("p95", 0), "p99_ns": ("p99", 0),
    "max_ns": ("max", 0),
}  # fmt: skip
NAME: Final = 60  #: most columns of a name of a group


def name(row: Row, by: Sequence[str], resolve: Resolve) -> str:
    """What a group is called: server shop.example, no SNI. Without groupings all connections are meant."""
    return ", ".join(_value(grouping, row[grouping], resolve) for grouping in by) or "all connections"


def _value(grouping: str, value: Any, resolve: Resolve) -> str:
    word = GROUPED[grouping]
    if value is None:
        return f"{word} unknown" if grouping in ("outcome", "resumed") else f"no {word}"
    if grouping == "tls_version":
        return version_name(value)
    if grouping == "resumed":
        return "resumed" if value else "not resumed"
    text = resolve(value) if grouping in ADDRESSES else str(value)
    return f"{word} {shortened(terminal_safe(text), NAME)}"


def groups(rows: Iterable[Row], by: Sequence[str], resolve: Resolve, width: int, paint: Paint) -> str:
    """The table, in at most `width` columns if that is not too small."""
    shown = [(key, title) for key, (title, least) in SHOWN.items() if width >= least]
    text = ""
    cells: list[tuple[str, ...]] = []
    headings: list[tuple[int, str, bool]] = []  #: before which line of cells, what, and whether some failed
    for _, of_group in groupby(rows, lambda row: tuple(row[grouping] for grouping in by)):
        measured = list(of_group)
        first = measured[0]
        headings.append((len(cells), _heading(first, measured, name(first, by, resolve)), bool(first["failed"])))
        for row in measured:
            if row["count"] or row["slo_missed"]:
                missed = f"{count(row['slo_missed'])} missed" if row["slo_missed"] else ""
                times = ("" if row[key] is None else duration(row[key]) for key, _ in shown)
                cells.append((MEASURED[row["measure"]], count(row["count"]), *times, missed))
    title, *lines = columns([("", "count", *(title for _, title in shown), ""), *cells], "<" + ">" * (len(shown) + 1) + "<", "  ")
    if headings:
        text = paint(title, "title") + "\n"
    for i, (begin, heading, failed) in enumerate(headings):
        end = headings[i + 1][0] if i + 1 < len(headings) else len(lines)
        text += "".join(f"{line}\n" for line in (paint(heading, "problem" if failed else "note"), *lines[begin:end]))
    return text


def _heading(row: Row, measured: Iterable[Row], called: str) -> str:
    """server shop.example: 12 connections, 2 failed (1 refused, 1 timeout)"""
    said = [plural(row["connections"], "connection")]
    if row["failed"]:
        how = ", ".join(f"{count(row[outcome])} {outcome.replace('_', ' ')}" for outcome in FAILED if row[outcome])
        said.append(f"{count(row['failed'])} failed ({how})")
    said += [f"{count(row[outcome])} {outcome.replace('_', ' ')}" for outcome in UNKNOWN if row[outcome]]
    uncertain = max(one["uncertain"] for one in measured)
    if uncertain:
        said.append(f"{count(uncertain)} with an uncertain first byte")
    return f"{called}: {', '.join(said)}"
