"""HTTP over TCP, and the rows that it gives."""

from __future__ import annotations

from typing import Any

from analyzer.flow.application.http import Rows
from tests.flow.stream.wire import ACK, FIN, Reading, Segment, handshake

CLIENT, SERVER = 0, 1


class Connections:
    """Connections one after the other; their frames are numbered on."""

    def __init__(self) -> None:
        self._segments: list[list[Segment]] = []
        self._at = [0, 0]
        self._start = 0
        self.open()

    def open(self, time: int = 0) -> Connections:
        """A new connection, at `time` ms after the capture began."""
        self._start = time
        self._segments.append([*handshake()])
        self._at = [0, 0]
        return self

    def send(self, direction: int, data: bytes, time: int = 0, lost: bool = False) -> Connections:
        """A segment, at `time` ms (0: one after the one before)."""
        if not lost:
            self._segments[-1].append(Segment(direction, self._at[direction], data, ack=self._at[1 - direction], time=time))
        self._at[direction] += len(data)
        return self

    def end(self, time: int = 0) -> Connections:
        """FIN of the server, then of the client."""
        for direction in (SERVER, CLIENT):
            fin = Segment(direction, self._at[direction], flags=FIN | ACK, ack=self._at[1 - direction], time=time)
            self._segments[-1].append(fin)
            time = 0
        return self

    def rows(self, show_secrets: bool = False) -> list[dict[str, Any]]:
        """The rows of all."""
        reading, make = Reading("http"), Rows(show_secrets)
        messages = []
        for number, segments in enumerate(self._segments):
            messages += reading.read(segments, (1000 + number * 10_000_000, 5000 + number * 10_000_000))
        return [row for message in [*messages, *reading.finish()] for row in make.rows(message)]


def get(target: str = "/", *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A request."""
    more = (f"Content-Length: {len(body)}",) if body else ()
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: h", *fields, *more, "", "")).encode() + body


def answer(*fields: str, status: str = "200 OK", body: bytes = b"") -> bytes:
    """A response."""
    return "\r\n".join((f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", "")).encode() + body
