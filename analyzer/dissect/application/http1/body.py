"""The bytes of a body for those who want them: a reader of its media type, the row that shows it, the digest that tells repeats.

Most bodies have nobody; their bytes are not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from analyzer.dissect.application.stream import BodyReader, Exchange, Message, Opening

from .message import HttpMessage, Request, Response

MAX_DIGEST: Final = 1 << 16  #: bytes of the body of a request up to which repeats of it are recognised
DIGEST_SIZE: Final = 12  #: bytes; enough to tell apart what a capture holds


class Body:
    """What becomes of the body of one message."""

    __slots__ = ("_digest", "_limit", "_message", "_reader", "_seen")

    def __init__(self, message: HttpMessage, limit: int, reader: BodyReader | None) -> None:
        self._message = message
        self._limit = limit
        self._reader = reader
        self._digest = blake2b(digest_size=DIGEST_SIZE) if isinstance(message, Request) else None
        self._seen = 0
        if limit:
            message.body = bytearray()
        if self._digest is not None:
            message.digest = None  # type: ignore[attr-defined]

    @property
    def wanted(self) -> bool:
        """Whether anybody wants more of it."""
        return self._reader is not None or self._digest is not None or 0 < self._limit >= self._seen

    def feed(self, data: bytes, start: int) -> Sequence[Message]:
        """A piece of the body, which the stream has at `start`."""
        self._seen += len(data)
        message = self._message
        if message.body is not None and not message.body_cut:
            message.body += data[: self._limit - len(message.body)]
            message.body_cut = self._seen > self._limit
        if self._digest is not None:
            if self._seen > MAX_DIGEST:
                self._digest = None
            else:
                self._digest.update(data)
        return self._reader.feed(data, start, start + len(data)) if self._reader is not None else ()

    def gap(self, size: int) -> Sequence[Message]:
        """So many bytes of it are missing."""
        self._seen = max(self._seen, self._limit + 1)
        self._message.body_cut = True
        self._digest = None
        return self._reader.gap(size) if self._reader is not None else ()

    def close(self, ended: bool) -> Sequence[Message]:
        """It is at its end, or (not `ended`) will not go on."""
        if self._digest is not None and ended and isinstance(self._message, Request):
            self._message.digest = self._digest.digest() if self._seen else b""
        if not ended:
            self._message.body_cut = True
        return self._reader.close(ended) if self._reader is not None else ()


def body_of(message: HttpMessage, length: int, opening: Opening) -> Body | None:
    """Somebody who wants the body of this message, or nobody; `length` is NEVER where it is not known."""
    if not length:
        return None
    reader = None
    if isinstance(message, Response):
        if opening.bodies and message.status == 200:
            kind = message.fields.get("content-type", "").partition(";")[0].strip().lower()
            reader_class = opening.bodies.get(kind)
            if reader_class is not None:
                reader = reader_class(message.direction, exchange(message), opening.body_limit)
        if reader is None and not opening.body_limit:
            return None
    elif length > MAX_DIGEST and message.fields.get("transfer-encoding") is None and not opening.body_limit:
        message.digest = None  # type: ignore[attr-defined]
        return None
    return Body(message, opening.body_limit, reader)


def exchange(response: Response) -> Exchange:
    """What others have to know of it."""
    request = response.request
    client = 1 - response.direction
    if request is None:
        return Exchange(client, "", "", {}, response.fields)
    return Exchange(client, request.target, request.host or "", request.fields, response.fields)
