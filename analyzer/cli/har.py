"""The command `har`."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Final

import click

from analyzer.cli.journeys import tell_forgotten
from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run, terminable

if TYPE_CHECKING:
    from analyzer.journey.journeys import JourneyRows

STANDARD: Final = "-"  #: a file name: standard output


@click.command()
@functools.partial(common, form=None, names=False)
@click.option("-o", "--output", metavar="FILE", default=STANDARD, help="The file to write; - is standard output.  [default: -]")
def har(request: Request, output: str) -> None:
    """Requests and their times as an HTTP archive (HAR 1.2), which browsers and other tools import.

    One entry per HTTP request, per encrypted connection, and per attempt that failed; its timings are those of `journeys`. Of an
    encrypted connection it has the server as its URL, and the status 0. Left out are connections of other protocols, and attempts
    to connect that were not needed. Secrets in header fields are masked; URLs are not.
    """
    from analyzer.capture.excerpt import is_one_of

    if output != STANDARD and is_one_of(output, request.files):
        raise click.UsageError(f"{output!r} is one of the files that are read; it is not overwritten.")
    from analyzer.journey.journeys import JourneyRows
    from analyzer.pipeline import Applications

    rows = JourneyRows(headers=True)
    run(request, lambda reading: _work(reading, rows, output), Applications(rows.wanted), rows.verdicts)


def _work(reading: Reading, rows: JourneyRows, output: str) -> None:
    from importlib.metadata import PackageNotFoundError, version

    from analyzer.capture.excerpt import replacing
    from analyzer.cli import DISTRIBUTION
    from analyzer.report.har import archive

    try:
        number = version(DISTRIBUTION)
    except PackageNotFoundError:
        number = "not installed"
    reading.prints_rows = False
    found = rows.read(reading.pipeline, ((dissection.batch, mask) for dissection, mask in reading.selected()))
    written = archive(found, number).text()
    if output == STANDARD:
        sys.stdout.writelines(written)
    else:
        with terminable(), replacing(output) as target:
            for piece in written:
                target.write(piece.encode())
    tell_forgotten(rows.forgotten)
