"""The command `verify`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import click

from analyzer.cli import INTERRUPTED, closed_pipe
from analyzer.cli.options import Request, common
from analyzer.cli.run import DAMAGED, NO_CAPTURE, Reading

if TYPE_CHECKING:
    from analyzer.verify.difference import Opinion, Verification
    from analyzer.verify.run import SecondOpinions

DIFFERENT = 5  #: exit status: someone says something else, and nothing explains it
LIBRARIES = ("dpkt", "scapy", "tshark")
OPINION_KEYS = ("by", "version", "absent", "notes", "frames", "values", "skipped", "explained", "unexplained")
DIFFERENCE_KEYS = ("frame", "field", "ours", "theirs", "by", "explanation", "words")
MOST_LINES = 40  #: differences in a table; machine formats have more


@click.command()
@common
@click.option("--by", type=click.Choice(LIBRARIES), multiple=True, help="Ask this one only. May be repeated.")
@click.option("--all", "everything", is_flag=True, help="List the explained differences too.")
@click.option("--first", type=click.IntRange(0), metavar="N", help="dpkt and scapy read the first N frames ...  [default: 20000]")
@click.option("--every", type=click.IntRange(1), metavar="N", help="... and then every Nth.  [default: 100]")
def verify(request: Request, by: tuple[str, ...], everything: bool, first: int | None, every: int | None) -> None:
    """A second opinion on the capture from dpkt, scapy and tshark.

    Header fields are compared with those of dpkt and scapy, TCP verdicts and header fields with those of the installed tshark,
    which runs once, with a profile of its own and without application dissectors. Differences are listed by frame.
    Several files are verified one after the other.

    Exit status: 5 if anyone says something else and nothing explains it; otherwise as always.
    """
    sampling: dict[str, Any] = {name: value for name, value in (("first", first), ("every", every)) if value is not None}
    try:
        _verify(request, by or LIBRARIES, everything, sampling)
    except BrokenPipeError:
        closed_pipe()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _verify(request: Request, by: tuple[str, ...], everything: bool, sampling: dict[str, Any]) -> NoReturn:
    from analyzer.capture.reader import CaptureError
    from analyzer.report.machine import terminal_safe, writer
    from analyzer.verify.run import SecondOpinions

    status = 0
    out = None
    if request.form != "table":
        out = writer(request.form, sys.stdout, ("file", "kind", *OPINION_KEYS, *DIFFERENCE_KEYS[:4], "explanation", "words"))
    with SecondOpinions(by) as opinions:
        for name in request.files:
            try:
                result, damage = _one(replace(request, files=(name,), numeric=True), opinions, sampling)
            except CaptureError as error:
                click.echo(f"analyzer: {terminal_safe(str(error))}", err=True)
                status = max(status, NO_CAPTURE)
                continue
            if out is None:
                sys.stdout.write("".join(f"{terminal_safe(line)}\n" for line in _told(result, everything)))
            else:
                out.rows(_rows(result, everything))
            for message in damage:
                click.echo(f"analyzer: {terminal_safe(message)}", err=True)
            status = max(status, DAMAGED if damage else 0, DIFFERENT if result.unexplained else 0)
    if out is not None:
        out.close()
    sys.stdout.flush()
    raise SystemExit(status)


def _one(request: Request, opinions: SecondOpinions, sampling: dict[str, Any]) -> tuple[Verification, list[str]]:
    """One capture, and what is damaged in it."""
    from analyzer.capture.reader import open_capture
    from analyzer.pipeline import Pipeline

    with (
        _as_file(request.files[0]) as name,
        open_capture(name) as reader,
        _for_tshark(name, reader.files[0].compression) as theirs,
    ):
        pipeline = Pipeline(reader, budget=request.memory) if request.memory else Pipeline(reader)
        reading = Reading(request, reader, pipeline, None, request.selection())
        reading.prints_rows = False
        result = opinions.verify(theirs, reading.selected(), **sampling)
        if reading.interrupted:
            raise KeyboardInterrupt
    result.path = request.files[0]
    damage = [f"{result.path}: {one.reason} (after {one.frame:,} frames, at byte {one.offset:,})" for one in reader.damage]
    return result, damage


@contextmanager
def _as_file(path: str) -> Iterator[str]:
    """Standard input goes into a private temporary file: tshark and we both have to read it."""
    if path != "-":
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="analyzer-verify-") as spool:
        click.echo("analyzer: standard input is kept in a temporary file, since tshark has to read it too", err=True)
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield spool.name


@contextmanager
def _for_tshark(path: str, compression: str | None) -> Iterator[str]:
    """The same capture, decompressed into a private temporary file where tshark does not know the compression."""
    if compression not in ("bzip2", "xz"):
        yield path
        return
    import bz2
    import lzma

    with tempfile.NamedTemporaryFile(prefix="analyzer-verify-") as plain:
        with bz2.open(path) if compression == "bzip2" else lzma.open(path) as packed:
            try:
                shutil.copyfileobj(packed, plain)
            except (EOFError, OSError, lzma.LZMAError):
                click.echo(f"analyzer: {path}: its {compression} data are damaged; tshark gets what is before that", err=True)
        plain.flush()
        yield plain.name


def _rows(result: Verification, everything: bool) -> Iterator[dict[str, Any]]:
    """A row for each opinion and for each difference."""
    from analyzer.verify.explained import REASONS

    for opinion in result.opinions:
        yield {"file": result.path, "kind": "opinion"} | {name: getattr(opinion, name) for name in OPINION_KEYS}
        for difference in opinion.differences:
            if difference.explanation and not everything:
                continue
            row = {"file": result.path, "kind": "difference"}
            row |= {name: getattr(difference, name) for name in DIFFERENCE_KEYS}
            if difference.explanation:
                row["right"], row["reason"] = REASONS[difference.explanation]
            yield row


def _told(result: Verification, everything: bool) -> Iterator[str]:
    """The same for people."""
    from analyzer.report.text import columns, count, plural, wrapped
    from analyzer.verify.explained import REASONS

    yield f"{result.path}: {plural(result.frames, 'frame')}"
    yield from columns([(f"{one.by} {one.version}".strip(), _outcome(one)) for one in result.opinions], "<<", "  ")
    for note in dict.fromkeys(note for one in result.opinions for note in one.notes):
        yield from wrapped(note, 110, "  note: ", "        ")
    explained = {name: sum(one.explained[name] for one in result.opinions) for one in result.opinions for name in one.explained}
    for name, times in explained.items():
        yield from wrapped(f"{name} ({count(times)}): {REASONS[name][1]}", 110, "  explained: ", "             ")
    found = [one for opinion in result.opinions for one in opinion.differences if everything or not one.explanation]
    if found:
        cells = [("frame", "field", "ours", "theirs", "by", "")]
        cells += [
            (str(one.frame), one.field, one.ours or "-", one.theirs or "-", one.by, one.explanation or one.words)
            for one in sorted(found, key=lambda one: one.frame)[:MOST_LINES]
        ]
        yield ""
        yield from columns(cells, "><<<<<", "  ")
        if len(found) > MOST_LINES:
            yield f"  ... and {count(len(found) - MOST_LINES)} more"


def _outcome(opinion: Opinion) -> str:
    from analyzer.report.text import count, plural

    if opinion.absent:
        return f"not asked: {opinion.absent}"
    words = [f"{count(opinion.values)} values in {plural(opinion.frames, 'frame')} compared"]
    if opinion.skipped:
        words.append(f"{plural(opinion.skipped, 'frame')} that it cannot read")
    explained = sum(opinion.explained.values())
    if opinion.unexplained:
        words.append(plural(opinion.unexplained, "difference"))
    else:
        words.append("no unexplained difference" if explained else "all agree")
    if explained:
        words.append(f"{count(explained)} explained")
    return ", ".join(words)
