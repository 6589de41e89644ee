"""The command `tcp`."""

from __future__ import annotations

import sys

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run


@click.command()
@common
def tcp(request: Request) -> None:
    """One row per TCP event: retransmissions, duplicate ACKs, zero windows ...

    Kinds are Wireshark's tcp.analysis fields. A segment of which Wireshark says two things has two rows.
    """
    run(request, _work)


def _work(reading: Reading) -> None:
    from analyzer.flow.rows import EVENT_KEYS, event_columns, event_ends, keys
    from analyzer.report.machine import writer

    form, analysis, paths = reading.request.form, reading.pipeline.tcp, reading.paths
    if form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables import EventTable

        table = EventTable(sys.stdout, reading.resolve, width(), painter())
    else:
        out = writer(form, sys.stdout, keys(EVENT_KEYS, paths))
    for dissection, mask in reading.selected():
        if dissection.tcp is not None:
            events = event_columns(dissection.batch, analysis, mask, paths)
            if form == "table":
                table.events(events, event_ends(analysis), reading.first_ns)
            else:
                out.columns(events)
        if reading.live:
            (sys.stdout if form == "table" else out).flush()
    if form != "table":
        out.close()
