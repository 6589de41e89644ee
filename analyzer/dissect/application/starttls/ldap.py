"""LDAP (RFC 4511) and its StartTLS operation (section 4.14)."""

from __future__ import annotations

from typing import Final

from analyzer.dissect.application.x509.der import INTEGER, SEQUENCE, Element, children, element

from .negotiation import Negotiation, Side, Step

NAME = "ldap"

ENUMERATED: Final = 0x0A
EXTENDED_REQUEST: Final = 0x77  #: [APPLICATION 23] SEQUENCE { requestName [0], ... }
EXTENDED_RESPONSE: Final = 0x78  #: [APPLICATION 24] SEQUENCE { resultCode ENUMERATED, ... }
REQUEST_NAME: Final = 0x80
START_TLS: Final = b"1.3.6.1.4.1.1466.20037"
SUCCESS: Final = b"\0"
#: bind, unbind, search, modify, add, delete, modify DN, compare, abandon, extended: requests, responses, entries, references
OPERATIONS: Final = frozenset((
    0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x73, 0x66, 0x67, 0x68, 0x69, 0x4A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x50, EXTENDED_REQUEST,
    EXTENDED_RESPONSE, 0x79,
))  # fmt: skip
MAX_ID_BYTES: Final = 4
HEADER: Final = 6  #: bytes of the longest header of a message; no message is shorter
HEADERS: Final = 16  #: bytes in which the operation has begun
MAX_MESSAGE: Final = 1 << 24  #: nobody's first message is longer


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """LDAPMessage ::= SEQUENCE { messageID INTEGER (0 .. 2^31-1), protocolOp CHOICE { ... }, controls [0] OPTIONAL }"""
    if head[0] != SEQUENCE:
        return False
    whole = element(head, 0, len(head))
    if whole is None:
        return None if len(head) < HEADER else False
    number = element(head, whole.start, len(head))
    if number is None or number.cut:
        return None if len(head) < HEADERS and head[whole.start : whole.start + 1] in (b"", b"\x02") else False
    if number.tag != INTEGER or not 0 < number.end - number.start <= MAX_ID_BYTES or head[number.start] & 0x80:
        return False
    if number.end == len(head):
        return None
    operation = element(head, number.end, len(head))
    if head[number.end] not in OPERATIONS:
        return False
    if operation is None:
        return None if len(head) < 2 * HEADERS else False
    return whole.cut or (not operation.cut and operation.end <= whole.end)


class Conversation(Negotiation):
    """Up to StartTLS and the success of the operation with its number."""

    def end_of_message(self, held: bytearray) -> int:
        """As its length says."""
        if held and held[0] != SEQUENCE:
            return -1
        if len(held) < HEADER:
            return 0
        outer = element(bytes(held[:HEADER]), 0, MAX_MESSAGE)
        return -1 if outer is None else outer.end if len(held) >= outer.end else 0

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a message means."""
        outer = element(message, 0, len(message))
        parts = list(children(message, outer)) if outer else []
        if len(parts) < 2:
            return None
        number = int.from_bytes(message[parts[0].start : parts[0].end], "big")
        fields = _values(message, parts[1])
        if parts[1].tag == EXTENDED_REQUEST:
            return Step("request", number) if fields[:1] == [(REQUEST_NAME, START_TLS)] else None
        consents = parts[1].tag == EXTENDED_RESPONSE and fields[:1] == [(ENUMERATED, SUCCESS)]
        return Step("consent", number) if consents else None


def _values(message: bytes, parent: Element) -> list[tuple[int, bytes]]:
    return [(part.tag, message[part.start : part.end]) for part in children(message, parent)]
