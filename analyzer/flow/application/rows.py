"""What the rows of all applications share: the frames and times of a message, its conversation and who sent it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from analyzer.dissect.application.stream import Message
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.meaning import EPOCH, boolean, frame, integer, text, time

Row = dict[str, Any]

PLACED: Final = {  #: keys of every message, first in its row
    "frame": frame("the frame that completes the message: the latest that any of its bytes came in; null: it never was complete"),
    "first_frame": frame("the frame with the first byte of the message"),
    "last_frame": frame("the latest frame that any of its bytes came in, complete or not"),
    "time_ns": time(f"time of last_frame, {EPOCH}"),
    "first_time_ns": time(f"time of first_frame, {EPOCH}"),
    "stream": integer("number of the conversation, as in tcp.stream or udp.stream"),
    "direction": text("who sent it: client or server"),
    "complete": boolean("all bytes of it came; false: the capture, the connection or a gap ended it"),
}  # fmt: skip


class Shared(Row):
    """A part of rows that several of them have in common: nobody changes it."""

    __slots__ = ("encoded",)

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        self.encoded = ""  #: as whoever writes rows has it, made once


class Rows(Protocol):
    """Turns the messages of one protocol into rows, in the order in which they were completed; pairs them on the way."""

    def __init__(self, show_secrets: bool = False) -> None: ...

    def rows(self, message: Message) -> Iterable[Row]:
        """The rows that this message gives: mostly one."""
        ...


class SharingRows(Rows, Protocol):
    """Rows of which many have a part in common."""

    def parts(self, message: Message) -> tuple[Row, Shared]:
        """The row of a message: what it has for itself, and what it shares."""
        ...


def message_parts(
    messages: Iterable[Message], make: SharingRows, paths: Sequence[str], selected: SelectedFrames | None = None
) -> Iterator[tuple[Row, Shared]]:
    """The same as message_rows, in two parts."""
    for message in messages:
        row, shared = make.parts(message)
        if selected is not None and row["last_frame"] not in selected:
            continue
        if "file" in row:
            row["file"] = paths[row["file"]]
        yield row, shared


def message_rows(
    messages: Iterable[Message], make: Rows, paths: Sequence[str], selected: SelectedFrames | None = None
) -> Iterator[Row]:
    """The rows of those messages whose last frame is selected; files by their paths."""
    for message in messages:
        for row in make.rows(message):
            if selected is not None and row["last_frame"] not in selected:
                continue
            if "file" in row:
                row["file"] = paths[row["file"]]
            yield row


def placed(message: Message, client: int | None = None) -> Row:
    """The keys of PLACED; `client` is the direction of the client where the protocol knows better than the transport.

    Where several files are merged: also the index of the file as `file`, and `frame_in_file`; report the path instead.
    """
    first, last, origin = message.first, message.last, message.origin
    assert first is not None and last is not None and origin is not None
    row: Row = {
        "frame": last.frame if message.complete else None,
        "first_frame": first.frame,
        "last_frame": last.frame,
        "time_ns": last.time,
        "first_time_ns": first.time,
        "stream": origin.stream,
        "direction": "client" if message.direction == (origin.client if client is None else client) else "server",
        "complete": message.complete,
    }
    if last.file >= 0:
        row["file"], row["frame_in_file"] = last.file, last.frame_in_file
    return row
