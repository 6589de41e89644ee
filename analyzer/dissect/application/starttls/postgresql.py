"""PostgreSQL, version 3 of its protocol (PostgreSQL documentation, "Message Flow": SSL Session Encryption)."""

from __future__ import annotations

from typing import Final

from .negotiation import OVER, Negotiation, Side, Step

NAME = "postgresql"

LENGTH: Final = 4
REQUEST: Final = 8  #: bytes: length, code
CANCEL_REQUEST: Final = (16, 80_877_102)  #: (length, code)
SSL_REQUEST: Final = (8, 80_877_103)
GSS_REQUEST: Final = (8, 80_877_104)
VERSION_3: Final = range(3 << 16, 4 << 16)  #: the code of a StartupMessage is its version
STARTUP_LENGTHS: Final = range(9, 10_001)  #: as the server takes them
REFUSED: Final = b"N"
CONSENT: Final = b"S"


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """The first message of a client: it has no type."""
    if head[:1] != b"\0" or (len(head) > 1 and head[1]):
        return False
    if len(head) < REQUEST:
        return None
    length, code = _first(head)
    return (length, code) in (CANCEL_REQUEST, SSL_REQUEST, GSS_REQUEST) or (length in STARTUP_LENGTHS and code in VERSION_3)


class Conversation(Negotiation):
    """Up to an SSLRequest and the single byte S."""

    def end_of_message(self, held: bytearray) -> int:
        """Before the session begins: the requests of a client, and answers of one byte."""
        if not held:
            return 0
        return 1 if held[0] else REQUEST if len(held) >= REQUEST else 0

    def read(self, side: Side, message: bytes) -> Step | None:
        """What it means. Anything else begins the session without TLS."""
        if len(message) == REQUEST:
            first = _first(message)
            return Step("request") if first == SSL_REQUEST else None if first == GSS_REQUEST else OVER
        return Step("consent") if message == CONSENT else None if message == REFUSED else OVER


def _first(message: bytes) -> tuple[int, int]:
    return int.from_bytes(message[:LENGTH], "big"), int.from_bytes(message[LENGTH:REQUEST], "big")
