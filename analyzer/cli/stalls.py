"""The command `stalls`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.columns import Row
    from analyzer.flow.stalls import StallRows


@click.command()
@common
def stalls(request: Request) -> None:
    """One row per head-of-line stall: later bytes had arrived, but waited for earlier ones.

    When it began, how long it lasted, what was missing, what waited behind it, and what ended it. With a selection: stalls of
    which a frame is selected, that is the first segment that waited, the one that filled the hole, or those that showed begin
    and end. Frame numbers of several files are those of the merged capture, as for --frames.
    """
    from analyzer.flow.stalls import StallRows
    from analyzer.pipeline import EVERY_APPLICATION

    rows = StallRows()
    run(request, lambda reading: _work(reading, rows), EVERY_APPLICATION, rows.verdicts)


def _work(reading: Reading, rows: StallRows) -> None:
    reading.prints_rows = False
    found = rows.read(reading.pipeline, ((dissection.batch, mask) for dissection, mask in reading.selected()))
    if reading.request.form == "table":
        _table(reading, found)
        return
    from analyzer.flow.tcp.ledger.stall_rows import STALL_KEYS
    from analyzer.report.machine import writer

    out = writer(reading.request.form, sys.stdout, STALL_KEYS)
    out.rows(found)
    out.close()


def _table(reading: Reading, found: Iterator[Row]) -> None:
    from analyzer.cli.terminal import painter, width
    from analyzer.report.tables.stalls import StallTable

    table = StallTable(sys.stdout, width(), painter(), lambda: reading.first_ns)
    table.stalls(found)
