"""The command `journeys`."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.columns import Row
    from analyzer.journey.journeys import JourneyRows

ORDERS = ("time", "slowest")
FORGOTTEN = {
    "messages": "messages of connections: some connections are less well known",
    "requests": "requests, which have no row: their connections have too many",
    "lookups": "name lookups",
    "attempts": "attempts to connect, so that races may not be seen",
    "waits": "waits, the shortest ones of a connection: who was waited for then is unknown",
}


@click.command()
@common
@click.option("--sort", "order", type=click.Choice(ORDERS), default="time", show_default=True, help="In which order.")
@click.option("--slowest", type=click.IntRange(1), metavar="N", help="Only the N that took longest, the slowest first.")
def journeys(request: Request, order: str, slowest: int | None) -> None:
    """Where the time of each request went: name lookup, connect, TLS, request, server, answer.

    One row per HTTP request, per connection whose content is encrypted or is no HTTP, and per name lookup that failed. Phases
    follow one another without a gap, so that they add up to the whole; each says who was waited for. The table leaves out phases
    below 1 % of the whole, and names who was waited for only in the longest phase and where it is not whom one would expect:
    `other addresses` are attempts to connect before the one that was used, `loss` is the repair of what was lost, `head of line`
    is data that waited behind missing data.
    """
    from analyzer.journey.journeys import JourneyRows
    from analyzer.pipeline import Applications

    rows = JourneyRows()
    run(request, lambda reading: _work(reading, rows, order, slowest), Applications(rows.wanted), rows.verdicts)


def _work(reading: Reading, rows: JourneyRows, order: str, slowest: int | None) -> None:
    reading.prints_rows = False
    found: Iterable[Row] = rows.read(reading.pipeline, ((dissection.batch, mask) for dissection, mask in reading.selected()))
    if slowest is not None:
        found = heapq.nlargest(slowest, found, key=_duration)
    elif order == "slowest":
        found = sorted(found, key=_duration, reverse=True)
    if reading.request.form == "table":
        _table(reading, found)
    else:
        from analyzer.journey.journey_keys import JOURNEY_KEYS
        from analyzer.report.machine import writer

        out = writer(reading.request.form, sys.stdout, JOURNEY_KEYS)
        out.rows(found)
        out.close()
    tell_forgotten(rows.forgotten)


def tell_forgotten(forgotten: Mapping[str, int]) -> None:
    """Say what there was no room for, since rows do not show it."""
    for what, times in forgotten.items():
        click.echo(f"analyzer: there was no room left for {times:,} {FORGOTTEN[what]}", err=True)


def _duration(row: Row) -> int:
    duration: int = row["duration_ns"]
    return duration


def _table(reading: Reading, found: Iterable[Row]) -> None:
    from analyzer.cli.terminal import painter, width
    from analyzer.report.tables.journeys import JourneyTable

    table = JourneyTable(sys.stdout, width(), painter(), lambda: reading.first_ns, reading.resolve)
    table.journeys(found)
