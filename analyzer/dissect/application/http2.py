"""HTTP/2 in the clear (RFC 9113 section 3): its connections are recognised, its frames are not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .stream import NEVER, Handover, Message, Opening

NAME = "http2"

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  #: RFC 9113 section 3.4: what a client begins with


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """Whether the bytes begin with the preface of a client; None: too few to tell."""
    if len(head) < len(PREFACE):
        return None if PREFACE.startswith(head) else False
    return head.startswith(PREFACE)


class Conversation:
    """Wants nothing."""

    def __init__(self, opening: Opening) -> None:
        self.wanted = [NEVER, NEVER]
        self.handover: Handover | None = None

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        """Nothing."""
        return ()

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        """Nothing."""
        return ()

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        """Nothing."""
        return ()
