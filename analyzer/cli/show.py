"""The command `show`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, cast

import click

from analyzer.cli.options import Request
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.application.rows import Row
    from analyzer.pipeline import Dissection
    from analyzer.report.show.layer import Layer

PROTOCOLS: Final = ("dns", "tls", "http", "websocket", "sse")  #: of messages; analyzer.flow.application has a module for each


@click.command()
@click.argument("file", metavar="FILE", type=click.Path())
@click.argument("frame", metavar="FRAME", type=click.IntRange(1))
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "ndjson", "json")),
    default="table",
    show_default=True,
    help="How it is written.",
)
@click.option("--with", "reader", type=click.Choice(("tshark",)), help="Let the installed tshark read all of the packet.")
@click.option("--no-bytes", is_flag=True, help="Only the fields.")
@click.option("--show-secrets", is_flag=True, help="Show passwords and cookies in HTTP headers.")
def show(file: str, frame: int, form: str, reader: str | None, no_bytes: bool, show_secrets: bool) -> None:
    """One packet as a tree: all of its layers, with their fields and bytes.

    What the analyzer does not dissect itself is shown as scapy reads it.
    """
    if reader and file == "-":
        raise click.UsageError("--with tshark needs a file: standard input can be read once only")
    from analyzer.pipeline import Applications

    request = Request((file,), form, True, None, {"hosts": ()})
    applications = None if reader else Applications(frozenset(PROTOCOLS))
    run(request, lambda reading: _work(reading, frame, form, reader, not no_bytes, show_secrets), applications)


def _work(reading: Reading, frame: int, form: str, reader: str | None, octets: bool, show_secrets: bool) -> None:
    layers = _layers(reading, frame, reader, show_secrets)
    if form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.show.tree import Tree

        Tree(sys.stdout, width(), painter(), octets).write(layers)
        return
    from analyzer.report.machine import writer
    from analyzer.report.show.rows import KEYS, rows

    out = writer(form, sys.stdout, list(KEYS))
    out.rows(rows(layers, frame))
    out.close()


def _layers(reading: Reading, frame: int, reader: str | None, show_secrets: bool) -> list[Layer]:
    """The layers of the frame. Nothing behind its batch is read."""
    from analyzer.report.show.packet import layers, stream_of
    from analyzer.report.show.tree import messages
    from analyzer.report.show.with_scapy import extended
    from analyzer.report.wording.packet import frame_beyond

    frames = 0
    rows = _Rows(show_secrets)
    for view, _ in reading.views():
        found = [(protocol, row) for protocol, row in rows.of(cast("Dissection", view.dissection)) if row["last_frame"] == frame]
        frames += len(view)
        if frame <= frames:
            row = frame - int(view.batch.number[0])
            mask = bytes if show_secrets else _mask(reading, frame, stream_of(view, row))
            shown = layers(view, row, reading.pipeline.fragments.reassembled, mask)
            if reader:
                return _by_tshark(reading.paths[0], frame, shown, show_secrets)
            return [*shown, *messages(found)] if found else extended(shown, int(view.batch.linktype[row]))
    raise click.UsageError(frame_beyond(frame, frames, bool(reading.reader.damage)))


class _Rows:
    """The rows of the messages of all applications."""

    def __init__(self, show_secrets: bool) -> None:
        from importlib import import_module

        modules = [import_module(f"analyzer.flow.application.{protocol}") for protocol in PROTOCOLS]
        self._rows = {protocol: module.Rows(show_secrets) for protocol, module in zip(PROTOCOLS, modules, strict=True)}

    def of(self, dissection: Dissection) -> Iterator[tuple[str, Row]]:
        for message in dissection.messages:
            for row in self._rows[message.PROTOCOL].rows(message):
                yield message.PROTOCOL, row


def _mask(reading: Reading, frame: int, stream: tuple[str, int] | None) -> Callable[[bytes], bytes]:
    """Masks the payload of the frame, in which a secret may go on that began before it: then the stream is read again."""
    from analyzer.dissect.application.http1.secrets import masked
    from analyzer.report.follow import is_text

    def mask(payload: bytes) -> bytes:
        careful, plain = masked(payload, whole=False), masked(payload)
        if careful == plain or not is_text(payload):
            return plain
        if stream is None or stream[0] != "tcp" or reading.live:
            return careful
        hidden, at = bytearray(careful), 0
        for part, data in _parts(reading.paths[0], frame, stream[1]):
            found = payload.find(part, at)
            if found >= 0:
                hidden[found : found + len(data)] = data
                at = found + len(data)
        return bytes(hidden)

    return mask


def _parts(path: str, frame: int, stream: int) -> Iterator[tuple[bytes, bytes]]:
    """What a frame brings to its stream, and the same masked in the light of what came before."""
    from analyzer.capture.reader import open_capture
    from analyzer.flow.follow import BYTES, FollowedTcp, Part
    from analyzer.pipeline import Applications, Pipeline
    from analyzer.report.follow import Secrets

    followed = FollowedTcp(stream)
    secrets: Secrets | None = None
    with open_capture(path) as reader:
        pipeline = Pipeline(reader, applications=Applications(frozenset({BYTES}), opened=followed.opened))
        for dissection in pipeline:
            for part in followed.update(pipeline, dissection):
                secrets = secrets or Secrets(followed.whole)
                data = secrets.masked(part)
                if isinstance(part, Part) and data and part.data and part.place is not None and part.place.frame == frame:
                    yield part.data, data
            if len(dissection.batch) and int(dissection.batch.number[-1]) >= frame:
                return


def _by_tshark(path: str, frame: int, layers: list[Layer], show_secrets: bool) -> list[Layer]:
    """The layers as tshark sees them."""
    from analyzer.report.show.with_tshark import TsharkUnable, read, without_bytes

    try:
        return read(path, frame, *without_bytes(layers), show_secrets)
    except TsharkUnable as error:
        raise click.UsageError(str(error)) from None
