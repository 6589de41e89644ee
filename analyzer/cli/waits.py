"""The command `waits`."""

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
    from analyzer.flow.tcp.ledger.waits import Waits

WORST = 40  #: connections of the table


@click.command()
@common
@click.option("--each", is_flag=True, help="One row per phase of a connection.")
@click.option("--all", "every", is_flag=True, help=f"All connections in the table, not the {WORST} that lost most time.")
def waits(request: Request, each: bool, every: bool) -> None:
    """Where the time of each TCP connection went: lost segments, full windows, the way, the server, the client ...

    Every instant from its first frame to the last has one reason, so that the times add up to its duration. The table has
    those first that lost most time in TCP itself, then those whose server took longest; the machine formats have all.
    """
    from analyzer.flow.tcp.ledger.wait_rows import Accounts, waits_of

    if each:
        connections(request, lambda judged: [(judged.trace.stream, waits_of(judged))], _phases)
    connections(request, Accounts().judged, lambda reading, rows: _connections(reading, rows, every))


def _connections(reading: Reading, rows: Iterator[Row], every: bool) -> None:
    reading.prints_rows = False
    if reading.request.form != "table":
        from analyzer.flow.tcp.ledger.wait_rows import WAIT_KEYS
        from analyzer.report.machine import writer

        out = writer(reading.request.form, sys.stdout, WAIT_KEYS)
        out.rows(rows)
        out.close()
        return
    from analyzer.cli.terminal import width
    from analyzer.report.tables.waits import reasons, trouble

    found = list(rows) if every else heapq.nlargest(WORST, rows, key=trouble)
    sys.stdout.write(reasons(found, reading.resolve, width()))


def _phases(reading: Reading, found: Iterator[tuple[int, Waits]]) -> None:
    from analyzer.flow.tcp.ledger.wait_rows import PHASE_KEYS, phases

    if reading.request.form != "table":
        from analyzer.report.machine import writer

        out = writer(reading.request.form, sys.stdout, PHASE_KEYS)
        for stream, waited in found:
            out.rows(phases(stream, waited))
        out.close()
        return
    from analyzer.cli.terminal import painter, width
    from analyzer.report.tables.waits import PhaseTable

    table: PhaseTable | None = None
    for stream, waited in found:
        table = table or PhaseTable(sys.stdout, width(), painter(), reading.first_ns)
        table.phases(phases(stream, waited))
