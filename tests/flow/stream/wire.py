"""A TCP connection written down as segments, and what the stream layer makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import pytest

from analyzer.dissect import applications
from analyzer.dissect.application.stream import Handover, Message, Opening
from analyzer.dissect.walk import Walk
from analyzer.flow.application.messages import Messages
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.udp import UdpConversations
from tests.frames import batch_of, ethernet, ipv4, tcp

SYN, ACK, FIN, RST = 2, 16, 1, 4
MILLISECOND = 1_000_000
ORIGINS = (1000, 5000)  #: sequence numbers of the first bytes


@dataclass(frozen=True)
class Segment:
    """A segment: `at` is the offset of its first byte."""

    direction: int = 0
    at: int = 0
    data: bytes = b""
    flags: int = ACK
    ack: int = 0  #: offset in the other direction
    time: int = 0  #: ms; 0: one after the segment before
    cut: int = 0  #: bytes that the capture has cut off its end


def handshake() -> list[Segment]:
    return [Segment(0, -1, flags=SYN), Segment(1, -1, flags=SYN | ACK), Segment(0)]


@dataclass(slots=True, kw_only=True, eq=False)
class Line(Message):
    """A line of text."""

    PROTOCOL: ClassVar[str] = "lines"
    text: bytes = b""


class Lines:
    """A protocol of lines, of which `skip N` is followed by N bytes that nobody wants, and `tunnel` by whatever begins there."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.wanted = list(opening.starts)
        self.handover: Handover | None = None
        self._begun = list(opening.starts)
        self._rest = [b"", b""]
        self._lost = [False, False]

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        self.wanted[direction] += len(data)
        if self._lost[direction]:
            self._lost[direction], self._begun[direction] = False, self.wanted[direction] - len(data)
        data = self._rest[direction] + data
        found = []
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            start = self._begun[direction]
            end = self._begun[direction] = start + len(line) + 1
            if line.startswith(b"skip "):
                size = int(line[5:])
                end += size
                self._begun[direction] = end
                self.wanted[direction] = max(self.wanted[direction], end)
                data = data[size:]
            found.append(Line(direction=direction, start=start, end=end, text=line))
            if line == b"tunnel":
                starts = (self._begun[0], self._begun[1])
                self._rest[direction] = data
                self.handover = Handover("", starts, (self._rest[0], self._rest[1]))
                return found
        self._rest[direction] = data
        return found

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        self.wanted[direction] += size
        self._rest[direction], self._lost[direction] = b"", True
        return ()

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        if not self._rest[direction]:
            return ()
        start = self._begun[direction]
        end = start + len(self._rest[direction])
        return [Line(direction=direction, start=start, end=end, complete=ended, text=self._rest[direction])]


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """Lines begin with a letter a-z; "w" waits for one more byte, which is not 0."""
    return None if head == b"w" else head[:1].islower() and head[1:2] != b"\0"


LINES = SimpleNamespace(NAME="lines", recognise=recognise, Conversation=Lines)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the protocol of lines is known, by the letters."""
    by_first = tuple((LINES,) if chr(value).islower() and value < 128 else () for value in range(256))
    monkeypatch.setattr(applications, "BY_FIRST_BYTE", by_first)
    monkeypatch.setattr(applications, "STREAMS", {"lines": LINES})


class Reading:
    """The stream layer, reading segments."""

    def __init__(self, wanted: str = "lines", budget: int = 1 << 24) -> None:
        self.tcp, self.udp = TcpAnalysis(), UdpConversations()
        self.messages = Messages(self.tcp, self.udp, frozenset({wanted}), budget)
        self._walk = Walk()
        self._frames = 0
        self._time = 0

    def read(self, segments: Sequence[Segment], origins: tuple[int, int] = ORIGINS) -> list[Message]:
        """The messages of one batch."""
        batch = batch_of(*self._written(segments, origins))
        batch.number += self._frames
        self._frames += len(segments)
        self._walk.batch(batch)
        table = self._walk.table("tcp")
        assert table is not None
        return list(self.messages.update(batch, table, self.tcp.update(batch, table), None, None))

    def finish(self) -> list[Message]:
        return list(self.messages.finish())

    def _written(self, segments: Sequence[Segment], origins: tuple[int, int]) -> tuple[list[bytes], int, list[int], list[int]]:
        frames, wire, times = [], [], []
        for one in segments:
            seq, ack = (origins[one.direction] + one.at) % 2**32, (origins[1 - one.direction] + one.ack) % 2**32
            header = bytearray(tcp(one.data, one.flags, seq, ack if one.flags & ACK else 0))
            ends = ("10.0.0.1", "10.0.0.2")
            if one.direction:
                header[:4] = header[2:4] + header[:2]
                ends = ends[::-1]
            frame = ethernet(ipv4(bytes(header), 6, *ends))
            wire.append(len(frame))
            frames.append(frame[: len(frame) - one.cut])
            self._time = one.time * MILLISECOND if one.time else self._time + MILLISECOND
            times.append(self._time)
        return frames, 1, wire, times


def told(messages: Sequence[Message]) -> list[tuple[bytes, int | None, int | None]]:
    """(text, first frame, last frame) of each line; the last frame None where it is not complete."""
    return [(m.text, m.first.frame, m.last.frame if m.complete else None) for m in messages]  # type: ignore[attr-defined,union-attr]


def every(segments: Sequence[Segment]) -> Iterator[tuple[bytes, int | None, int | None]]:
    """All lines of a capture."""
    reading = Reading()
    yield from told(reading.read(segments))
    yield from told(reading.finish())
