"""The command `interfaces`."""

from __future__ import annotations

import sys

import click

from analyzer.cli.options import FORMATS


@click.command()
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How rows are written.")
def interfaces(form: str) -> None:
    """What `live` can capture here: one row per interface, and what permission is missing, with the command that grants it."""
    from analyzer.capture.live.interfaces import backends
    from analyzer.capture.live.interfaces import interfaces as found
    from analyzer.capture.live.source import LiveError
    from analyzer.cli.run import NO_CAPTURE
    from analyzer.report.machine import writer
    from analyzer.report.tables.interfaces import INTERFACE_KEYS, InterfaceTable, paragraph, rows

    try:
        listed, ways = found(), backends()
    except LiveError as error:
        click.echo(f"analyzer: {error}", err=True)
        raise SystemExit(NO_CAPTURE) from None
    if form == "table":
        from analyzer.cli.terminal import painter, width

        InterfaceTable(sys.stdout, width(), painter()).interfaces(listed)
        sys.stdout.write(f"\n{paragraph(ways, width())}")
        return
    out = writer(form, sys.stdout, INTERFACE_KEYS)
    out.rows(rows(listed, ways))
    out.close()
