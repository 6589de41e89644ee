"""How long it took to connect: percentiles for each server, and the handshakes that took longest or failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from analyzer.report.tables import endpoint
from analyzer.report.text import count, duration

from .kept import Row
from .table import Column, Table

MOST_SERVERS: Final = 40  #: servers in the table of percentiles, those with the most connections
BY: Final = ("server", "server_port")
MEASURES: Final = {"connect": "connect", "tls": "TLS", "ttfb": "first byte"}  #: those in the table, and their names
SHARES: Final = ("p50_ns", "p90_ns", "p99_ns", "max_ns")
PERCENTILES: Final = (
    Column("Server", packet=True), Column("Measure"), Column("Connections", number=True), Column("Failed", number=True),
    Column("Median", number=True), Column("90 %", number=True), Column("99 %", number=True), Column("Longest", number=True),
)  # fmt: skip
HANDSHAKES: Final = (
    Column("At", number=True),
    Column("Stream", number=True, extra=True),
    Column("Server", packet=True),
    Column("Name", packet=True),
    Column("Outcome"),
    Column("SYNs", number=True, extra=True),
    Column("Connect", number=True),
    Column("TLS", number=True),
    Column("Version", extra=True),
    Column("Round trips", number=True, extra=True),
    Column("First byte", number=True),
)
Resolve = Callable[[str], str]


def percentiles(rows: Iterable[Row], resolve: Resolve) -> Table:
    """Of the rows of statistics by server and port: one line for each server and measure."""
    servers: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["measure"] in MEASURES and row["count"]:
            servers.setdefault((row["server"], row["server_port"]), []).append(row)
    cells = [_percentile(row, resolve) for rows in list(servers.values())[:MOST_SERVERS] for row in rows]
    total = sum(map(len, servers.values()))
    return Table("percentiles", "Timings by server", PERCENTILES, cells, total, "handshakes")


def handshakes(rows: Iterable[Row], total: int, at: Callable[[int], str], resolve: Resolve) -> Table:
    """One line for each of them."""
    return Table("slowest", "Slowest and failed", HANDSHAKES, [_handshake(row, at, resolve) for row in rows], total, "handshakes")


def _percentile(row: Mapping[str, Any], resolve: Resolve) -> list[str]:
    return [
        endpoint(row["server"], row["server_port"], resolve), MEASURES[row["measure"]], count(row["count"]),
        count(row["failed"]) if row["failed"] else "", *map(_time, (row[share] for share in SHARES)),
    ]  # fmt: skip


def _handshake(row: Mapping[str, Any], at: Callable[[int], str], resolve: Resolve) -> list[str]:
    first = _time(row["first_byte_likely_ns"])
    return [
        at(row["start_ns"]), count(row["stream"]), endpoint(row["server"], row["server_port"], resolve),
        row["sni"] or row["dns_name"] or "", str(row["outcome"] or "").replace("_", " "), str(row["syn_count"] or ""),
        _time(row["connect_ns"]), _time(row["tls_ns"]), row.get("tls_version_name") or "",
        "" if row["round_trips"] is None else str(row["round_trips"]),
        first if row["first_byte_certain"] or not first else f"about {first}",
    ]  # fmt: skip


def _time(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else duration(nanoseconds)
