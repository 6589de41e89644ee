"""XMPP (RFC 6120) and its STARTTLS (section 5)."""

from __future__ import annotations

import re
from typing import Final

from .negotiation import Negotiation, Side, Step

NAME = "xmpp"

STREAMS: Final = b"http://etherx.jabber.org/streams"  #: the namespace of the first element, in both directions
BEGINNINGS: Final = (b"<?xml", b"<stream:stream")
MAX_HEAD: Final = 1_024  #: bytes in which the namespace must have come
REQUEST: Final = re.compile(rb"\s*</?(?:[\w.-]+:)?starttls[\s/>]")
CONSENT: Final = re.compile(rb"\s*</?(?:[\w.-]+:)?proceed[\s/>]")


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """The beginning of a stream of either side."""
    if not any(head.startswith(begin) or begin.startswith(head) for begin in BEGINNINGS):
        return False
    return True if STREAMS in head[:MAX_HEAD] else None if len(head) < MAX_HEAD else False


class Conversation(Negotiation):
    """Up to <starttls/> of the client and <proceed/> of the server. A tag counts as a message, and so does an end tag."""

    def end_of_message(self, held: bytearray) -> int:
        """Behind the tag."""
        return held.find(b">") + 1

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a tag means. The server offers <starttls> among its features, which goes on with other tags."""
        if REQUEST.match(message):
            return Step("request")
        return Step("consent") if CONSENT.match(message) else None
