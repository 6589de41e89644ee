"""The command `har`."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

import click

from analyzer.cli.journeys import tell_forgotten
from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.journey.journeys import JourneyRows


@click.command()
@functools.partial(common, form=None, names=False)
@click.option("-o", "--output", type=click.File("w", encoding="utf-8", lazy=True), metavar="FILE", help="Where to write it.")
def har(request: Request, output: click.utils.LazyFile | None) -> None:
    """Requests and their times as an HTTP archive (HAR 1.2), which browsers and other tools import.

    One entry per HTTP request, per encrypted connection, and per attempt that failed; its timings are those of `journeys`.
    Secrets in header fields are masked; URLs are not.
    """
    from analyzer.journey.journeys import JourneyRows
    from analyzer.pipeline import Applications

    rows = JourneyRows(headers=True)
    run(request, lambda reading: _work(reading, rows, output), Applications(rows.wanted), rows.verdicts)


def _work(reading: Reading, rows: JourneyRows, output: click.utils.LazyFile | None) -> None:
    from importlib.metadata import PackageNotFoundError, version

    from analyzer.cli import DISTRIBUTION
    from analyzer.report.har import archive

    try:
        number = version(DISTRIBUTION)
    except PackageNotFoundError:
        number = "not installed"
    reading.prints_rows = False
    found = rows.read(reading.pipeline, ((dissection.batch, mask) for dissection, mask in reading.selected()))
    out = sys.stdout if output is None else output
    for piece in archive(found, number).text():
        out.write(piece)
    tell_forgotten(rows.forgotten)
