"""Requests and responses (RFC 9110 section 6), as rows are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from typing import ClassVar

from analyzer.dissect.application.stream import Message


class Framing(StrEnum):
    """How the end of a message is known (RFC 9112 section 6.3)."""

    NONE = "none"  #: it has no body
    LENGTH = "length"  #: Content-Length
    CHUNKED = "chunked"  #: the last chunk
    CLOSE = "close"  #: the end of the connection
    TUNNEL = "tunnel"  #: what follows is not HTTP any more


class Flaw(IntFlag):
    """What is wrong with a message, and what was done about it."""

    LONG_HEAD = 1  #: longer than MAX_HEAD, or more than MAX_FIELDS fields; the rest was not looked at
    CUT_HEAD = 2  #: its end is missing
    FIELD = 4  #: a line of the head is no field: left out; the first one begins with a blank: taken off; or a bare CR is in one
    LENGTH = 8  #: Content-Length is no number, or several that differ; the message is read as if it had none
    BOTH_LENGTHS = 16  #: Content-Length beside Transfer-Encoding, which wins: request smuggling looks like that
    FOLDED = 32  #: a field goes on in the next line (obs-fold); joined by a space
    CODING = 64  #: a transfer coding in HTTP/1.0, or one that does not end with chunked: the end of such a request is unknown
    CHUNK = 128  #: what should have been a chunk is none; the message ends there
    CUT_BODY = 256  #: the connection ended before the end of the message, if that is not complete and the capture has all of it
    START_LINE = 512  #: blanks in the target, which ends before the first of them, or no version
    UNPAIRED = 1024  #: nobody can tell which request a response answers: a gap among pipelined ones, or too much had to wait


@dataclass(slots=True, kw_only=True, eq=False)
class HttpMessage(Message):
    """What requests and responses share. Its `end` is NEVER until it is known, for bodies that do not say their length."""

    PROTOCOL: ClassVar[str] = "http"

    version: str
    headers: list[tuple[str, str]]
    fields: dict[str, str]  #: name in lower case -> value; several of a name are joined by ", " (RFC 9110 section 5.3)
    flaws: int = 0
    framing: Framing = Framing.NONE
    head_end: int = 0  #: offset of the first byte of the body
    body_bytes: int = 0  #: without the framing of chunks; as announced where the length is
    trailers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray | None = None  #: as transferred, content coding and all, without chunks; None: not asked for
    body_cut: bool = False  #: `body` is not all of it


@dataclass(slots=True, kw_only=True, eq=False)
class Request(HttpMessage):
    """A request."""

    method: str
    target: str
    digest: bytes | None = b""  #: of the body, to tell whether two are the same; b"": there is none; None: not known

    @property
    def upgrade(self) -> str:
        """The protocols that the client would rather speak (RFC 9110 section 7.8)."""
        fields = self.fields
        return fields["upgrade"] if "upgrade" in fields and "upgrade" in tokens(fields.get("connection", "")) else ""

    @property
    def host(self) -> str | None:
        """The first Host field."""
        value = self.fields.get("host")
        if value is None or "," not in value:
            return value
        return next(value for name, value in self.headers if name.lower() == "host")


@dataclass(slots=True, kw_only=True, eq=False)
class Response(HttpMessage):
    """A response. 1xx are responses of their own, to the same request as the final one."""

    status: int
    reason: str
    request: Request | None = None  #: None: not in the capture, or it cannot be told which one


def tokens(value: str) -> list[str]:
    """The elements of a comma-separated list in lower case (RFC 9110 section 5.6.1)."""
    return [element for part in value.lower().split(",") if (element := part.strip(" \t"))]
