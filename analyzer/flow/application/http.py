"""Requests and responses as rows: which answers which, how long it took, and what the fields of both decide.

Times are between frames: a request is sent when the last of it was seen, its response begins with the first frame of that and
is there with the last. `response_time_ns` is Wireshark's http.time.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from analyzer.dissect.application.http1.coding import decoded
from analyzer.dissect.application.http1.framing import content_length
from analyzer.dissect.application.http1.message import Flaw, Framing, HttpMessage, Request, Response
from analyzer.dissect.application.http1.secrets import SECRET, masked_headers
from analyzer.dissect.application.stream import Message
from analyzer.flow.meaning import boolean, frame, integer, listing, text, time

from .caching import caching
from .negotiation import compression, vary_missing
from .repeats import Repeats
from .rows import PLACED, Row, placed

KEYS: Final = {
    **PLACED,
    "message": text("request or response"),
    "version": text("of HTTP: 1.0 or 1.1; null: the request line has none"),
    "method": text("of the request, in the row of the response too; null: the request is not known"),
    "host": text("of the request: the first Host field; null: none"),
    "uri": text("of the request: its target, as it was sent"),
    "status": integer("status code of a response"),
    "reason": text("reason phrase of a response"),
    "headers": listing("[name, value] of each field; secrets are masked unless they were asked for"),
    "trailers": listing("the fields behind a chunked body; absent: none"),
    "content_length": integer("as the field says; null: none, or no number", "bytes"),
    "body_bytes": integer("of the body as transferred, content coding included, chunk sizes not", "bytes"),
    "framing": text(f"how the end of the message is known: {', '.join(Framing)}"),
    "missing_bytes": integer("bytes of the message that the capture does not have", "bytes"),
    "flaws": listing(f"what is wrong with the message: {', '.join(str(one.name).lower() for one in Flaw)}"),
    "request_frame": frame("the frame that completes the request of a response, or its first if it goes on; null: not captured"),
    "response_time_ns": time("from there to the frame that completes the response (http.time); null: that came before"),
    "time_to_first_byte_ns": time("from there to the first frame of the response; null: that came before"),
    "transfer_ns": time("from the first to the last frame of the response"),
    "idempotent": boolean("of a request: repeating it does no more than sending it once (RFC 9110 section 9.2.2)"),
    "idempotency_key": text("the field Idempotency-Key, by which a server recognises a repeat"),
    "conditional": boolean("of a request: it asks for a body only if that has changed, or the like (If-*)"),
    "repeat_of": frame("the frame of the same request (client, method, host, target, body) on an earlier connection"),
    "attempt": integer("of a repeated request: 2 is the first repeat"),
    "since_previous_ns": time("of a repeated request: since the one before"),
    "previous_status": integer("of a repeated request: the answer to the one before; null: there was none yet"),
    "cacheable": text("who may keep the response: nobody, private (a browser) or shared (a proxy, too) caches (RFC 9111)"),
    "freshness_ns": time("how long it may be used without asking again, by the widest of those caches; null: not said"),
    "freshness_from": text("what decides about both: a directive, a field, heuristic (a tenth of its age), method or status"),
    "age_ns": time("how long it has been in caches on the way: the field Age"),
    "saved_bytes": integer("of a 304: the body of the earlier 200 that need not be sent again; null: not captured", "bytes"),
    "compression": text("used; missed: text worth compressing, from a server whose client would take it; null: neither"),
    "vary_missing": boolean("a shared cache may give the compressed body to clients that cannot read it: Vary is incomplete"),
    "body": text("the body, decoded, if it was asked for and is UTF-8"),
    "body_base64": text("the same of other bodies"),
    "body_cut": boolean("of a body that was asked for: it is not all there, or longer than the limit"),
    "body_failed": text("of a body that was asked for: the content coding that could not be undone"),
}  # fmt: skip

#: idempotent methods (IANA registry of HTTP methods); the others are not, or nobody knows
IDEMPOTENT: Final = frozenset((
    "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY", "ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY",
    "LABEL", "LINK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI",
    "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE",
    "UPDATEREDIRECTREF", "VERSION-CONTROL",
))  # fmt: skip
CONDITIONS: Final = frozenset(("if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"))
MAX_RESOURCES: Final = 1 << 16  #: URLs of which the size is remembered, for a later 304; the oldest is forgotten first
SECOND: Final = 1_000_000_000
FIELD: Final = int(Flaw.FIELD)
CUT_BODY: Final = int(Flaw.CUT_BODY)
FLAWS: Final = {flaw.value: str(flaw.name).lower() for flaw in Flaw}


class Rows:
    """Makes the rows, in the order in which messages are complete.

    most: requests, and URLs, that are remembered; None: MAX_REMEMBERED and MAX_RESOURCES.
    """

    def __init__(self, show_secrets: bool = False, body_limit: int = 0, most: int | None = None) -> None:
        self._show_secrets = show_secrets
        self._body_limit = body_limit
        self._repeats = Repeats(most)
        self._most = most or MAX_RESOURCES
        self._forgotten = 0
        #: (host, target) -> bytes of the body of the latest 200
        self._sizes: OrderedDict[tuple[str | None, str], int] = OrderedDict()

    @property
    def forgotten(self) -> int:
        """Requests and URLs that had to make room: repeats of them, and what a 304 saved, are not told."""
        return self._forgotten + self._repeats.forgotten

    def rows(self, message: Message) -> Iterator[Row]:
        """The row of a message."""
        if isinstance(message, Request):
            yield self._request(message)
        elif isinstance(message, Response):
            yield self._response(message)

    def _common(self, row: Row, message: HttpMessage) -> None:
        fields = message.fields
        shown = self._show_secrets or (SECRET.isdisjoint(fields) and not message.flaws & FIELD)
        row["headers"] = message.headers if shown else masked_headers(message.headers)
        if message.trailers:
            row["trailers"] = message.trailers if self._show_secrets else masked_headers(message.trailers)
        row["content_length"] = content_length(fields["content-length"]) if "content-length" in fields else None
        row["body_bytes"] = message.body_bytes
        row["framing"] = message.framing.value
        row["missing_bytes"] = message.missing
        flaws = int(message.flaws)
        if message.complete or message.missing:  # the end may have come; or it is the capture that lacks something
            flaws &= ~CUT_BODY
        row["flaws"] = [name for bit, name in FLAWS.items() if flaws & bit] if flaws else []
        if message.body is not None:
            body = decoded(bytes(message.body), fields.get("content-encoding", ""), self._body_limit)
            try:
                row["body"] = body.data.decode("utf-8")
            except UnicodeDecodeError:
                row["body_base64"] = base64.b64encode(body.data).decode("ascii")
            row["body_cut"] = message.body_cut or not body.complete
            if body.failed:
                row["body_failed"] = body.failed

    def _request(self, message: Request) -> Row:
        row = placed(message, message.direction)
        row["message"] = "request"
        row["version"] = message.version or None
        row["method"] = message.method
        row["host"] = message.host
        row["uri"] = message.target
        self._common(row, message)
        fields = message.fields
        row["idempotent"] = message.method in IDEMPOTENT
        if "idempotency-key" in fields:
            row["idempotency_key"] = fields["idempotency-key"]
        row["conditional"] = not CONDITIONS.isdisjoint(fields)
        repeat = self._repeats.request(message)
        if repeat is not None:
            row["repeat_of"] = repeat.frame
            row["attempt"] = repeat.attempt
            row["since_previous_ns"] = repeat.since_ns
            row["previous_status"] = repeat.status
        return row

    def _response(self, message: Response) -> Row:
        row = placed(message, 1 - message.direction)
        request = message.request
        row["message"] = "response"
        row["version"] = message.version
        row["method"] = request.method if request else None
        row["host"] = request.host if request else None
        row["uri"] = request.target if request else None
        row["status"] = message.status
        row["reason"] = message.reason
        self._common(row, message)
        first, last = message.first, message.last
        assert first is not None and last is not None
        sent = request.last if request is not None and request.complete else None
        begun = sent or (request.first if request is not None else None)
        row["request_frame"] = begun.frame if begun else None
        row["response_time_ns"] = last.time - sent.time if sent and message.complete and last.time >= sent.time else None
        row["time_to_first_byte_ns"] = first.time - sent.time if sent and first.time >= sent.time else None
        row["transfer_ns"] = last.time - first.time if message.complete else None
        if request is not None and message.status >= 200:
            self._decided(row, request, message, last.time // SECOND)
        return row

    def _decided(self, row: Row, request: Request, response: Response, received: int) -> None:
        """What the fields of both decide."""
        fields = response.fields
        kept = caching(request.method, request.fields, response.status, fields, received)
        if kept is not None:
            row["cacheable"] = kept.by
            row["freshness_ns"] = None if kept.lifetime is None else kept.lifetime * SECOND
            row["freshness_from"] = kept.source or None
        age = fields.get("age", "")
        if age.isascii() and age.isdigit() and len(age) < 10:
            row["age_ns"] = int(age) * SECOND
        if request.method == "GET":
            self._sizes_of(row, (request.host, request.target), response)
            if response.complete:
                row["compression"] = compression(request.fields, response.status, fields, response.body_bytes)
            row["vary_missing"] = vary_missing(request.fields, fields, kept)
        self._repeats.response(request, response.status)

    def _sizes_of(self, row: Row, resource: tuple[str | None, str], response: Response) -> None:
        if response.status == 304:
            row["saved_bytes"] = self._sizes.get(resource)
        elif response.status == 200 and response.complete:
            sizes = self._sizes
            if resource not in sizes and len(sizes) >= self._most:
                sizes.popitem(last=False)
                self._forgotten += 1
            sizes[resource] = response.body_bytes
