"""The command `rtt`."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from analyzer.cli.connections import connections
from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading

if TYPE_CHECKING:
    from analyzer.flow.columns import Row

SLOWEST = 40  #: directions of the table


@click.command()
@common
@click.option("--series", is_flag=True, help="One row per sample.")
@click.option("--all", "every", is_flag=True, help=f"All connections in the table, not the slowest {SLOWEST} directions.")
def rtt(request: Request, series: bool, every: bool) -> None:
    """Round-trip times: one row per TCP connection and direction of its data.

    Only acks that can be tied to one copy of a segment are measured. A round trip is the way from the sender to the receiver and
    back, wherever the capture was taken; near is the part from there to the sender, far to the receiver. The table has the
    slowest by their median first; the machine formats have all. With a selection: connections that have a selected frame.
    """
    from analyzer.flow.tcp.ledger.rtt_rows import RttRows, sampled

    if series:
        connections(request, sampled, _samples)
    connections(request, RttRows(), lambda reading, rows: _directions(reading, rows, every))


def _directions(reading: Reading, rows: Iterator[Row], every: bool) -> None:
    reading.prints_rows = False
    if reading.request.form == "table":
        from analyzer.cli.terminal import width
        from analyzer.report.tables.rtt import round_trips, slowness

        found = list(rows) if every else heapq.nlargest(SLOWEST, rows, key=slowness)
        sys.stdout.write(round_trips(found, reading.resolve, width()))
        return
    from analyzer.flow.tcp.ledger.rtt_rows import RTT_KEYS
    from analyzer.report.machine import writer

    out = writer(reading.request.form, sys.stdout, RTT_KEYS)
    out.rows(rows)
    out.close()


def _samples(reading: Reading, rows: Iterator[Row]) -> None:
    reading.prints_rows = False
    if reading.request.form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables.rtt import SeriesTable

        SeriesTable(sys.stdout, width(), painter(), lambda: reading.first_ns).samples(rows)
        return
    from analyzer.flow.tcp.ledger.rtt_rows import SERIES_KEYS
    from analyzer.report.machine import writer

    out = writer(reading.request.form, sys.stdout, SERIES_KEYS)
    out.rows(rows)
    out.close()
