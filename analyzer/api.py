"""The analyzer as a library: what the commands print, as Python values.

    import analyzer

    with analyzer.open("x.pcapng") as capture:
        for flow in capture.flows():
            print(flow["client"], flow["server"], flow["retransmissions"])
        if capture.damage:
            print("the file is damaged", capture.damage[0].reason)

Rows are dictionaries with the keys of the machine formats (without `schema`, which is `analyzer.SCHEMA`); analyzer.flow.rows
says what they mean. They are made while the capture is read, in memory that does not grow with it. Every call reads the capture
anew, with files of its own, so calls do not disturb each other; a stream can be read once only.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Unpack, cast

from analyzer.capture.reader import CaptureError, CaptureSource, Damage, Reader, open_capture
from analyzer.flow.application.rows import Rows, message_rows
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.chosen import Chosen
from analyzer.flow.columns import rows
from analyzer.flow.rows import arp_rows, gone, live
from analyzer.flow.slots import DEFAULT_BUDGET
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.pipeline import EVERY_APPLICATION, Applications, Dissection, Pipeline
from analyzer.report.choice import Choice, ChosenFrames
from analyzer.report.field_rows import dictionaries, with_file
from analyzer.report.fields import Field, find
from analyzer.report.machine import SCHEMA

if TYPE_CHECKING:
    from analyzer.capture.excerpt import Written
    from analyzer.capture.frame_set import FrameSet
    from analyzer.finding import Finding
    from analyzer.flow.anonymous import Anonymizer
    from analyzer.flow.judged_rows import ReadsRows
    from analyzer.report.summary import Summary

__all__ = ["Capture", "CaptureError", "Choice", "DEFAULT_FIELDS", "Damage", "Row", "SCHEMA", "open"]

Row = dict[str, Any]
Source = CaptureSource | bytes

DEFAULT_FIELDS: Final = (
    "frame.number", "frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
    "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.len", "tcp.seq", "tcp.ack", "tcp.flags", "tcp.analysis.flags",
    "udp.stream", "udp.srcport", "udp.dstport",
)  # fmt: skip


class Capture:
    """One or several capture files, merged by time. Made by `open`."""

    def __init__(self, sources: Sequence[Source], memory: int = DEFAULT_BUDGET) -> None:
        self._sources = [_source(source) for source in sources]
        self._memory = memory
        self._latest = open_capture(*self._sources)
        self._fresh = True  #: nobody has read from it yet
        self._once = any(not isinstance(source, str) or source == "-" for source in self._sources)

    @property
    def damage(self) -> list[Damage]:
        """Where the latest reading had to stop before the end of a file: a Damage (file, offset, frame, reason) for each.

        Complete when the latest iterator is exhausted, and empty then if the files are whole.
        """
        return self._latest.damage

    def packets(
        self,
        fields: Iterable[str] = DEFAULT_FIELDS,
        display_filter: str | None = None,
        **choice: Unpack[Choice],
    ) -> Iterator[Row]:
        """One row per frame: field -> value, None where the frame has no such field.

        Fields and the display filter are Wireshark's (`analyzer fields` lists them); see Choice for what else chooses frames.
        ValueError: there is no such field, or the filter or choice has no meaning.
        """
        return self._packets(find(fields), ChosenFrames(display_filter, **choice))

    def _packets(self, fields: list[Field], chosen: ChosenFrames) -> Iterator[Row]:
        with self._open() as reader:
            shown = with_file(fields, [info.path for info in reader.files])
            for view, mask in chosen.views(self._pipeline(reader)):
                yield from dictionaries(view, shown, mask)
                if chosen.over(view):
                    return

    def flows(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per TCP or UDP conversation, with the keys of flow.rows.FLOW.

        With a filter or choice: of those to which a chosen frame belongs, counted with all of their frames.
        """
        return self._flows(ChosenFrames(display_filter, **choice))

    def _flows(self, frames: ChosenFrames) -> Iterator[Row]:
        with self._open() as reader:
            pipeline = self._pipeline(reader, Applications(), Verdicts())
            both = (pipeline.tcp.conversations, pipeline.udp.conversations)
            chosen = Chosen()
            for view, mask in frames.views(pipeline):
                chosen.update(view.dissection.walk, pipeline.tcp.facts, pipeline.udp.facts, mask)
                for columns in gone(both, chosen):
                    yield from rows(columns)
            pipeline.close()
            for columns in live(both, chosen):
                yield from rows(columns)

    def events(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per TCP event, such as a retransmission, with the keys of flow.rows.EVENT: Wireshark's kind and our verdict."""
        return self._events(ChosenFrames(display_filter, **choice))

    def _events(self, chosen: ChosenFrames) -> Iterator[Row]:
        from analyzer.flow.tcp_events import TcpEvents

        events = TcpEvents()
        with self._open() as reader:
            pipeline = self._pipeline(reader, verdicts=events.verdicts)
            batches = ((view.batch, view.table("tcp") is not None, mask) for view, mask in chosen.views(pipeline))
            for columns in events.read(pipeline, batches, [info.path for info in reader.files], growing=reader.size is None):
                for row in rows(columns):
                    if row["evidence"] is not None:
                        row["evidence"] = list(row["evidence"])
                    yield row

    def stalls(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per head-of-line stall, by their begin, with the keys of flow.tcp.ledger.stall_rows.STALL.

        With a filter or choice: those of which a frame is chosen.
        """
        from analyzer.flow.stalls import StallRows

        return self._read(StallRows(), EVERY_APPLICATION, ChosenFrames(display_filter, **choice))

    def journeys(
        self, display_filter: str | None = None, *, headers: bool = False, **choice: Unpack[Choice]
    ) -> Iterator[Row]:
        """Where the time of each request went, by their begin, with the keys of journey.journey_keys.JOURNEY.

        headers: also HEADERS there. With a filter or choice: those of connections and failed lookups that have a chosen frame.
        """
        from analyzer.journey.journeys import JourneyRows

        found = JourneyRows(headers)
        return self._read(found, Applications(found.wanted), ChosenFrames(display_filter, **choice))

    def rtt(self, display_filter: str | None = None, *, series: bool = False, **choice: Unpack[Choice]) -> Iterator[Row]:
        """The round trips of each TCP connection and direction, with the keys of flow.tcp.ledger.rtt_rows.RTT.

        series: every sample instead, with the keys of SERIES there.
        """
        from analyzer.flow.tcp.ledger.rtt_rows import RttRows, sampled

        return self._judged(sampled if series else RttRows(), ChosenFrames(display_filter, **choice))

    def waits(self, display_filter: str | None = None, *, each: bool = False, **choice: Unpack[Choice]) -> Iterator[Row]:
        """Where the time of each TCP connection went, with the keys of flow.tcp.ledger.wait_rows.WAIT.

        each: every phase instead, with the keys of PHASE there.
        """
        from analyzer.flow.tcp.ledger.wait_rows import Accounts, phases, waits_of

        def phases_of(judged: Judged) -> Iterator[Row]:
            return phases(judged.trace.stream, waits_of(judged))

        return self._judged(phases_of if each else Accounts().judged, ChosenFrames(display_filter, **choice))

    def handshakes(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per TCP connection, how it opened, was secured and answered; with the keys of journey.handshakes.HANDSHAKE.

        With a filter or choice: those that have a chosen frame.
        """
        from analyzer.journey.handshakes import HandshakeRows

        found = HandshakeRows()
        return self._read(found, Applications(found.wanted), ChosenFrames(display_filter, **choice))

    def _judged(self, make: Callable[[Judged], Iterable[Row]], chosen: ChosenFrames) -> Iterator[Row]:
        """What is said of every TCP connection that has a chosen frame."""
        from analyzer.flow.judged_rows import JudgedRows

        return self._read(JudgedRows(make, every=True), None, chosen)

    def _read(self, found: ReadsRows, applications: Applications | None, chosen: ChosenFrames) -> Iterator[Row]:
        """Rows that are made in a reading with verdicts."""
        with self._open() as reader:
            pipeline = self._pipeline(reader, applications, found.verdicts)
            yield from found.read(pipeline, chosen.batches(pipeline))

    def io(
        self, display_filter: str | None = None, *, interval_ns: int | None = None, **choice: Unpack[Choice]
    ) -> Iterator[Row]:
        """Packets, bytes and throughput over time, with the keys of flow.throughput.INTERVAL.

        interval_ns: the length of an interval; None: one that makes at most 100 rows.

        ValueError: the interval is too short for the capture.
        """
        return self._io(interval_ns, ChosenFrames(display_filter, **choice))

    def _io(self, interval_ns: int | None, chosen: ChosenFrames) -> Iterator[Row]:
        from analyzer.flow.throughput import Throughput

        counted = Throughput(interval_ns)
        with self._open() as reader:
            pipeline = self._pipeline(reader)
            both = pipeline.tcp.conversations, pipeline.udp.conversations
            for view, mask in chosen.views(pipeline):
                one = cast(Dissection, view.dissection)
                counted.update(one.batch, one.walk, (one.tcp_facts, both[0]), (one.udp_facts, both[1]), mask)
                for conversations in both:
                    conversations.gone()  # nobody asks for the rows of those that had to leave
        yield from counted.rows()

    def extract(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        display_filter: str | None = None,
        *,
        finding: int | None = None,
        anonymizer: Anonymizer | None = None,
        **choice: Unpack[Choice],
    ) -> Written:
        """Write the chosen frames into a new pcapng file, or those behind finding `finding` (1 is the first of the summary).

        anonymizer: replace addresses, names and contents (flow.anonymous). A stream must be one that can go back (seekable).
        ValueError: there is no such finding, or no frames show it; the target is one of the sources.
        """
        from analyzer.capture.excerpt import About, is_one_of, replacing
        from analyzer.excerpting import behind_finding, behind_selection, write_excerpt

        chosen = ChosenFrames(display_filter, **choice)
        if any(source == "-" or (not isinstance(source, str) and not source.seekable()) for source in self._sources):
            raise CaptureError("a stream can be read once only; write it to a file to extract from it")
        if isinstance(target, (str, os.PathLike)) and is_one_of(os.fspath(target), self._sources):
            raise ValueError("the target is one of the files that are read")
        if finding is not None:
            wanted = self._finding(finding)
            frames: FrameSet | None = behind_finding(self._sources, self._memory, wanted)
            about = About(self._latest)
        else:
            with self._again() as reader:
                pipeline = self._pipeline(reader)
                frames = behind_selection(pipeline, chosen.batches(pipeline))
                about = About(reader)
        if not isinstance(target, (str, os.PathLike)):
            return write_excerpt(self._sources, frames, target, about, anonymizer)
        with replacing(os.fspath(target)) as stream:
            return write_excerpt(self._sources, frames, stream, about, anonymizer)

    def _finding(self, number: int) -> Finding:
        """One of the findings of the summary."""
        with self._again() as reader:
            findings = self._summary(reader, ChosenFrames()).findings()
        if not 1 <= number <= len(findings):
            raise ValueError(f"there are {len(findings)} findings, and none with the number {number}")
        return findings[number - 1]

    def _again(self) -> Reader:
        """A reader for one more reading of sources that can go back to their beginning."""
        from analyzer.excerpting import rewind

        rewind(self._sources)
        self._latest = open_capture(*self._sources)
        return self._latest

    def arp(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per ARP message, with the keys of flow.rows.ARP."""
        return self._arp(ChosenFrames(display_filter, **choice))

    def _arp(self, chosen: ChosenFrames) -> Iterator[Row]:
        with self._open() as reader:
            paths = [info.path for info in reader.files]
            for view, mask in chosen.views(self._pipeline(reader)):
                yield from arp_rows(view.batch, view.table("arp"), mask, paths)

    def dns(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per DNS message, with the keys of flow.application.dns.KEYS. A message is chosen by its last frame."""
        from analyzer.flow.application import dns

        return self._messages("dns", dns.Rows(), ChosenFrames(display_filter, **choice))

    def tls(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per TLS message that is not encrypted, with the keys of flow.application.tls.KEYS."""
        from analyzer.flow.application import tls

        return self._messages("tls", tls.Rows(), ChosenFrames(display_filter, **choice))

    def http(
        self,
        display_filter: str | None = None,
        *,
        show_secrets: bool = False,
        body_limit: int = 0,
        **choice: Unpack[Choice],
    ) -> Iterator[Row]:
        """One row per HTTP/1 request and response, with the keys of flow.application.http.KEYS.

        show_secrets: do not mask credentials and cookies. body_limit: most bytes of each body to decode and keep.
        """
        from analyzer.flow.application import http

        return self._messages("http", http.Rows(show_secrets, body_limit), ChosenFrames(display_filter, **choice), body_limit)

    def websocket(self, display_filter: str | None = None, *, body_limit: int = 0, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per WebSocket frame, with the keys of flow.application.websocket.KEYS."""
        from analyzer.flow.application import websocket

        return self._messages("websocket", websocket.Rows(), ChosenFrames(display_filter, **choice), body_limit)

    def sse(self, display_filter: str | None = None, *, body_limit: int = 0, **choice: Unpack[Choice]) -> Iterator[Row]:
        """One row per server-sent event, with the keys of flow.application.sse.KEYS."""
        from analyzer.flow.application import sse

        return self._messages("sse", sse.Rows(), ChosenFrames(display_filter, **choice), body_limit)

    def _messages(self, protocol: str, make: Rows, chosen: ChosenFrames, body_limit: int = 0) -> Iterator[Row]:
        with self._open() as reader:
            pipeline = self._pipeline(reader, Applications(frozenset({protocol}), body_limit))
            paths, selected = [info.path for info in reader.files], SelectedFrames()
            for view, mask in chosen.views(pipeline):
                selected.add(view.batch, mask)
                yield from message_rows(cast(Dissection, view.dissection).messages, make, paths, selected)
                if chosen.over(view):
                    break
            yield from message_rows(pipeline.finish(), make, paths, selected)

    def summary(self, display_filter: str | None = None, **choice: Unpack[Choice]) -> Row:
        """What the capture is and holds, and what is wrong with it: the object that `analyzer summary --format json` prints."""
        chosen = ChosenFrames(display_filter, **choice)
        with self._open() as reader:
            return self._summary(reader, chosen).as_dict()

    def _summary(self, reader: Reader, chosen: ChosenFrames) -> Summary:
        from analyzer.flow.findings.ledger import LedgerFindings
        from analyzer.report.summary import Summary

        verdicts = LedgerFindings()
        pipeline = self._pipeline(reader, EVERY_APPLICATION, verdicts.verdicts)
        found = Summary(pipeline, verdicts)
        for view, mask in chosen.views(pipeline):
            found.update(cast(Dissection, view.dissection), mask)
        found.finish()
        return found

    def dissections(self) -> Iterator[Dissection]:
        """The columns behind all rows, batch by batch, for NumPy. A batch is valid until the next one is asked for."""
        with self._open() as reader:
            yield from self._pipeline(reader)

    def close(self) -> None:
        """Close the files of the latest reading; those of others are closed with their iterators."""
        self._latest.close()

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _open(self) -> Reader:
        """A reader at the beginning of the capture, for one reading, which closes it."""
        if not self._fresh:
            if self._once:
                raise CaptureError("a stream can be read once only; write it to a file to read it again")
            self._latest = open_capture(*self._sources)
        self._fresh = False
        return self._latest

    def _pipeline(self, reader: Reader, applications: Applications | None = None, verdicts: Verdicts | None = None) -> Pipeline:
        return Pipeline(reader, None, self._memory, applications, verdicts)


def open(*sources: Source, memory: int = DEFAULT_BUDGET) -> Capture:
    """Open capture files, binary streams, or "-" for standard input; several are merged by time.

    memory: most bytes for conversations, 3/4 of it for TCP and 1/4 for UDP.
    CaptureError: a source cannot be opened or is no capture. TypeError: it is neither a path nor a binary stream.
    """
    return Capture(sources, memory)


def _source(source: object) -> str | BinaryIO:
    """A source as the reader wants it."""
    if isinstance(source, (str, bytes, os.PathLike)):
        return os.fsdecode(source)
    if isinstance(source, io.TextIOBase) or not hasattr(source, "read"):
        raise TypeError(f"a capture is a path or a binary stream, not {type(source).__name__}")
    return cast(BinaryIO, source)
