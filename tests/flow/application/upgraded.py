"""A WebSocket connection over TCP, and the rows that it gives."""

from __future__ import annotations

from typing import Any

from analyzer.flow.application.websocket import Rows
from tests.flow.stream.wire import ACK, FIN, Reading, Segment, handshake

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


class Script:
    """Segments one after the other, from frame 6 on; before it the handshakes of TCP and WebSocket."""

    def __init__(self) -> None:
        self.segments = [*handshake(), Segment(0, 0, REQUEST), Segment(1, 0, RESPONSE)]
        self._at = [len(REQUEST), len(RESPONSE)]

    def send(self, direction: int, data: bytes, time: int = 0, lost: bool = False) -> Script:
        """A segment at `time` ms, which may be lost."""
        if not lost:
            self.segments.append(Segment(direction, self._at[direction], data, ack=self._at[1 - direction], time=time))
        self._at[direction] += len(data)
        return self

    def end(self) -> Script:
        """FIN of both."""
        for direction in (1, 0):
            self.segments.append(Segment(direction, self._at[direction], flags=FIN | ACK, ack=self._at[1 - direction]))
        return self

    def rows(self) -> list[dict[str, Any]]:
        reading, make = Reading("websocket"), Rows()
        messages = [*reading.read(self.segments), *reading.finish()]
        return [row for message in messages for row in make.rows(message)]
