"""Requests and answers in the clear: those of HTTP/1, and the talk of other protocols.

HTTP: one exchange for each request, with its final response (RFC 9110 section 15; 1xx are none, but for 101). A CONNECT that
opened a tunnel in which TLS followed is no exchange: it belongs to the way there. A response whose request was not captured has
none.

Another protocol, or an unknown one: one exchange, from the client's first payload to the server's last. It is answered by the
first payload of the server that acknowledges it, or, where that acknowledges nothing at all, that passes no sooner than the way
to the server and back after it. In HTTP/2 that is no certain answer: the server has SETTINGS to acknowledge and to send (RFC 9113
section 6.5).
"""

from __future__ import annotations

from typing import Final

from analyzer.dissect.application import http2
from analyzer.dissect.application.http1.message import Request, Response
from analyzer.dissect.application.http1.secrets import masked_headers
from analyzer.dissect.application.stream import NEVER, Place
from analyzer.flow.tcp.ledger.opening import ARRIVED
from analyzer.flow.tcp.ledger.position import Position
from analyzer.journey.connection import Exchange
from analyzer.journey.payload import Payload

MOST_EXCHANGES: Final = 1 << 16  #: of one connection that are kept, the first ones
MOST_WAITING: Final = 1_024  #: requests of a connection without their answer: the oldest is given up
SWITCHING: Final = 101
TUNNEL: Final = "CONNECT"
FIRST_FINAL: Final = 200


class HttpExchanges:
    """Hand it the HTTP messages of one connection, in the order in which they were complete. most: None: MOST_EXCHANGES."""

    def __init__(self, headers: bool, most: int | None = None) -> None:
        self._most = most or MOST_EXCHANGES
        self.found: list[Exchange] = []
        self.forgotten = 0  #: exchanges behind the first `most`
        self.client = -1  #: direction of the requests
        self._headers = headers
        self._waiting: dict[int, tuple[Request, Exchange]] = {}

    def add(self, message: Request | Response) -> None:
        """A request or a response."""
        if message.first is None or message.last is None:
            return
        if isinstance(message, Request):
            self._request(message, message.first, message.last)
        elif message.request is not None and (message.status >= FIRST_FINAL or message.status == SWITCHING):
            self._response(message, message.request, message.first, message.last)

    def _request(self, request: Request, first: Place, last: Place) -> None:
        waiting = self._waiting.get(id(request))
        if waiting is not None:  # it was answered before it was complete
            del self._waiting[id(request)]
            waiting[1].request_last, waiting[1].request_bytes = last, _bytes(request)
        else:
            made = self._begin(request, first, last)
            if made is not None:
                if len(self._waiting) >= MOST_WAITING:
                    del self._waiting[next(iter(self._waiting))]
                self._waiting[id(request)] = (request, made)

    def _begin(self, request: Request, first: Place, last: Place) -> Exchange | None:
        if len(self.found) >= self._most:
            self.forgotten += 1
            return None
        self.client = request.direction
        made = Exchange(
            first,
            last,
            complete=False,
            request_bytes=_bytes(request),
            request_head_bytes=max(0, request.head_end - request.start),
            method=request.method,
            host=request.host,
            target=request.target,
        )
        if self._headers:
            made.request_headers = [list(pair) for pair in masked_headers(request.headers)]
        self.found.append(made)
        return made

    def _response(self, response: Response, request: Request, first: Place, last: Place) -> None:
        waiting = self._waiting.pop(id(request), None)
        if waiting is not None:
            made: Exchange | None = waiting[1]
        elif request.first is not None and request.last is None:
            made = self._begin(request, request.first, request.first)
            if made is not None:
                self._waiting[id(request)] = (request, made)
        else:
            made = None
        if made is None:
            return
        made.response_first, made.response_last = first, last
        made.complete = response.complete
        made.response_bytes = max(0, min(response.end, response.head_end + response.body_bytes) - response.start)
        made.response_head_bytes = max(0, response.head_end - response.start)
        made.status = response.status
        made.reason = response.reason
        made.http_version = response.version
        made.content_type = response.fields.get("content-type")
        made.redirect = response.fields.get("location")
        if self._headers:
            made.response_headers = [list(pair) for pair in masked_headers(response.headers)]


def _bytes(request: Request) -> int:
    """Of the head alone, while nobody knows where the body ends, and if it never came to its end."""
    whole = request.complete and request.last is not None and request.end < NEVER
    return max(0, (request.end if whole else request.head_end) - request.start)


def plain(said: Payload, client: int, position: Position, application: str | None) -> Exchange | None:
    """All that was said as one exchange; None: the client said nothing."""
    talk = said.talk(client, int(ARRIVED * (position.far[client] or 0)))
    if talk.request < 0:
        return None
    request = said.place(talk.request)
    answered = talk.answer >= 0
    made = Exchange(request, request, complete=answered, certain=answered and application != http2.NAME)
    made.request_bytes = said.span(talk.request, talk.client_last)
    made.request_last = said.place(talk.request_last)
    if answered:
        made.response_first, made.response_last = said.place(talk.answer), said.place(talk.last)
        made.response_bytes = said.span(talk.answer, talk.answer_last)
        made.turns = sum(turn.direction == client for turn in said.turns())
    return made
