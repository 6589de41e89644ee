"""The command `packets`."""

from __future__ import annotations

import sys
from typing import Any

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run


@click.command()
@common
@click.option(
    "-e",
    "--field",
    "names",
    metavar="FIELD",
    multiple=True,
    help="A field to show, by Wireshark's name; repeat it for more.",
)
@click.option("-c", "--count", metavar="N", type=click.IntRange(1), help="Stop after reading N frames.")
def packets(request: Request, names: tuple[str, ...], count: int | None) -> None:
    """One row per frame: a readable list, or the fields named with -e.

    `analyzer fields` lists the fields. In a tunnel a field is the innermost header's; headers quoted in ICMP errors do not count.
    """
    from analyzer.report.fields import UnknownField, find

    try:
        fields = find(names)
    except UnknownField as error:
        raise click.UsageError(str(error)) from None
    run(request, lambda reading: _work(reading, fields, count))


def _work(reading: Reading, fields: list[Any], count: int | None) -> None:
    out = _output(reading, fields)
    for view, mask in reading.views():
        if count is not None and len(view) and int(view.batch.number[-1]) >= count:
            within = view.batch.number <= count
            mask = within if mask is None else mask & within
        out.write(view, mask)
        if reading.live:
            out.flush()
        over = count is not None and len(view) and int(view.batch.number[-1]) >= count
        if over or (reading.selection is not None and reading.selection.over(view)):
            break
    out.close()


def _output(reading: Reading, fields: list[Any]) -> Any:
    """Where batches are written to: rows, a table of fields, or the list."""
    form = reading.request.form
    if form == "table" and not fields:
        from analyzer.cli.terminal import painter
        from analyzer.report.packets import PacketList

        return PacketList(sys.stdout, reading.resolve, painter())
    from analyzer.report.field_rows import FieldRows, FieldTable, with_file

    if form == "table":
        return FieldTable(sys.stdout, with_file(fields, reading.paths))
    from analyzer.api import DEFAULT_FIELDS
    from analyzer.report.fields import find

    return FieldRows(form, sys.stdout, with_file(fields or find(DEFAULT_FIELDS), reading.paths))
