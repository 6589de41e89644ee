"""How long a message is (RFC 9112 section 6.3), and the lines between chunks (section 7.1)."""

from __future__ import annotations

import re
from typing import Final

from analyzer.dissect.application.stream import NEVER

from .message import Flaw, Framing, HttpMessage, Request, Response, tokens

MAX_CHUNK_LINE: Final = 4096  #: bytes of the line before a chunk, with its extensions
MAX_LENGTH_DIGITS: Final = 18  #: decimal digits of a length that an offset can hold
NO_BODY: Final = frozenset((204, 304))  #: status codes without a body, as are 1xx

#: the line before a chunk, with the end of the line that closes the chunk before it
_CHUNK_LINE: Final = re.compile(rb"(?:\r?\n)?[ \t]{0,16}0{0,64}([0-9A-Fa-f]{1,15})[ \t]{0,16}(?:;[^\n]*)?\r?\n")
_CHUNK_SO_FAR: Final = re.compile(rb"(?:\r?(?:\n|\Z))?[ \t]{0,16}[0-9A-Fa-f]{0,79}[ \t]{0,16}(?:;[^\n]*|\r)?\Z")


def frame_request(request: Request) -> int:
    """The length of the body, NEVER where only the end of it will show; sets framing and flaws."""
    length = _announced(request)
    return length if length >= 0 else 0


def frame_response(response: Response, method: str) -> int:
    """The same of the response to a request with this method, "" where that is not known."""
    status = response.status
    if status < 200 or status in NO_BODY or method == "HEAD":
        return 0
    if method == "CONNECT" and status < 300:
        response.framing = Framing.TUNNEL
        return 0
    length = _announced(response)
    if length >= 0:
        return length
    response.framing = Framing.CLOSE
    return NEVER


def _announced(message: HttpMessage) -> int:
    """What the fields say; -1: nothing."""
    fields = message.fields
    coding = fields.get("transfer-encoding")
    length = fields.get("content-length")
    if coding is not None:
        if length is not None:
            message.flaws |= Flaw.BOTH_LENGTHS
        codings = tokens(coding)
        if message.version == "1.0" or codings[-1:] != ["chunked"]:
            message.flaws |= Flaw.CODING
        if codings[-1:] == ["chunked"]:
            message.framing = Framing.CHUNKED
            return NEVER
        if codings != ["identity"] or length is None:  # "identity" was a coding once (RFC 2616)
            message.framing = Framing.CLOSE
            return NEVER
    if length is None:
        return -1
    number = length
    if not length.isdigit():
        values = set(tokens(length))
        number = values.pop() if len(values) == 1 else ""
    if not number.isascii() or not number.isdigit() or len(number) > MAX_LENGTH_DIGITS:
        message.flaws |= Flaw.LENGTH
        return -1
    message.framing = Framing.LENGTH
    return int(number)


def chunk_line(line: bytes) -> tuple[int, int] | None:
    """(size of the chunk, length of this line); size -1: the line is not complete; None: this is no chunk."""
    found = _CHUNK_LINE.match(line)
    if found:
        return int(found[1], 16), found.end()
    return (-1, 0) if len(line) < MAX_CHUNK_LINE and _CHUNK_SO_FAR.match(line) else None
