"""How long a message is (RFC 9112 section 6.3), and the lines between chunks (section 7.1)."""

from __future__ import annotations

import re
from typing import Final

from analyzer.dissect.application.stream import NEVER

from .message import Flaw, Framing, HttpMessage, Request, Response, tokens

MAX_CHUNK_LINE: Final = 4096  #: bytes of the line before a chunk, with its extensions
SIZE_OF_CHUNK: Final = 128  #: bytes of that line behind which there are only extensions, whose end is all that matters
MAX_LENGTH_DIGITS: Final = 18  #: decimal digits of a length that an offset can hold
UNKNOWN: Final = -1  #: in place of a length: nobody can tell where the message ends
NO_BODY: Final = frozenset((204, 304))  #: status codes without a body, as are 1xx

#: the line before a chunk, with the end of the line that closes the chunk before it
_CHUNK_LINE: Final = re.compile(rb"(?:\r?\n)?[ \t]{0,16}0{0,64}([0-9A-Fa-f]{1,15})[ \t]{0,16}(?:;[^\n]*)?\r?\n")
_CHUNK_SO_FAR: Final = re.compile(rb"(?:\r?(?:\n|\Z))?[ \t]{0,16}[0-9A-Fa-f]{0,79}[ \t]{0,16}(?:;[^\n]*|\r)?\Z")


def frame_request(request: Request) -> int:
    """The length of the body, NEVER where only its last chunk will show, or UNKNOWN; sets framing and flaws.

    A request never ends with the connection: with another last coding than chunked, its end is unknown.
    """
    length = _announced(request)
    if request.framing == Framing.CLOSE:
        request.framing = Framing.NONE
        return UNKNOWN
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
        if codings != ["identity"]:  # which was a coding once (RFC 2616)
            message.framing = Framing.CLOSE
            return NEVER
    if length is None:
        return -1
    number = content_length(length)
    if number is None:
        message.flaws |= Flaw.LENGTH
        return -1
    message.framing = Framing.LENGTH
    return number


def content_length(field: str) -> int | None:
    """The number in a Content-Length field, or in several that agree (RFC 9110 section 8.6); None: there is none."""
    if not field.isdigit():
        values = set(tokens(field))
        field = values.pop() if len(values) == 1 else ""
    known = field.isascii() and field.isdigit() and len(field) <= MAX_LENGTH_DIGITS
    return int(field) if known else None


def chunk_line(line: bytes) -> tuple[int, int] | None:
    """(size of the chunk, length of this line); size -1: the line is not complete; None: this is no chunk."""
    found = _CHUNK_LINE.match(line)
    if found:
        return int(found[1], 16), found.end()
    return (-1, 0) if len(line) < MAX_CHUNK_LINE and _CHUNK_SO_FAR.match(line) else None


def extension_goes_on(before: int, data: bytes) -> bool:
    """Whether a line before a chunk, of which so many bytes came before these, can only be in the middle of an extension."""
    return before > SIZE_OF_CHUNK and before + len(data) < MAX_CHUNK_LINE and b"\n" not in data


def another_head(response: Response, data: bytes, i: int) -> bool:
    """Whether the next response follows at once: the method, which nobody knows, was HEAD then."""
    return data.startswith(b"HTTP/1.", i) and not response.fields.get("content-type", "").endswith("/http")
