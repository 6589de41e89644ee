"""The command `flows`."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator
from itertools import chain

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

BUSIEST = 40  #: conversations of the table


@click.command()
@common
@click.option(
    "--all",
    "every",
    is_flag=True,
    help=f"All conversations in the table, in the order of their numbers, not the busiest {BUSIEST}.",
)
def flows(request: Request, every: bool) -> None:
    """One row per TCP or UDP conversation.

    The table has the busiest ones by bytes; the machine formats have all. With a selection: those that have a selected frame,
    counted with all of their frames. Frame numbers of several files are those of the merged capture, as for --frames.
    """
    from analyzer.flow.tcp.ledger.connections import Verdicts
    from analyzer.pipeline import Applications

    run(request, lambda reading: _work(reading, every), Applications(), Verdicts())


def _work(reading: Reading, every: bool) -> None:
    from analyzer.flow.chosen import Chosen
    from analyzer.flow.columns import Columns, Row, rows
    from analyzer.flow.rows import FLOW_KEYS, gone, live

    form, pipeline = reading.request.form, reading.pipeline
    both = (pipeline.tcp.conversations, pipeline.udp.conversations)
    chosen = Chosen()
    reading.prints_rows = False

    def blocks() -> Iterator[Columns]:
        """All conversations of the selection."""
        for dissection, mask in reading.selected():
            chosen.update(dissection.walk, pipeline.tcp.facts, pipeline.udp.facts, mask)
            yield from gone(both, chosen)
        pipeline.close()
        yield from live(both, chosen)

    def busiest() -> Iterator[Row]:
        """Those of them that may be among the busiest, and maybe others."""
        for _ in reading:
            for one in both:
                one.gone()  # `biggest` knows what it needs of them
        pipeline.close()
        for one in both:
            yield from one.biggest(BUSIEST)

    if form != "table":
        from analyzer.report.machine import writer

        out = writer(form, sys.stdout, FLOW_KEYS)
        for columns in blocks():
            out.columns(columns)
        out.close()
        return
    from analyzer.cli.terminal import width
    from analyzer.report.tables import conversations

    found = busiest() if reading.selection is None and not every else chain.from_iterable(map(rows, blocks()))
    if not every:
        found = iter(heapq.nsmallest(BUSIEST, found, key=lambda row: -row["bytes_client"] - row["bytes_server"]))
    sys.stdout.write(conversations(list(found), reading.resolve, width()))
    total = sum(one.slots.count for one in both)
    if not every and total > BUSIEST and chosen.streams is None:
        sys.stdout.write(f"The busiest {BUSIEST} of {total:,} conversations; --all lists every one.\n")
