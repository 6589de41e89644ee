"""Handshake messages (RFC 5246 section 7.4, RFC 8446 section 4): from type and body to values.

Lengths that cannot be right end the reading of a message; what came before stays, and it is marked as malformed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from . import client_hello, server_hello
from .certificate import parse_chain
from .message import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    ClientHello,
    HelloVerifyRequest,
    NewSessionTicket,
    ServerHello,
    ServerKeyExchange,
    TlsMessage,
)
from .names import DTLS_1_2, TLS_1_2

LENGTH: Final = 1  #: behind the type
HEADER: Final = 4

HELLO_REQUEST: Final = 0
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
HELLO_VERIFY_REQUEST: Final = 3
NEW_SESSION_TICKET: Final = 4
CERTIFICATE: Final = 11
SERVER_KEY_EXCHANGE: Final = 12
CERTIFICATE_REQUEST: Final = 13
SERVER_HELLO_DONE: Final = 14
CERTIFICATE_VERIFY: Final = 15
CLIENT_KEY_EXCHANGE: Final = 16
FINISHED: Final = 20
CERTIFICATE_URL: Final = 21
CERTIFICATE_STATUS: Final = 22
SUPPLEMENTAL_DATA: Final = 23
NEXT_PROTOCOL: Final = 67

KINDS: Final[Mapping[int, type[TlsMessage]]] = {
    CLIENT_HELLO: ClientHello, SERVER_HELLO: ServerHello, HELLO_VERIFY_REQUEST: HelloVerifyRequest,
    NEW_SESSION_TICKET: NewSessionTicket, CERTIFICATE: Certificate, SERVER_KEY_EXCHANGE: ServerKeyExchange,
    CERTIFICATE_REQUEST: CertificateRequest, CERTIFICATE_STATUS: CertificateStatus,
}  # fmt: skip
HELLOS: Final = (CLIENT_HELLO, SERVER_HELLO)
#: types that may stand in the clear; those without a class are skipped
READABLE: Final = frozenset((
    *KINDS, HELLO_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, FINISHED, CERTIFICATE_URL,
    SUPPLEMENTAL_DATA, NEXT_PROTOCOL,
))  # fmt: skip

MAX_MESSAGE: Final = 1 << 18  #: bytes of one message that are kept; the format would allow 2**24
NAMED_CURVE: Final = 3
OCSP: Final = 1


def fill(message: TlsMessage, body: bytes) -> None:
    """Fill in what the body, without type and length, says. It may be cut."""
    parse = _PARSERS.get(type(message))
    if parse is not None:
        parse(message, body)


def tiles(payload: bytes) -> bool:
    """Whether it consists of whole messages that may stand in the clear. Encrypted bytes hardly ever do."""
    p = 0
    while p + HEADER <= len(payload):
        size = _number(payload, p + LENGTH, 3)
        if payload[p] not in READABLE or (payload[p] == HELLO_REQUEST and size):
            return False
        p += HEADER + size
    return p == len(payload) and any(payload)


def _certificate(message: Certificate, body: bytes) -> None:
    message.chain = tuple(parse_chain(body))
    message.malformed = 3 + sum(3 + len(der) for der in message.chain) != len(body) or 3 + _number(body, 0, 3) != len(body)


def _server_key_exchange(message: ServerKeyExchange, body: bytes) -> None:
    """Only those of ECDHE begin like this; those of DHE begin with the length of a prime, whose first byte is 0 or 1."""
    if len(body) > 4 and body[0] == NAMED_CURVE and body[3] + 4 <= len(body):
        message.group = _number(body, 1, 2)


def _certificate_status(message: CertificateStatus, body: bytes) -> None:
    message.malformed = len(body) < 4
    message.size = _number(body, 1, 3) if body[:1] == bytes((OCSP,)) else 0


def _new_session_ticket(message: NewSessionTicket, body: bytes) -> None:
    message.malformed = len(body) < 6
    message.lifetime, message.size = _number(body, 0, 4), _number(body, 4, 2)


def _certificate_request(message: CertificateRequest, body: bytes) -> None:
    message.malformed = True
    if not body:
        return
    p = 1 + body[0]
    message.certificate_types = body[1:p]
    hello = message.server_hello
    if hello is None or hello.version is None or hello.version in (TLS_1_2, DTLS_1_2):
        p += 2 + _number(body, p, 2)  # signature algorithms
    end = p + 2 + _number(body, p, 2)
    p += 2
    while p + 2 <= min(end, len(body)):
        message.authorities += 1
        p += 2 + _number(body, p, 2)
    message.malformed = p != end or end != len(body)


def _number(data: bytes, at: int, size: int) -> int:
    """0 where the bytes are missing."""
    return int.from_bytes(data[at : at + size], "big") if at + size <= len(data) else 0


_PARSERS: Final[Mapping[type, Callable[[Any, bytes], None]]] = {
    ClientHello: client_hello.parse, ServerHello: server_hello.parse, Certificate: _certificate,
    ServerKeyExchange: _server_key_exchange, CertificateRequest: _certificate_request, CertificateStatus: _certificate_status,
    NewSessionTicket: _new_session_ticket,
}  # fmt: skip
