"""Connections that carry server-sent events, and the rows that they give."""

from __future__ import annotations

from typing import Any

from analyzer.flow.application.sse import Rows
from tests.flow.stream.wire import ACK, FIN, Reading, Segment, handshake

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def request(last_id: str | None = None) -> bytes:
    more = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
    return f"GET /events HTTP/1.1\r\nHost: h\r\n{more}\r\n".encode()


def connection(pieces: list[tuple[bytes, int]], last_id: str | None = None, end: bool = True) -> list[Segment]:
    """A connection whose server sends these pieces at these times (ms)."""
    asked = request(last_id)
    segments = [*handshake(), Segment(0, 0, asked), Segment(1, 0, RESPONSE)]
    at = len(RESPONSE)
    for data, time in pieces:
        segments.append(Segment(1, at, data, ack=len(asked), time=time))
        at += len(data)
    if end:
        segments += [Segment(1, at, flags=FIN | ACK), Segment(0, len(asked), flags=FIN | ACK, ack=at + 1)]
    return segments


def rows_of(*connections: list[Segment]) -> list[dict[str, Any]]:
    """The rows of connections one after the other, on the same ports."""
    reading, make = Reading("sse"), Rows()
    messages = []
    for number, segments in enumerate(connections):
        messages += reading.read(segments, (1000 + number * 1_000_000, 5000 + number * 1_000_000))
    return [row for message in [*messages, *reading.finish()] for row in make.rows(message)]
