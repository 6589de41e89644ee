"""The command `fields`."""

from __future__ import annotations

import sys

import click

from analyzer.cli import closed_pipe


@click.command()
@click.argument("words", metavar="[WORD]...", nargs=-1)
def fields(words: tuple[str, ...]) -> None:
    """The fields that -e and -Y know, with their meaning; with WORDs those that contain all of them."""
    from analyzer.report.fields import FIELDS
    from analyzer.report.text import columns

    rows = [
        (field.name, field.kind.name + (" ..." if field.many else ""), field.doc)
        for field in FIELDS.values()
        if all(word.lower() in f"{field.name} {field.doc}".lower() for word in words)
    ]
    try:
        sys.stdout.write("".join(f"{line}\n" for line in columns(rows, "<<<")))
        sys.stdout.flush()
    except BrokenPipeError:
        closed_pipe()
