"""What commands share that write a capture, or what they found in it, for others to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from analyzer.batch import Column
    from analyzer.capture.damage import Damage
    from analyzer.capture.frame_set import FrameSet
    from analyzer.capture.reader import CaptureSource
    from analyzer.cli.options import Request
    from analyzer.cli.run import Reading
    from analyzer.flow.anonymous import Anonymizer
    from analyzer.pipeline import Dissection

NAME: Final = "anonymized capture"  #: instead of the names of files

_OPTIONS = (
    click.option("--anonymize", is_flag=True, help="Replace addresses, names and contents, so that the file can be given away."),
    click.option(
        "--anonymize-key", "key_file", metavar="FILE", type=click.Path(),
        help="Anonymize with the key in this file (32 bytes or more): the same replacements in every run.",
    ),
)  # fmt: skip


def anonymizing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as its arguments `anonymize` and `key_file`, for `anonymizer_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def anonymizer_of(anonymize: bool, key_file: str | None) -> Anonymizer | None:
    """None: nothing is to be replaced."""
    if not anonymize and key_file is None:
        return None
    from analyzer.flow.anonymous import Anonymizer

    if key_file is None:
        return Anonymizer()
    try:
        return Anonymizer(Path(key_file).read_bytes())
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"--anonymize-key: {key_file}: {words}") from None


@contextmanager
def read_again(files: Sequence[str]) -> Iterator[list[CaptureSource]]:
    """The files as sources that can be read several times."""
    from analyzer.capture.reader import CaptureError, can_reopen
    from analyzer.capture.spool import spooled

    with ExitStack() as opened:
        sources: list[CaptureSource] = []
        for name in files:
            if can_reopen(name):
                sources.append(name)
                continue
            click.echo("analyzer: the stream is kept in a private temporary file, since it is read several times", err=True)
            try:
                sources.append(opened.enter_context(spooled(name)))
            except CaptureError:
                sources.append(name)  # the reading itself says why it cannot be read
        yield sources


@dataclass(slots=True)
class Anonymized:
    """A capture of which nothing is left but what may be told, and what its frames do not tell of the one it was made of."""

    source: CaptureSource
    damage: list[Damage] = field(default_factory=list)
    selected: FrameSet | None = None  #: None: all

    def batches(self, reading: Reading) -> Iterator[tuple[Dissection, Column | None]]:
        """The batches of its own reading, each with a mask of the frames that the request selected in the other one."""
        reading.reader.damage += self.damage
        for dissection in reading:
            yield dissection, None if self.selected is None else self.selected.among(dissection.batch.number)


@contextmanager
def anonymized(request: Request, anonymizer: Anonymizer) -> Iterator[Anonymized]:
    """Read the capture, and write all of it anonymized into a private file. Ends the program if it cannot be read."""
    from analyzer.capture.spool import private
    from analyzer.cli.run import read
    from analyzer.excerpting import write_excerpt

    with read_again(request.files) as sources, private(NAME) as kept:
        made = Anonymized(kept)

        def work(reading: Reading) -> None:
            from analyzer.capture.excerpt import About

            reading.prints_rows = False
            made.selected = _numbers(reading)
            if reading.interrupted:
                raise KeyboardInterrupt
            damage = reading.reader.damage
            made.damage = [replace(one, file=_nameless(one.file, reading.paths)) for one in damage]
            damage.clear()  # the other reading speaks of it
            write_excerpt(sources, None, kept, About(reading.reader), anonymizer)

        if status := read(request, work, sources=sources):
            raise SystemExit(status)
        kept.seek(0)
        yield made


def _numbers(reading: Reading) -> FrameSet | None:
    """The selected frames, as they are numbered where blocks without a packet are left out."""
    from analyzer.capture.frame_set import FrameSet

    chosen = None if reading.selection is None else FrameSet()
    before = 0
    for dissection, mask in reading.selected():
        packets = dissection.batch.linktype >= 0
        if chosen is not None and mask is not None:
            chosen.add((before + packets.cumsum())[mask & packets])
        before += int(packets.sum())
    return chosen


def _nameless(path: str, paths: Sequence[str]) -> str:
    return NAME if len(paths) == 1 else f"file {paths.index(path) + 1} of {len(paths)}"
