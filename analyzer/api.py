"""The analyzer as a library: what the commands print, as Python values.

    import analyzer

    with analyzer.open("x.pcapng") as capture:
        for flow in capture.flows():
            print(flow["client"], flow["server"], flow["retransmissions"])
        if capture.damage:
            print("the file is damaged", capture.damage[0].reason)

Rows are dictionaries with the keys of the machine formats (without `schema`), made while the capture is read, in memory that
does not grow with it. Every call reads the capture anew, so calls do not disturb each other; a stream can be read once only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Final

from analyzer.batch import Column
from analyzer.capture.reader import CaptureError, Damage, Reader, open_capture
from analyzer.flow.chosen import Chosen
from analyzer.flow.columns import rows
from analyzer.flow.rows import arp_rows, event_columns, gone, live
from analyzer.flow.slots import DEFAULT_BUDGET
from analyzer.pipeline import Dissection, Pipeline
from analyzer.report.field_rows import dictionaries, with_file
from analyzer.report.fields import Field, View, find, views
from analyzer.report.selection import Selection

__all__ = ["Capture", "CaptureError", "DEFAULT_FIELDS", "Damage", "Row", "open"]

Row = dict[str, Any]
Source = str | os.PathLike[str] | BinaryIO

DEFAULT_FIELDS: Final = (
    "frame.number", "frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
    "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.len", "tcp.seq", "tcp.ack", "tcp.flags", "tcp.analysis.flags",
    "udp.stream", "udp.srcport", "udp.dstport",
)  # fmt: skip


class Capture:
    """One or several capture files, merged by time. Made by `open`."""

    def __init__(self, sources: Sequence[Source], memory: int = DEFAULT_BUDGET) -> None:
        self._sources = tuple(sources)
        self._memory = memory
        self._latest = open_capture(*self._sources)
        self._fresh = True  #: nobody has read from it yet
        self._once = any(not isinstance(source, (str, os.PathLike)) or os.fspath(source) == "-" for source in sources)

    @property
    def damage(self) -> list[Damage]:
        """Where the latest reading had to stop before the end of a file; complete when its iterator is exhausted."""
        return self._latest.damage

    def packets(
        self, fields: Iterable[str] = DEFAULT_FIELDS, display_filter: str | None = None, frames: str | None = None
    ) -> Iterator[Row]:
        """One row per frame: field -> value, None where the frame has no such field.

        Fields and the display filter are Wireshark's (`analyzer fields` lists them); frames are ranges such as "1,5-9,100-".
        ValueError: there is no such field, or the filter has no meaning.
        """
        return self._packets(find(fields), Selection(frames=frames, display_filter=display_filter))

    def _packets(self, fields: list[Field], selection: Selection) -> Iterator[Row]:
        reader = self._open()
        paths = [info.path for info in reader.files]
        shown = with_file(fields, paths)
        for view, mask in self._selected(reader, Pipeline(reader, budget=self._memory), selection):
            yield from dictionaries(view, shown, mask)
            if selection.over(view):
                return

    def flows(self, display_filter: str | None = None) -> Iterator[Row]:
        """One row per TCP or UDP conversation (with a filter: of those to which a packet that it shows belongs)."""
        selection = Selection(display_filter=display_filter)
        return self._flows(selection)

    def _flows(self, selection: Selection) -> Iterator[Row]:
        reader = self._open()
        pipeline = Pipeline(reader, budget=self._memory)
        both = (pipeline.tcp.conversations, pipeline.udp.conversations)
        chosen = Chosen()
        for view, mask in self._selected(reader, pipeline, selection):
            chosen.update(view.dissection.walk, pipeline.tcp.facts, pipeline.udp.facts, mask)
            for columns in gone(both, chosen):
                yield from rows(columns)
        for columns in live(both, chosen):
            yield from rows(columns)

    def events(self, display_filter: str | None = None) -> Iterator[Row]:
        """One row per TCP event, such as a retransmission."""
        return self._events(Selection(display_filter=display_filter))

    def _events(self, selection: Selection) -> Iterator[Row]:
        reader = self._open()
        pipeline = Pipeline(reader, budget=self._memory)
        paths = [info.path for info in reader.files]
        for view, mask in self._selected(reader, pipeline, selection):
            if view.table("tcp") is not None:
                yield from rows(event_columns(view.batch, pipeline.tcp, mask, paths))

    def arp(self, display_filter: str | None = None) -> Iterator[Row]:
        """One row per ARP message."""
        return self._arp(Selection(display_filter=display_filter))

    def _arp(self, selection: Selection) -> Iterator[Row]:
        reader = self._open()
        paths = [info.path for info in reader.files]
        for view, mask in self._selected(reader, Pipeline(reader, budget=self._memory), selection):
            yield from arp_rows(view.batch, view.table("arp"), mask, paths)

    def summary(self, display_filter: str | None = None) -> Row:
        """What the capture is and holds, and what is wrong with it: the object that `analyzer summary --format json` prints."""
        from analyzer.report.summary import Summary

        selection = Selection(display_filter=display_filter)
        reader = self._open()
        pipeline = Pipeline(reader, budget=self._memory)
        found = Summary(reader, pipeline.walk, pipeline.fragments, pipeline.tcp, pipeline.udp)
        for view, mask in self._selected(reader, pipeline, selection):
            found.update(view.batch, mask)
        return found.as_dict()

    def dissections(self) -> Iterator[Dissection]:
        """The columns behind all rows, batch by batch, for NumPy. A batch is valid until the next one is asked for."""
        return iter(Pipeline(self._open(), budget=self._memory))

    def close(self) -> None:
        """Close the files. Iterators that have not come to their end must not be used any more."""
        self._latest.close()

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _open(self) -> Reader:
        """A reader at the beginning of the capture."""
        if not self._fresh:
            if self._once:
                raise CaptureError("a stream can be read once only; write it to a file to read it again")
            self._latest = open_capture(*self._sources)
        self._fresh = False
        return self._latest

    def _selected(self, reader: Reader, pipeline: Pipeline, selection: Selection) -> Iterator[tuple[View, Column | None]]:
        for view in views(pipeline, [info.path for info in reader.files]):
            yield view, selection.mask(view)


def open(*sources: Source, memory: int = DEFAULT_BUDGET) -> Capture:
    """Open capture files, binary streams, or "-" for standard input; several are merged by time.

    memory: most bytes for conversations, 3/4 of them for TCP and 1/4 for UDP, but always enough for two batches of new ones.
    CaptureError: a source cannot be opened or is no capture.
    """
    return Capture(sources, memory)
