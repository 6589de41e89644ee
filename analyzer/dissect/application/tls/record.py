# cython: language_level=3
"""Records (RFC 8446 section 5.1, RFC 5246 section 6.2.1, RFC 9146), how to know one when it is seen, and the hello of SSL 2.0."""

from __future__ import annotations

from typing import Final

import cython

CONTENT_TYPE: Final = 0
VERSION: Final = 1
LENGTH: Final = 3
HEADER: Final = 5

CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23
HEARTBEAT: Final = 24

MAJOR: Final = 3  #: first byte of the version, from SSL 3.0 to TLS 1.3
LAST_MINOR: Final = 4
MAX_PLAINTEXT: Final = 1 << 14
MAX_LENGTH: Final = MAX_PLAINTEXT + 2_048  #: with what encryption and compression may add
ALERT_LENGTH: Final = 2
LAST_ALERT_LEVEL: Final = 2

CLIENT_HELLO: Final = 1  #: handshake types with which a direction may begin
SERVER_HELLO: Final = 2
MESSAGE_HEADER: Final = 4  #: of a handshake message: type, length
MIN_HELLO: Final = 38  #: bytes of the body of the shortest hello
LARGEST_HELLO: Final = 1  #: first byte of the length of the largest hello that is believed when others must be told from it

#: SSL 2.0 (RFC 6101 appendix E): two bytes of length with the top bit set, type, version, three lengths
SSLV2_HEADER: Final = 2
SSLV2_FLAG: Final = 0x80
SSLV2_FIXED: Final = 9  #: bytes of the message before its lists
SSLV2_CIPHER: Final = 3  #: bytes of each
SSLV2_CHALLENGES: Final = range(16, 33)

# the same as C types, for what is asked of every record
_CHANGE_CIPHER_SPEC = cython.declare(cython.int, CHANGE_CIPHER_SPEC)
_APPLICATION_DATA = cython.declare(cython.int, APPLICATION_DATA)
_HEARTBEAT = cython.declare(cython.int, HEARTBEAT)
_MAJOR = cython.declare(cython.int, MAJOR)
_LAST_MINOR = cython.declare(cython.int, LAST_MINOR)
_MAX_LENGTH = cython.declare(cython.int, MAX_LENGTH)

PORTS: Final = frozenset((443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 4433, 5061, 8443, 8883))


def plausible(data: bytes, at: cython.Py_ssize_t = 0) -> bool:
    """Whether these HEADER bytes can be those of a record."""
    kind: cython.int = data[at]
    length: cython.int = data[at + 3] << 8 | data[at + 4]
    if not _CHANGE_CIPHER_SPEC <= kind <= _HEARTBEAT or data[at + 1] != _MAJOR or data[at + 2] > _LAST_MINOR:
        return False
    if kind == _CHANGE_CIPHER_SPEC:
        return bool(length == 1)
    return bool(length <= _MAX_LENGTH and (length > 0 or kind == _APPLICATION_DATA))


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """Whether a segment that begins with these bytes begins with a record of TLS, or with a ClientHello of SSL 2.0."""
    if head and head[0] & SSLV2_FLAG:
        return recognise_sslv2(head)
    if not begins_record(head):
        return False
    if len(head) < HEADER:
        return None
    if not plausible(head):
        return False
    length = head[LENGTH] << 8 | head[LENGTH + 1]
    body = head[HEADER : HEADER + length]
    if head[0] == CHANGE_CIPHER_SPEC:
        return body == b"\x01" if body else None
    if head[0] == HANDSHAKE:
        return _begins_handshake(body, length, head[HEADER + length :], ports)
    if head[0] == ALERT and length == ALERT_LENGTH:
        return 1 <= body[0] <= LAST_ALERT_LEVEL if body else None
    if PORTS.isdisjoint(ports) and len(head) >= HEADER + length + HEADER:
        return plausible(head, HEADER + length)
    return True


def begins_record(head: bytes) -> bool:
    """Whether it may be the beginning of a record, as far as there are bytes of it."""
    if not head or not CHANGE_CIPHER_SPEC <= head[CONTENT_TYPE] <= HEARTBEAT:
        return False
    return (len(head) <= VERSION or head[VERSION] == MAJOR) and (len(head) <= VERSION + 1 or head[VERSION + 1] <= LAST_MINOR)


def _begins_handshake(body: bytes, length: int, behind: bytes, ports: tuple[int, int]) -> bool | None:
    """The body may be cut, or be only a part of the message: records may split it anywhere."""
    if not body:
        return None
    if body[0] not in (CLIENT_HELLO, SERVER_HELLO):
        if PORTS.isdisjoint(ports) and len(behind) >= HEADER:
            return plausible(behind)
        return True  # the middle of a handshake, or an encrypted part of it
    if len(body) <= MESSAGE_HEADER:
        return None if len(body) < length else len(behind) < HEADER or plausible(behind)
    return hello_begins(body)


def hello_begins(message: bytes) -> bool:
    """Whether these bytes can be the first of a ClientHello or ServerHello; of less than its version nothing is believed."""
    if len(message) <= MESSAGE_HEADER:
        return False
    if message[0] not in (CLIENT_HELLO, SERVER_HELLO) or message[1] > LARGEST_HELLO or message[MESSAGE_HEADER] != MAJOR:
        return False
    size = message[1] << 16 | message[2] << 8 | message[3]
    return size >= MIN_HELLO and (len(message) < MESSAGE_HEADER + 2 or message[MESSAGE_HEADER + 1] <= LAST_MINOR)


def recognise_sslv2(head: bytes) -> bool | None:
    """Whether it begins with a ClientHello as SSL 2.0 had it, which offers SSL 2.0 or something newer."""
    if len(head) > 2 and head[2] != CLIENT_HELLO:
        return False
    if len(head) > 4 and not ((head[3] == MAJOR and head[4] <= LAST_MINOR) or (head[3] == 0 and head[4] == 2)):
        return False
    if len(head) < SSLV2_HEADER + SSLV2_FIXED:
        return None
    ciphers, session, challenge = (head[at] << 8 | head[at + 1] for at in (5, 7, 9))
    if not ciphers or ciphers % SSLV2_CIPHER or session not in (0, 16, 32) or challenge not in SSLV2_CHALLENGES:
        return False
    return SSLV2_FIXED + ciphers + session + challenge == sslv2_length(head)


def sslv2_length(head: bytes) -> int:
    """Bytes of the message behind SSLV2_HEADER."""
    return (head[0] & ~SSLV2_FLAG) << 8 | head[1]
