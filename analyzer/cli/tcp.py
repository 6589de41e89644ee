"""The command `tcp`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.tcp_events import TcpEvents


@click.command()
@common
def tcp(request: Request) -> None:
    """One row per TCP event: what Wireshark says of a segment, what it really was and why, and the frames that prove it.

    Kinds are Wireshark's tcp.analysis fields; a segment of which it says two things has two rows. The verdict is ours: what the
    segment is by all evidence, what made its sender send it again, and whether that was needed; a segment of which Wireshark says
    nothing has a row if we do. In the table a question mark says that only timing speaks for it, and the frames in brackets are
    the proof.
    """
    from analyzer.flow.tcp_events import TcpEvents

    events = TcpEvents(ends=request.form == "table")
    run(request, lambda reading: _work(reading, events), verdicts=events.verdicts)


def _work(reading: Reading, events: TcpEvents) -> None:
    from analyzer.flow.rows import EVENT_KEYS, keys
    from analyzer.report.machine import writer

    form, pipeline, paths = reading.request.form, reading.pipeline, reading.paths
    batches = ((dissection.batch, dissection.tcp is not None, mask) for dissection, mask in reading.selected())
    found = events.read(pipeline, batches, paths, reading.live)
    if form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables.tcp import EventTable

        table = EventTable(sys.stdout, reading.resolve, width(), painter())
        for columns in found:
            table.events(columns, events.ends, reading.first_ns)
            if reading.live:
                sys.stdout.flush()
        return
    out = writer(form, sys.stdout, keys(EVENT_KEYS, paths))
    for columns in found:
        out.columns(columns)
        if reading.live:
            out.flush()
    out.close()
