"""What client and server agreed on about the representation (RFC 9110 section 12): compression used or missed, Vary missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analyzer.dissect.application.http1.message import tokens

from .caching import Caching

WORTH_COMPRESSING: Final = 1400  #: bytes of a body; less fits into one packet as it is
CODINGS: Final = frozenset(("gzip", "x-gzip", "deflate", "br", "zstd"))  #: that clients offer
#: media types of text, besides text/* and those that end in +json or +xml
TEXT: Final = frozenset((
    "application/json", "application/javascript", "application/x-javascript", "application/ecmascript", "application/xml",
    "application/x-ndjson", "application/graphql", "application/manifest", "application/rtf", "application/vnd.ms-fontobject",
    "font/ttf", "font/otf", "image/bmp", "image/x-icon",
))  # fmt: skip
STREAMED: Final = frozenset(("text/event-stream",))  #: small pieces over a long time, where compression is a choice

Fields = Mapping[str, str]  #: name in lower case -> value


def accepted(fields: Fields) -> set[str]:
    """The codings that a client accepts, out of CODINGS."""
    found: set[str] = set()
    refused: set[str] = set()
    for element in tokens(fields.get("accept-encoding", "")):
        name, _, parameter = element.partition(";")
        weight = parameter.replace(" ", "").removeprefix("q=")
        (refused if weight and not weight.strip("0.") else found).add(name.strip())
    return set((CODINGS if "*" in found else found & CODINGS) - refused)


def codings(fields: Fields) -> list[str]:
    """The content codings of a message."""
    return [coding for coding in tokens(fields.get("content-encoding", "")) if coding != "identity"]


def compression(request: Fields, status: int, response: Fields, body_bytes: int) -> str | None:
    """ "used"; "missed", where the client takes it and it is worth the trouble; None: neither."""
    if codings(response):
        return "used"
    kind = response.get("content-type", "").partition(";")[0].strip().lower()
    if status != 200 or body_bytes < WORTH_COMPRESSING or kind in STREAMED or "no-transform" in response.get("cache-control", ""):
        return None
    text = kind.startswith("text/") or kind.endswith(("+json", "+xml")) or kind in TEXT
    return "missed" if text and accepted(request) else None


def vary_missing(request: Fields, response: Fields, caching: Caching | None) -> bool:
    """A shared cache would give the compressed body to clients that did not ask for it: Vary lacks Accept-Encoding."""
    if caching is None or caching.by != "shared" or not caching.lifetime or not codings(response):
        return False
    return "accept-encoding" in request and "accept-encoding" not in tokens(response.get("vary", ""))
