"""The command `summary`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.findings.ledger import LedgerFindings


@click.command()
@click.option("--explain", is_flag=True, help="Layer by layer: what each finding costs, what to do about it, and what to read.")
@common
def summary(request: Request, explain: bool) -> None:
    """What the capture is, what is in it, and what is wrong with it.

    First the file, its protocols and its busiest conversations; then the findings, worst first, each with the frames that
    show it and a display filter for Wireshark; of several files, for each of them, with the frame numbers it has there.
    --explain puts the findings in the order in which one debugs, from the capture up to the application. Machine formats always
    have all of that.
    With a selection only the selected frames count, but TCP is analyzed with all.
    """
    from analyzer.flow.findings.ledger import LedgerFindings
    from analyzer.pipeline import EVERY_APPLICATION

    ledger = LedgerFindings()
    run(request, lambda reading: _work(reading, ledger, explain), EVERY_APPLICATION, ledger.verdicts)


def _work(reading: Reading, ledger: LedgerFindings, explain: bool) -> None:
    from analyzer.report.summary import Summary

    reading.prints_rows = False
    pipeline, form = reading.pipeline, reading.request.form
    found = Summary(pipeline, ledger)
    for dissection, mask in reading.selected():
        found.update(dissection, mask)
    found.finish()
    if form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.screen import screen

        sys.stdout.write("\n".join(screen(found, reading.resolve, width(), painter(), explain)) + "\n")
    elif form == "csv":
        from analyzer.report.machine import writer
        from analyzer.report.summary import FILE_KEYS, FINDING_KEYS

        rows = writer(form, sys.stdout, (*FINDING_KEYS, *(FILE_KEYS if found.several else ())))
        rows.rows(found.finding_rows())
        rows.close()
    else:
        json.dump(found.as_dict(), sys.stdout, indent=None if form == "ndjson" else 2)
        sys.stdout.write("\n")
