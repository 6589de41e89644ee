"""The command `extract`."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from analyzer.cli.anonymous import anonymizer_of, anonymizing, read_again
from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run, terminable

if TYPE_CHECKING:

    from analyzer.capture.excerpt import Written
    from analyzer.capture.frame_set import FrameSet
    from analyzer.capture.reader import CaptureSource
    from analyzer.flow.anonymous import Anonymizer
    from analyzer.flow.findings.ledger import LedgerFindings

STANDARD: Final = "-"  #: a file name: standard output


@click.command()
@functools.partial(common, form=None, names=False)
@click.option("-o", "--output", required=True, metavar="FILE", help="The pcapng file to write; - is standard output.")
@click.option("--finding", type=click.IntRange(1), metavar="N", help="What stands behind finding N of `analyzer summary`.")
@anonymizing
@click.option("--keep-secrets", is_flag=True, help="Copy decryption secrets too, if the capture has some.")
def extract(
    request: Request, output: str, finding: int | None, anonymize: bool, key_file: str | None, keep_secrets: bool
) -> None:
    """Write some frames into a new pcapng file: those behind a finding, or those selected.

    Behind a finding stand its frames and the whole conversations they belong to, so that the new file gives the same finding.
    All fragments of a datagram go along with any of them. Times, lengths, interfaces, comments and names stay; frame numbers
    begin at 1. Without a selection all frames are written, several files as one.

    --anonymize keeps times, lengths, ports, TCP headers, the structure of TLS hellos, of DNS messages and of HTTP heads.
    It replaces addresses (prefix-preserving, Crypto-PAn), names and MAC addresses consistently; all other bytes become zero.
    """
    if finding is not None and any(value not in (None, ()) for value in request.selected.values()):
        raise click.UsageError("--finding N stands alone: it is a selection of its own.")
    if output == STANDARD and sys.stdout.isatty():
        raise click.UsageError("A capture is not written to a terminal; redirect standard output, or name a file.")
    if keep_secrets and (anonymize or key_file):
        raise click.UsageError("--keep-secrets would undo --anonymize.")
    from analyzer.capture.excerpt import is_one_of

    if output != STANDARD and is_one_of(output, request.files):
        raise click.UsageError(f"{output!r} is one of the files that are read; it is not overwritten.")
    anonymizer = anonymizer_of(anonymize, key_file)
    ledger, applications = None, None
    if finding is not None:
        from analyzer.flow.findings.ledger import LedgerFindings
        from analyzer.pipeline import EVERY_APPLICATION

        ledger, applications = LedgerFindings(), EVERY_APPLICATION
    with read_again(request.files) as sources:

        def work(reading: Reading) -> None:
            reading.prints_rows = False
            frames = _selected(reading) if ledger is None or finding is None else _found(reading, sources, finding, ledger)
            if reading.interrupted:
                raise KeyboardInterrupt
            _write(reading, sources, frames, output, anonymizer, keep_secrets)

        run(request, work, applications, ledger.verdicts if ledger else None, sources)


def _selected(reading: Reading) -> FrameSet | None:
    from analyzer.excerpting import behind_selection

    return behind_selection(reading.pipeline, ((dissection.batch, mask) for dissection, mask in reading.selected()))


def _found(reading: Reading, sources: Sequence[CaptureSource], number: int, ledger: LedgerFindings) -> FrameSet:
    """The frames behind a finding."""
    from analyzer.excerpting import NoFrames, behind_finding
    from analyzer.flow.behind import names_all
    from analyzer.report.summary import Summary

    found = Summary(reading.pipeline, ledger)
    for dissection in reading:
        found.update(dissection)
    if reading.interrupted:
        raise KeyboardInterrupt
    found.finish()
    findings = found.findings()
    if number > len(findings):
        raise click.UsageError(f"--finding {number}: there are {len(findings):,} findings.")
    one = findings[number - 1]
    if not names_all(one):
        named = f"names the first {len(one.frames):,} frames: the file may show fewer"
        click.echo(f"analyzer: finding {number} counts {one.count:,} and {named}", err=True)
    try:
        return behind_finding(sources, reading.request.memory, one)
    except NoFrames as error:
        raise click.UsageError(f"--finding {number}: {error} speaks of the capture as a whole; no frames show it.") from None


def _write(
    reading: Reading,
    sources: Sequence[CaptureSource],
    frames: FrameSet | None,
    output: str,
    anonymizer: Anonymizer | None,
    keep_secrets: bool,
) -> None:
    from analyzer.capture.excerpt import About, replacing
    from analyzer.excerpting import write_excerpt

    about = About(reading.reader, keep_secrets)
    if output == STANDARD:
        _say(write_excerpt(sources, frames, sys.stdout.buffer, about, anonymizer), output)
        return
    with terminable(), replacing(output) as target:
        written = write_excerpt(sources, frames, target, about, anonymizer)
    _say(written, output)


def _say(written: Written, output: str) -> None:
    from analyzer.report.machine import terminal_safe
    from analyzer.report.text import plural

    where = "standard output" if output == STANDARD else terminal_safe(os.fspath(output))
    words = f"{written.frames:,} of {plural(written.of, 'frame')} written to {where}"
    if not written.frames:
        words += ": nothing is selected"
    elif written.frames < written.of:
        words += "; they are numbered from 1 there"
    if written.without_packet:
        words += f"; {plural(written.without_packet, 'block')} without a packet left out"
    click.echo(f"analyzer: {words}", err=True)
