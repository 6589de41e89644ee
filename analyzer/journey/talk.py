"""What the messages of one connection say, kept in short until its packets are judged."""

from __future__ import annotations

from analyzer.dissect.application.http1.message import Request, Response
from analyzer.dissect.application.tls.following import Record
from analyzer.dissect.application.tls.message import TlsMessage
from analyzer.journey.exchanges import HttpExchanges
from analyzer.journey.secured import Handshake


class Talk:
    """Hand it the messages in the order in which they were complete. headers: those of HTTP are kept."""

    __slots__ = ("_headers", "_most_exchanges", "http", "tls")

    def __init__(self, headers: bool, most_exchanges: int | None = None) -> None:
        self.tls: Handshake | None = None
        self.http: HttpExchanges | None = None
        self._headers = headers
        self._most_exchanges = most_exchanges

    def add(self, message: TlsMessage | Record | Request | Response) -> None:
        """One of them."""
        if isinstance(message, Request | Response):
            if self.http is None:
                self.http = HttpExchanges(self._headers, self._most_exchanges)
            self.http.add(message)
            return
        if self.tls is None:
            self.tls = Handshake()
        self.tls.add(message)
