"""The command `follow`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

import click

from analyzer.cli.options import Request
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.dissect.application.stream import Origin
    from analyzer.flow.follow import Copy, Followed, Part

FORMATS: Final = ("table", "ndjson", "json")
_STREAM: Final = re.compile(r"(?:(tcp|udp):)?([0-9]{1,18})", re.ASCII | re.IGNORECASE)


class Stream(click.ParamType):  # type: ignore[type-arg]  # generic only in new versions of click
    """5 or tcp:5 for TCP, udp:5 for UDP."""

    name = "stream"

    def convert(self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        found = _STREAM.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is no stream; write 5 or tcp:5 for TCP, udp:5 for UDP", param, ctx)
        return (found[1] or "tcp").lower(), int(found[2])


@click.command()
@click.argument("file", metavar="FILE", type=click.Path())
@click.argument("stream", metavar="STREAM", type=Stream())
@click.option("--text", "how", flag_value="text", help="As text; what is not printable is a dot.  [default]")
@click.option("--hex", "how", flag_value="hex", help="As a hex dump.")
@click.option("--raw", "how", flag_value="raw", help="The bytes themselves and nothing else, into a file or pipe.")
@click.option("--from", "sender", type=click.Choice(("client", "server")), help="Only what this side sent.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How it is written.")
@click.option("-n", "--numeric", is_flag=True, help="Addresses, not the names that the capture itself knows for them.")
@click.option("--show-secrets", is_flag=True, help="Show passwords and cookies in HTTP headers.")
def follow(
    file: str, stream: tuple[str, int], how: str | None, sender: str | None, form: str, numeric: bool, show_secrets: bool
) -> None:
    """The bytes of one conversation, in both directions; what the capture does not have is a gap.

    STREAM is 5 or tcp:5 for TCP, udp:5 for UDP. In ndjson and json the data of each row is in base64, or as --text or --hex.
    """
    if how == "raw" and form != "table":
        raise click.UsageError("--raw is a format of its own: leave out --format")
    if how == "raw" and sys.stdout.isatty():
        raise click.UsageError("--raw could make the terminal do anything: write it to a file or pipe")
    from analyzer.flow.follow import BYTES, FollowedTcp, FollowedUdp
    from analyzer.pipeline import Applications

    protocol, number = stream
    followed: Followed
    followed, applications = FollowedUdp(number), None
    if protocol == "tcp":
        followed = FollowedTcp(number)
        applications = Applications(frozenset({BYTES}), opened=followed.opened)
    request = Request((file,), form, numeric, None, {"hosts": ()})
    run(request, lambda reading: _work(reading, stream, followed, how, sender, show_secrets), applications)


def _work(
    reading: Reading, stream: tuple[str, int], followed: Followed, how: str | None, sender: str | None, show_secrets: bool
) -> None:
    from analyzer.report.follow import Secrets, sides
    from analyzer.report.wording.packet import no_stream

    secrets: Secrets | None = None
    out = _output(reading, how)
    for part in _parts(reading, followed):
        origin = followed.origin
        assert origin is not None
        secrets = secrets or Secrets(followed.whole, show_secrets)
        data = secrets.masked(part)
        if sender is None or sides(origin)[part.direction] == sender:
            out.write(part, data, origin)
    protocol, number = stream
    streams = (reading.pipeline.tcp if protocol == "tcp" else reading.pipeline.udp).slots.count
    if number >= streams and not reading.interrupted:
        raise click.UsageError(no_stream(protocol, number, streams))
    out.close()


def _parts(reading: Reading, followed: Followed) -> Iterator[Part | Copy]:
    """What the capture has of the conversation, while it is read."""
    for dissection in reading:
        yield from followed.update(reading.pipeline, dissection)
        if reading.live:
            sys.stdout.flush()
    yield from followed.finish(reading.pipeline)


class _Output(Protocol):
    """Where the parts go."""

    def write(self, part: Part | Copy, data: bytes | None, origin: Origin) -> None: ...
    def close(self) -> None: ...


def _output(reading: Reading, how: str | None) -> _Output:
    if how == "raw":
        return _Raw()
    return _Readable(reading, how) if reading.request.form == "table" else _Rows(reading, how or "base64")


class _Raw:
    """The bytes themselves."""

    def write(self, part: Part | Copy, data: bytes | None, origin: Origin) -> None:
        if data is not None and hasattr(part, "size"):
            sys.stdout.buffer.write(data)

    def close(self) -> None:
        sys.stdout.buffer.flush()


class _Rows:
    """Rows for machines."""

    def __init__(self, reading: Reading, encoding: str) -> None:
        from analyzer.report.follow import KEYS
        from analyzer.report.machine import writer

        self._rows = writer(reading.request.form, sys.stdout, [*KEYS, encoding])
        self._encoding = encoding
        self._live = reading.live

    def write(self, part: Part | Copy, data: bytes | None, origin: Origin) -> None:
        from analyzer.report.follow import row

        self._rows.row(row(part, data, origin, self._encoding))
        if self._live:
            self._rows.flush()

    def close(self) -> None:
        self._rows.close()


class _Readable:
    """A transcript for people."""

    def __init__(self, reading: Reading, how: str | None) -> None:
        from analyzer.cli.terminal import painter, width
        from analyzer.report.follow import Transcript

        fold = sys.stdout.isatty() or "COLUMNS" in os.environ
        self._transcript = Transcript(sys.stdout, width(), painter(), reading.resolve, how == "hex", fold)
        self._reading = reading

    def write(self, part: Part | Copy, data: bytes | None, origin: Origin) -> None:
        self._transcript.write(part, data, origin, self._reading.first_ns)

    def close(self) -> None:
        self._transcript.close()
