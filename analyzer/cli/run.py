"""What every command does around its own work: open, read with a progress bar, say what was wrong, end with the right status."""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from analyzer.cli import INTERRUPTED, closed_pipe

if TYPE_CHECKING:
    from analyzer.batch import Column
    from analyzer.capture.reader import CaptureSource, Reader
    from analyzer.cli.options import Request
    from analyzer.flow.names import Names
    from analyzer.flow.tcp.ledger.connections import Verdicts
    from analyzer.pipeline import Applications, Dissection, Pipeline
    from analyzer.report.fields import View
    from analyzer.report.selection import Selection

DAMAGED = 3  #: exit status: cut short or damaged
SIGNALLED = 128  #: and the number of the signal: exit status, as shells give it
NO_CAPTURE = 1  #: exit status: cannot be opened, or is no capture
MANY_OBJECTS = 100_000  #: new ones until garbage is looked for: messages and rows are freed without it, and there are many
PROGRESS_AFTER = 1.0  #: seconds of reading before a progress bar appears
PROGRESS_EVERY = 0.1  #: seconds between its steps


class Reading:
    """A capture being read for a command. Ctrl-C ends the reading; what is known by then is still printed."""

    def __init__(
        self, request: Request, reader: Reader, pipeline: Pipeline, names: Names | None, selection: Selection | None
    ) -> None:
        self.request = request
        self.reader = reader
        self.pipeline = pipeline
        self.names = names  #: None: nobody needs them
        self.selection = selection
        self.interrupted = False
        self.first_ns = 0  #: time of the first frame, once there is one
        self.prints_rows = True  #: False: nothing is printed while it is read, so that a progress bar may stand there
        self.evicted_from = 0  #: first frame of the batch for which conversations were given up; 0 = none were
        self._begun = False

    @property
    def evicted(self) -> int:
        """Conversations that were given up for want of memory."""
        return self.pipeline.tcp.slots.evicted + self.pipeline.udp.slots.evicted

    @property
    def paths(self) -> list[str]:
        """The files, in the order in which batches number them."""
        return [info.path for info in self.reader.files]

    @property
    def live(self) -> bool:
        """Whether frames may come slowly, so that rows have to be written at once."""
        return self.reader.size is None

    def resolve(self, address: str) -> str:
        """The name of an address, where names are wanted and this one is known."""
        return address if self.names is None or self.request.numeric else self.names.name(address)

    def __iter__(self) -> Iterator[Dissection]:
        with self._interruptible(), _progress(self.reader, self.prints_rows and sys.stdout.isatty()) as advance:
            batches = iter(self.pipeline)
            while not self.interrupted:
                try:
                    dissection = next(batches)
                except StopIteration:
                    break
                except KeyboardInterrupt:
                    continue  # it came while we waited for a pipe
                if not self._begun and len(dissection.batch):
                    self._begun = True
                    self.first_ns = int(dissection.batch.time[0])
                if not self.evicted_from and self.evicted and len(dissection.batch):
                    self.evicted_from = int(dissection.batch.number[0])
                if self.names is not None:
                    self.names.update(dissection.batch, dissection.udp, self.reader.names)
                yield dissection
                advance()

    def selected(self) -> Iterator[tuple[Dissection, Column | None]]:
        """Each batch with a mask of the frames that are selected; None: all of them."""
        if self.selection is None:  # views of batches need all modules of fields
            yield from ((dissection, None) for dissection in self)
        else:
            yield from ((cast("Dissection", view.dissection), mask) for view, mask in self.views())

    def views(self) -> Iterator[tuple[View, Column | None]]:
        """The same, with what fields are read from instead of the batch."""
        from analyzer.report.fields import views

        for view in views(self, self.paths):
            yield view, None if self.selection is None else self.selection.mask(view)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl-C is noticed between two batches, or breaks off waiting for a pipe; the second one ends everything."""

        def note(number: int, frame: FrameType | None) -> None:
            again, self.interrupted = self.interrupted, True
            if again or self.live:
                raise KeyboardInterrupt

        with handling(signal.SIGINT, note):
            yield


@contextmanager
def handling(number: int, handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """A signal is handled so for a while."""
    try:
        before = signal.signal(number, handler)
    except ValueError:  # not the main thread: somebody else decides about signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the program as Ctrl-C does, so that no half of a file is left."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(SIGNALLED + number)

    with handling(signal.SIGTERM, end):
        yield


def run(
    request: Request,
    work: Callable[[Reading], None],
    applications: Applications | None = None,
    verdicts: Verdicts | None = None,
    sources: Sequence[CaptureSource] = (),
) -> NoReturn:
    """Open the files, do the work of a command and end; see `read`."""
    raise SystemExit(read(request, work, applications, verdicts, sources))


def read(
    request: Request,
    work: Callable[[Reading], None],
    applications: Applications | None = None,
    verdicts: Verdicts | None = None,
    sources: Sequence[CaptureSource] = (),
) -> int:
    """Open the files and do the work of a command; it may want to know of applications and of TCP. Gives the exit status.

    sources: what is read instead of the files that the request names, where a stream was kept to be read several times.
    """
    from analyzer.capture.reader import CaptureError, open_capture
    from analyzer.flow.names import Names
    from analyzer.flow.slots import DEFAULT_BUDGET
    from analyzer.pipeline import Pipeline

    gc.freeze()
    gc.set_threshold(MANY_OBJECTS)
    names = Names() if request.wants_names else None
    selection = request.selection(names.addresses if names else None)
    try:
        with open_capture(*(sources or request.files)) as reader:
            pipeline = Pipeline(reader, None, request.memory or DEFAULT_BUDGET, applications, verdicts)
            reading = Reading(request, reader, pipeline, names, selection)
            work(reading)
            sys.stdout.flush()
    except CaptureError as error:
        _complain(str(error))
        return NO_CAPTURE
    except BrokenPipeError:
        closed_pipe()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    if reading.interrupted:
        _complain("interrupted: this is what was read until then")
    _complain_of_caps(reading)
    for damage in reader.damage:
        _complain(f"{damage.file}: {damage.reason} (after {damage.frame:,} frames, at byte {damage.offset:,})")
    return INTERRUPTED if reading.interrupted else DAMAGED if reader.damage else 0


def _complain_of_caps(reading: Reading) -> None:
    """What there was no room for, since rows do not show it."""
    if reading.evicted:
        _complain(
            f"{reading.evicted:,} conversations were given up for want of memory (--memory): from frame {reading.evicted_from:,} "
            "on, numbers of streams and verdicts may differ from Wireshark's"
        )
    ledger = reading.pipeline.ledger
    if ledger is not None and ledger.early:
        _complain(
            f"{ledger.early:,} times a connection was judged before its end for want of memory (--memory): what proves a verdict "
            "may have come later"
        )
    if reading.names is not None and reading.names.forgotten:
        _complain(f"{reading.names.forgotten:,} times there was no room left for the name of an address")


def _complain(message: str) -> None:
    from analyzer.report.machine import terminal_safe

    click.echo(f"analyzer: {terminal_safe(message)}", err=True)


@contextmanager
def _progress(reader: Reader, quiet: bool) -> Iterator[Callable[[], None]]:
    """A function to call now and then; after a second of work it draws a bar on standard error, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    began = time.monotonic()
    shown: list[Any] = []
    due = [began + PROGRESS_AFTER]

    def advance() -> None:
        now = time.monotonic()
        if now < due[0]:
            return
        due[0] = now + PROGRESS_EVERY
        if not shown:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            progress = Progress(*columns, console=Console(stderr=True), transient=True)
            progress.start()
            shown.extend((progress, progress.add_task("", total=reader.size)))
        shown[0].update(shown[1], completed=reader.bytes_read)

    try:
        yield advance
    finally:
        if shown:
            shown[0].stop()
