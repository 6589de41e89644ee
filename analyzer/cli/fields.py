"""The command `fields`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from analyzer.cli import closed_pipe
from analyzer.cli.options import FORMATS

if TYPE_CHECKING:
    from analyzer.report.fields import Field

KEYS = ("name", "type", "many", "description")
HEADING = "Protocols that are only named, not dissected:"


@click.command()
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How rows are written.")
@click.argument("words", metavar="[WORD]...", nargs=-1)
def fields(form: str, words: tuple[str, ...]) -> None:
    """The fields that -e and -Y know, with their meaning; with WORDs those that contain all of them.

    "..." behind the type (`many` in the other formats): all values in the frame are shown, not only the innermost header's.
    """
    from analyzer.report.fields import FIELDS

    chosen = [field for field in FIELDS.values() if all(word.lower() in f"{field.name} {field.doc}".lower() for word in words)]
    try:
        if form == "table":
            sys.stdout.write(_table(chosen))
        else:
            _write_rows(form, chosen)
        sys.stdout.flush()
    except BrokenPipeError:
        closed_pipe()


def _table(chosen: Sequence[Field]) -> str:
    """What has values first; the long list of names behind."""
    from analyzer.report.fields import NAMED
    from analyzer.report.text import columns

    rows = [(field.name, field.kind.name + (" ..." if field.many else ""), field.doc) for field in chosen]
    lines = columns(rows, "<<<")
    dissected = sum(field.name not in NAMED for field in chosen)
    if dissected < len(lines):
        lines[dissected:dissected] = [*([""] if dissected else []), HEADING]
    return "".join(f"{line}\n" for line in lines)


def _write_rows(form: str, chosen: Sequence[Field]) -> None:
    from analyzer.report.machine import writer

    out = writer(form, sys.stdout, KEYS)
    for field in chosen:
        out.row(dict(zip(KEYS, (field.name, field.kind.name, field.many, field.doc), strict=True)))
    out.close()
