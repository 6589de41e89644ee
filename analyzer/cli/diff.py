"""The command `diff`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from analyzer.cli.handshakes import parsed, read_handshakes, tell_forgotten
from analyzer.cli.options import Request, common
from analyzer.cli.run import DAMAGED, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.flow.columns import Row
    from analyzer.journey.statistics.groups import Groups
    from analyzer.report.tables import Resolve


@click.command()
@common
@click.option("--by", "groupings", metavar="WHAT,...", multiple=True, help="Compare group by group, as for handshakes.")
def diff(request: Request, groupings: tuple[str, ...]) -> None:
    """Two captures compared: FILE... are two, A (before) and B (after). What got slower or faster, and is it more than chance?

    For each measure of the handshakes (see `analyzer handshakes`), and for the share of connections that failed: both medians,
    their difference with a 95 % confidence interval, Cliff's delta as the size of the effect, and a decision: slower, faster,
    more failures, fewer failures, no difference, or too few samples (less than ten on a side). Probabilities are corrected for
    the number of comparisons: of two captures that do not differ, nothing is told in 98 of 100 cases.

    Whatever differs, the exit status is 0 if both were read to the end.
    """
    from analyzer.journey.statistics.comparison import compare
    from analyzer.journey.statistics.grouping import chosen

    if len(request.files) != 2:
        raise click.UsageError(f"diff compares two captures, A and B, not {len(request.files)}")
    if request.files == ("-", "-"):
        raise click.UsageError("standard input (-) can be only one of the two captures")
    by = parsed(chosen, groupings)
    readings: list[Reading] = []
    groups: list[Groups] = []
    statuses = []
    for path in request.files:
        status = _read(replace(request, files=(path,)), by, readings, groups)
        if status not in (0, DAMAGED):
            raise SystemExit(status)
        statuses.append(status)
    _write(request, compare(*groups), by, lambda address: _resolved(readings, address))
    raise SystemExit(max(statuses))


def _read(request: Request, by: Sequence[str], readings: list[Reading], groups: list[Groups]) -> int:
    """Add one capture to the two lists; the exit status."""
    from analyzer.journey.statistics.groups import Groups

    found = Groups(by)

    def work(reading: Reading, rows: Iterator[Row]) -> None:
        for row in rows:
            found.add(row)
        readings.append(reading)
        groups.append(found)

    status = read_handshakes(request, work)
    tell_forgotten(found.forgotten)
    return status


def _resolved(readings: Sequence[Reading], address: str) -> str:
    """The name that the first capture has for an address, else the second."""
    return next((name for name in (reading.resolve(address) for reading in readings) if name != address), address)


def _write(request: Request, rows: list[Row], by: Sequence[str], resolve: Resolve) -> None:
    if request.form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables.difference import difference

        sys.stdout.write(difference(rows, by, resolve, width(), painter()))
        return
    from analyzer.journey.statistics.comparison import keys
    from analyzer.report.machine import writer

    out = writer(request.form, sys.stdout, tuple(keys(by)))
    out.rows(rows)
    out.close()
