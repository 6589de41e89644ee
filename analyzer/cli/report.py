"""The command `report`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import click

from analyzer.cli.anonymous import anonymized, anonymizer_of, anonymizing
from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run, terminable

if TYPE_CHECKING:
    from analyzer.batch import Column
    from analyzer.capture.reader import CaptureSource
    from analyzer.pipeline import Dissection
    from analyzer.report.document.gathered import Gathered

    Batches = Callable[[Reading], Iterable[tuple[Dissection, Column | None]]]

STANDARD: Final = "-"  #: a file name: standard output
FORMATS: Final = ("html", "md", "txt", "json")
SUFFIXES: Final = {"htm": "html", "markdown": "md", "text": "txt"}  #: of files, besides the names of the formats
FILE_WIDTH: Final = 120  #: columns of plain text in a file

_format = click.option(
    "--format", "form", type=click.Choice(FORMATS), callback=lambda context, option, value: value or "",
    help="A page for a browser, Markdown, plain text, or one JSON object.  [default: as the name of the output ends, or html]",
)  # fmt: skip


@click.command()
@functools.partial(common, form=_format)
@click.option("-o", "--output", metavar="FILE", default=STANDARD, help="The file to write; - is standard output.  [default: -]")
@anonymizing
def report(request: Request, output: str, anonymize: bool, key_file: str | None) -> None:
    """Everything about the capture as one document: where the time went, and what is wrong.

    First the verdict in at most three sentences. Then the findings layer by layer with their cost and what to do about them, the
    requests with their phases as in a browser's network panel, timings by server, the most interesting connections in graphs,
    name lookups, TLS, certificates, and how good the capture is.

    The page is one file that opens anywhere and loads nothing. With a selection only what it touches is in it. The other commands
    list what a report has no room for.

    --anonymize makes the report of a capture whose addresses and names are replaced and whose contents are gone, as `extract
    --anonymize` writes it; the names of the files are not in it either.
    """
    from analyzer.capture.excerpt import is_one_of

    form = request.form or form_of(output)
    if form == "html" and output == STANDARD and sys.stdout.isatty():
        raise click.UsageError("A page is not written to a terminal: name a file (-o report.html), or take --format txt.")
    if output != STANDARD and is_one_of(output, request.files):
        raise click.UsageError(f"{output!r} is one of the files that are read; it is not overwritten.")
    from analyzer.pipeline import Applications
    from analyzer.report.document.gathered import PROTOCOLS, Gathered

    anonymizer = anonymizer_of(anonymize, key_file)
    gathered = Gathered(anonymizer is not None)

    def report_of(batches: Batches, request: Request, sources: Sequence[CaptureSource] = ()) -> None:
        run(request, lambda one: _work(one, gathered, batches, form, output), Applications(PROTOCOLS), gathered.verdicts, sources)

    if anonymizer is None:
        report_of(Reading.selected, request)
        return
    with anonymized(request, anonymizer) as made:
        report_of(made.batches, replace(request, selected=dict.fromkeys(request.selected)), [made.source])


def form_of(output: str) -> str:
    """The format that the name of a file tells; a usage error where it tells another one."""
    suffix = PurePath(output).suffix.lower().removeprefix(".")
    form = SUFFIXES.get(suffix, suffix)
    if form and form not in FORMATS:
        raise click.UsageError(f"{output!r} has the suffix of no report ({', '.join(FORMATS)}): take another one, or --format.")
    return form or "html"


def _work(reading: Reading, gathered: Gathered, batches: Batches, form: str, output: str) -> None:
    from analyzer.capture.excerpt import replacing

    reading.prints_rows = False
    gathered.read(reading.pipeline, batches(reading))
    written = _written(reading, gathered, form, output)
    if output == STANDARD:
        sys.stdout.writelines(written)
        return
    with terminable(), replacing(output) as target:
        for text in written:
            target.write(text.encode("utf-8", "backslashreplace"))


def _written(reading: Reading, gathered: Gathered, form: str, output: str) -> Iterator[str]:
    if form == "json":
        import json

        from analyzer.report.document.as_json import as_dict

        yield json.dumps(as_dict(gathered), indent=2) + "\n"
        return
    from analyzer.report.document.arranged import arranged

    contents = arranged(gathered, reading.resolve)
    if form == "html":
        from analyzer.report.document.page import page

        yield page(contents)
    elif form == "md":
        from analyzer.report.document.markdown import markdown

        yield from _lines(markdown(contents))
    else:
        from analyzer.cli.terminal import width
        from analyzer.report.document.text import text

        yield from _lines(text(contents, width() if output == STANDARD else FILE_WIDTH))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)
