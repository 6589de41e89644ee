"""The command `live`."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

import click

from analyzer.cli import INTERRUPTED, UNWRITABLE, closed_pipe
from analyzer.cli.live_options import Kinds, Ring, Seconds
from analyzer.cli.options import Bytes
from analyzer.cli.run import DAMAGED, MANY_OBJECTS, NO_CAPTURE, SIGNALLED, handling, terminable

if TYPE_CHECKING:
    from analyzer.capture.live.source import LiveSource
    from analyzer.cli.live_fronts import Front, Watched
    from analyzer.live.snapshot import Snapshot

BACKENDS: Final = ("auto", "af_packet", "dumpcap", "tcpdump", "scapy")
FORMS: Final = ("auto", "screen", "lines", "ndjson")
WHOLE: Final = 262_144  #: snap length: frames are not cut
STANDARD: Final = "-"  #: a file name: standard output
INTENDED: Final = ("", "count", "stopped")  #: ends of a capture that somebody wanted
ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
NO_INTERFACE: Final = "Which interface? Name one with -i, or any for all of them; `analyzer interfaces` lists what there is."


@dataclass(frozen=True)
class Wish:
    """What the options say."""

    interfaces: tuple[str, ...]
    capture_filter: str
    count: int | None
    seconds: float | None
    output: str | None
    ring: tuple[int, int] | None
    snap_length: int
    backend: str | None
    memory: int | None
    buffer: int
    own_only: bool
    form: str
    kinds: frozenset[str] | None
    report: str | None
    numeric: bool


@click.command()
@click.option(
    "-i",
    "--interface",
    "interfaces",
    metavar="NAME",
    multiple=True,
    help="Where to capture; several times for several interfaces; any: all. `analyzer interfaces` lists them.",
)
@click.option(
    "-f",
    "--capture-filter",
    metavar="FILTER",
    default="",
    help="Capture only what this filter of libpcap (pcap-filter) lets pass: 'tcp port 443'.",
)
@click.option("-c", "--count", metavar="N", type=click.IntRange(1), help="End after so many packets.")
@click.option("--duration", "seconds", metavar="TIME", type=Seconds(), help="End after this time: 500ms, 30s, 5m, 1h.")
@click.option(
    "-w",
    "--write",
    "output",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the packets to a pcapng file, which can be read at any time, also while it grows.",
)
@click.option(
    "--ring",
    metavar="NxSIZE",
    type=Ring(),
    help="Write N files of this size each, such as 10x100MB, and delete the oldest; with -w.",
)
@click.option(
    "-s",
    "--snaplen",
    "snap_length",
    metavar="BYTES",
    type=click.IntRange(64, WHOLE),
    default=WHOLE,
    show_default=True,
    help="Capture at most so much of each frame.",
)
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
    help="Who captures: our own AF_PACKET ring (Linux), another program, or scapy.",
)
@click.option(
    "--memory",
    type=Bytes(),
    metavar="BYTES",
    help="Most memory for conversations; the least recently seen are then given up.  [default: 256M]",
)
@click.option(
    "--buffer",
    type=Bytes(),
    metavar="BYTES",
    default="64M",
    show_default=True,
    help="Room in the kernel for packets that wait to be read.",
)
@click.option("--no-promiscuous", "own_only", is_flag=True, help="Only packets from and to this machine.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="auto",
    show_default=True,
    help="How it is shown; auto: the screen on a terminal, else lines.",
)
@click.option("--events", "kinds", metavar="KIND,...", type=Kinds(), help="What lines or rows are written of; all: everything.")
@click.option(
    "--report",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Make the report of the command `report` at the end: .html, .md, .txt or .json.",
)
@click.option("-n", "--numeric", is_flag=True, help="Addresses, not the names that the capture itself knows for them.")
def live(**options: Any) -> NoReturn:
    """Capture from network interfaces and explain what goes by: the same rows and verdicts as on a saved file.

    On a terminal: a screen with the busiest conversations (round trips, retransmissions, stalls as they happen), new handshakes
    with their phases, and findings as they are made; ? shows its keys. Elsewhere, or with --format lines: one line for each
    event. At the end, after q, Ctrl-C, SIGTERM, -c or --duration, the summary.

    Kinds of --events: capture, interface, writing, statistics, trouble, handshake, journey, stall, flow, finding, summary. Lines
    are written of capture, interface, writing, statistics (every 10 s, and whenever packets were dropped), handshake, stall and
    finding; --format ndjson writes all kinds: {"schema": 1, "event": kind, "revision": N, then the keys that the command of such
    rows has}. A row that has changed comes again with a higher revision; with "withdrawn" it is not true any more.

    With -w - the packets go to standard output, for another program, and lines to standard error.

    Packets that were dropped are counted and become a finding, so that no one else is blamed for them.

    \b
    Exit status: 0 ended as wanted, also by q, Ctrl-C or SIGTERM;
    1 no permission, no such interface, or nothing to capture with;
    2 usage, or a capture filter that is wrong;
    3 an interface was removed, or the program that captures ended (the
    summary still comes); 6 the output or the file of -w cannot be written
    (any further); 130 a second Ctrl-C.
    """
    wish = Wish(**options | {"backend": None if options["backend"] == "auto" else options["backend"]})
    _check(wish)
    if wish.form == "auto":
        wish = replace(wish, form="screen" if _can_show_screen() else "lines")
    try:
        with terminable():
            raise SystemExit(_live(wish))
    except BrokenPipeError:
        closed_pipe()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _check(wish: Wish) -> None:
    """Usage errors that only several options together show."""
    from analyzer.capture.live.interfaces import ANY

    if not wish.interfaces:
        raise click.UsageError(NO_INTERFACE)
    if ANY in wish.interfaces and set(wish.interfaces) != {ANY}:
        raise click.UsageError("any has all interfaces already: with another one beside it, packets would be captured twice.")
    if "" in (wish.output, wish.report):
        raise click.UsageError("The name of a file is empty.")
    if wish.ring and not wish.output:
        raise click.UsageError("--ring needs -w: the name that its files begin with.")
    if wish.report and wish.report != STANDARD:
        from analyzer.cli.report import form_of

        form_of(wish.report)
    if wish.report == STANDARD or (wish.report and wish.output == STANDARD):
        raise click.UsageError("--report needs a file, and one of the packets that it can read again.")
    if wish.output == STANDARD and (sys.stdout.isatty() or wish.form not in ("auto", "lines")):
        raise click.UsageError(
            "Packets are written to standard output only if it is no terminal and nothing else is written there."
        )
    if wish.report and wish.output and Path(wish.report).absolute() == Path(wish.output).absolute():
        raise click.UsageError("The report and the packets need two files.")
    for path in (wish.output, wish.report):
        if path and not Path(path).absolute().parent.is_dir():
            raise click.UsageError(f"There is no directory {str(Path(path).parent)!r}.")
    if wish.form == "screen" and not _can_show_screen():
        raise click.UsageError("A screen needs a terminal (TERM says that there is none, or standard output is a file).")


def _can_show_screen() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _live(wish: Wish) -> int:
    from analyzer.capture.damage import CaptureError
    from analyzer.capture.live.source import FilterError, LiveError

    gc.freeze()
    gc.set_threshold(MANY_OBJECTS)
    with ExitStack() as stack:
        output = stack.enter_context(_kept(wish))
        try:
            source, watch = opened(wish, output)
        except FilterError as error:
            raise click.UsageError(str(error)) from None
        except CaptureError as error:
            _say(str(error))
            return NO_CAPTURE if isinstance(error, LiveError) else UNWRITABLE
        if wish.report and not os.access(Path(wish.report).absolute().parent, os.W_OK):
            source.close()
            _say(f"{wish.report} cannot be written")
            return UNWRITABLE
        with _closing(source):
            end = _watched(wish, source, watch)
        _summary(wish, watch, end)
        recorder = source.recorder
        stopped = recorder.stopped if recorder is not None else ""
        if stopped:
            _say(stopped)
        if wish.report and recorder is not None:
            _report(wish, recorder.files)
    if end.ended not in INTENDED:
        from analyzer.report.wording.live import cut_short

        _say(cut_short(end.ended))
        return DAMAGED
    return UNWRITABLE if stopped else 0


def opened(wish: Wish, output: str | None) -> tuple[LiveSource, Watched]:
    """The interfaces, and what watches them; the packets are written to `output`. Then privileges are given up."""
    from analyzer.capture.live import privileges
    from analyzer.capture.live.recorder import Recorder
    from analyzer.capture.live.source import open_live
    from analyzer.watching import Watch

    recorder = Recorder(output, wish.ring) if output else None
    try:
        source = open_live(
            wish.interfaces, backend=wish.backend, capture_filter=wish.capture_filter, snap_length=wish.snap_length,
            count=wish.count, buffer_bytes=wish.buffer, promiscuous=not wish.own_only, recorder=recorder,
        )  # fmt: skip
    except BaseException:
        if recorder is not None:
            recorder.close()
        raise
    later = [Path(path).absolute().parent for path in (wish.output if wish.ring else None, wish.report) if path]
    private = [str(Path(output).parent)] if output and not wish.output else []
    said = privileges.drop(later, [*private, *(recorder.made if recorder is not None else [])])
    if said:
        _say(said)
    return source, Watch(source, wish.memory)


@contextmanager
def _kept(wish: Wish) -> Iterator[str | None]:
    """Where packets are written: as the user says, else, for a report, to a file of our own."""
    if wish.output or not wish.report:
        yield wish.output
        return
    from analyzer.report.wording.live import kept_for_report

    folder = Path(tempfile.mkdtemp(prefix="analyzer-live-"))
    try:
        path = str(folder / "live.pcapng")
        _say(kept_for_report(path))
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _closing(source: LiveSource) -> Iterator[None]:
    try:
        yield
    finally:
        source.close()
        if source.recorder is not None:
            source.recorder.close()


def _watched(wish: Wish, source: LiveSource, watch: Watched) -> Snapshot:
    """Show it until it ends; gives how that was."""

    def titled(snapshot: Snapshot) -> Snapshot:
        named = wish.capture_filter and wish.capture_filter not in snapshot.title
        return replace(snapshot, title=f"{snapshot.title}, {wish.capture_filter}") if named else snapshot

    ends = None if wish.seconds is None else time.monotonic() + wish.seconds
    with _ended_by_signals(watch), _front(wish, watch, titled) as show:
        for events in watch:
            show(events)
            if ends is not None and time.monotonic() >= ends:
                watch.stop()
                ends = None
            if wish.output == STANDARD and source.recorder is not None and source.recorder.stopped:
                watch.stop()  # nobody reads what is written
    return titled(watch.snapshot(None))


def _front(wish: Wish, watch: Watched, titled: Any) -> AbstractContextManager[Front]:
    from analyzer.cli.live_fronts import as_lines, as_rows, on_screen

    if wish.form == "ndjson":
        return as_rows(wish.kinds)
    resolve = str if wish.numeric else watch.resolve
    return on_screen(watch, titled, resolve) if wish.form == "screen" else as_lines(wish.kinds, resolve, _out(wish))


def _out(wish: Wish) -> TextIO:
    """Where text goes."""
    return sys.stderr if wish.output == STANDARD else sys.stdout


@contextmanager
def _ended_by_signals(watch: Watched) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends the capture, the second one everything. nohup goes on meaning what it means."""
    asked: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(SIGNALLED + number)
        asked.append(number)
        watch.stop()

    with ExitStack() as stack:
        for number in (signal.SIGINT, *ENDING):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                stack.enter_context(handling(number, end))
        yield


def _summary(wish: Wish, watch: Watched, end: Snapshot) -> None:
    """What people get at the end; machines have had an event."""
    if wish.form == "ndjson":
        return
    from analyzer.cli.terminal import painter, width
    from analyzer.report.machine import terminal_safe
    from analyzer.report.screen import screen
    from analyzer.report.text import wrapped
    from analyzer.report.wording.live import captured

    columns = width()
    lines = [""] if wish.form == "lines" else []
    lines += [line for text in captured(end) for line in wrapped(terminal_safe(text), columns)]
    resolve = str if wish.numeric else watch.resolve
    out = _out(wish)
    out.write("\n".join([*lines, "", *screen(watch.summary, resolve, columns, painter())]) + "\n")
    out.flush()


def _report(wish: Wish, files: Sequence[str]) -> None:
    """As the command does, in this process."""
    from analyzer.cli.report import report

    kept = [path for path in files if Path(path).exists()]
    if not kept:
        _say("there is no report, as no packet was written")
        return
    arguments = ["-o", str(wish.report), *(["-n"] if wish.numeric else []), "--", *kept]
    try:
        report.main(arguments, prog_name="analyzer report", standalone_mode=False)
    except SystemExit as end:
        if end.code in (0, DAMAGED):
            _say(f"the report is {wish.report}")


def _say(message: str) -> None:
    from analyzer.report.machine import terminal_safe

    for line in message.splitlines():
        click.echo(f"analyzer: {terminal_safe(line)}", err=True)
