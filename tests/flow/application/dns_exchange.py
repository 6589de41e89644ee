"""DNS messages between hosts, as the flow layer hands them on."""

from __future__ import annotations

from typing import Any

from analyzer.dissect.application import dns
from analyzer.dissect.application.stream import Origin, Place
from analyzer.flow.application.dns import Rows
from tests.dissect.application.dns.build import QUESTION, query, response

MILLISECOND = 1_000_000


class Exchange:
    """Makes rows of queries and responses between one client and any servers; frames count from 1, times are milliseconds."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._made = Rows()
        self._streams: dict[Any, int] = {}

    def query(self, at: float, asked: bytes = QUESTION, number: int = 1, flags: int = 0x0100, **where: Any) -> dict[str, Any]:
        return self.message(at, query(asked, number, flags), 0, **where)

    def response(
        self, at: float, *answers: bytes, asked: bytes = QUESTION, number: int = 1, flags: int = 0x8180, **where: Any
    ) -> dict[str, Any]:
        return self.message(at, response(*answers, question=asked, number=number, flags=flags), 1, **where)

    def message(
        self,
        at: float,
        data: bytes,
        direction: int,
        server: str = "10.0.0.53",
        client: str = "10.0.0.1",
        port: int = 40_000,
        service: int = 53,
        transport: str = "udp",
    ) -> dict[str, Any]:
        ends = (transport, client, port, server, service)
        stream = self._streams.setdefault(ends, len(self._streams))
        (message,) = dns.datagram(data, (port, service), direction)
        message.origin = Origin(transport, stream, (client, server), (port, service), 0)
        message.first = message.last = Place(len(self.rows) + 1, round(at * MILLISECOND))
        (row,) = self._made.rows(message)
        self.rows.append(dict(row))
        return self.rows[-1]
