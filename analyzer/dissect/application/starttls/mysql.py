"""MySQL and MariaDB (MySQL Internals, "Connection Phase"): a client begins TLS behind a login that ends after its fixed part."""

from __future__ import annotations

from typing import Final

from .negotiation import OVER, Negotiation, Side, Step

NAME = "mysql"

LENGTH: Final = 3  #: little-endian, of the payload
SEQUENCE: Final = 3
HEADER: Final = 4
GREETING: Final = 0  #: sequence numbers of the first packets
LOGIN: Final = 1
VERSION_10: Final = 10  #: first byte of the greeting, then the version of the server as text that ends with 0
MAX_VERSION: Final = 64  #: bytes of that text
MIN_GREETING: Final = 20
MAX_GREETING: Final = 1_024

CAPABILITIES: Final = 4  #: first field of the login, little-endian
PROTOCOL_41: Final = 0x200
SSL: Final = 0x800
FILLER: Final = slice(13, 32)  #: zeros, up to where an SSL request ends and user names begin; MariaDB uses 4 bytes behind it
SSL_REQUEST: Final = 32  #: bytes of it


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """The greeting of a server, or the login of a client."""
    if len(head) <= SEQUENCE:
        return None if len(head) < LENGTH or not head[LENGTH - 1] else False
    size = int.from_bytes(head[:LENGTH], "little")
    if head[SEQUENCE] == GREETING:
        return _is_greeting(head[HEADER : HEADER + size], size, len(head) > HEADER + size)
    if head[SEQUENCE] != LOGIN or size < SSL_REQUEST:
        return False
    login = head[HEADER : HEADER + SSL_REQUEST]
    if any(login[FILLER]) or (len(login) > 1 and not login[1] & PROTOCOL_41 >> 8):
        return False
    return True if len(login) == SSL_REQUEST else None


def _is_greeting(payload: bytes, size: int, more: bool) -> bool | None:
    if not MIN_GREETING <= size <= MAX_GREETING or more or (payload and payload[0] != VERSION_10):
        return False
    version, end, _ = payload[1 : MAX_VERSION + 2].partition(b"\0")
    if not all(0x20 <= octet < 0x7F for octet in version) or len(version) > MAX_VERSION:
        return False
    return None if not end else version[:1].isdigit()


class Conversation(Negotiation):
    """Up to the greeting of the server and an SSL request, which needs no consent: the greeting offers it."""

    def end_of_message(self, held: bytearray) -> int:
        """As its length says."""
        if len(held) < HEADER:
            return 0
        end = HEADER + int.from_bytes(held[:LENGTH], "little")
        return end if len(held) >= end else 0

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a packet means. Any other ends the negotiation."""
        if message[SEQUENCE] == GREETING and message[HEADER : HEADER + 1] == bytes((VERSION_10,)):
            return Step("consent")
        asks = message[SEQUENCE] == LOGIN and len(message) == HEADER + SSL_REQUEST
        asks = asks and bool(int.from_bytes(message[HEADER : HEADER + CAPABILITIES], "little") & SSL)
        return Step("request") if asks else OVER
