"""DTLS over datagrams (RFC 6347 section 4, RFC 9147 section 4): the handshake while it is not encrypted.

A datagram holds whole records, and each says its epoch: 0 is not encrypted. A handshake message may come in fragments, in
several records or datagrams, in any order and more than once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzer.dissect.application.stream import Message, Place

from .handshake import CLIENT_HELLO, HELLOS, KINDS, READABLE, fill
from .message import Alert, ClientHello, ServerHello, TlsMessage
from .record import ALERT, ALERT_LENGTH, HANDSHAKE, MAX_LENGTH

VERSION: Final = 1
EPOCH: Final = 3
LENGTH: Final = 11
HEADER: Final = 13

TYPE: Final = 0  #: of a handshake fragment
MESSAGE_LENGTH: Final = 1
MESSAGE_SEQUENCE: Final = 4
FRAGMENT_OFFSET: Final = 6
FRAGMENT_LENGTH: Final = 9
FRAGMENT_HEADER: Final = 12

CONTENT_TYPES: Final = range(20, 27)  #: from ChangeCipherSpec to ACK
VERSIONS: Final = (b"\xfe\xff", b"\xfe\xfd", b"\xfe\xfc", b"\x01\x00")  #: 1.0, 1.2, 1.3; the last is OpenSSL before 0.9.8f

MAX_PENDING: Final = 4  #: messages of a conversation that wait for fragments
MAX_FRAGMENTED: Final = 1 << 16  #: bytes of such a message
MAX_PARTS: Final = 64  #: of such a message, with holes between them


def recognise_datagram(data: bytes, ports: tuple[int, int]) -> bool:
    """Whether the datagram consists of records; the header of later ones is short in DTLS 1.3, and tells nothing."""
    p = 0
    while p < len(data):
        if len(data) - p < HEADER or data[p] not in CONTENT_TYPES or data[p + VERSION : p + EPOCH] not in VERSIONS:
            return p > 0 and data[p] >> 5 == 1
        size = data[p + LENGTH] << 8 | data[p + LENGTH + 1]
        if not 0 < size <= MAX_LENGTH:
            return False
        p += HEADER + size
    return p == len(data) > 0


def datagram_name(ports: tuple[int, int]) -> str:
    """What such a conversation is called."""
    return "dtls"


class _Fragments:
    """A message that comes in fragments. Only what has come takes memory, since any of them may say that the message is long."""

    def __init__(self, size: int, place: Place | None) -> None:
        self.size = size  #: that the message will have
        self.place = place  #: of the first fragment that came
        self.parts: list[tuple[int, bytearray]] = []  #: what has come and where it belongs, in order, with holes between

    def add(self, at: int, part: bytes) -> None:
        """A fragment has come; of bytes that came before, the first copy counts."""
        end = at + len(part)
        before = [one for one in self.parts if one[0] + len(one[1]) < at]
        behind = [one for one in self.parts if one[0] > end]
        touched = self.parts[len(before) : len(self.parts) - len(behind)]
        start, joined = touched.pop(0) if touched and touched[0][0] <= at else (at, bytearray())
        for other, octets in (*touched, (end, bytearray())):
            reached = start + len(joined)
            if other > reached:
                joined += part[reached - at : other - at]
                reached = other
            joined += octets[reached - other :]
        self.parts = [*before, (start, joined), *behind]

    def beginning(self) -> bytes:
        """What has come without a hole."""
        return bytes(self.parts[0][1]) if self.parts and not self.parts[0][0] else b""

    def complete(self) -> bool:
        """Whether nothing is missing."""
        return len(self.parts) == 1 and len(self.parts[0][1]) == self.size


class Datagrams:
    """One conversation."""

    def __init__(self) -> None:
        self._client = -1
        self._client_hello: ClientHello | None = None
        self._server_hello: ServerHello | None = None
        self._pending: dict[tuple[int, int, int], _Fragments] = {}  #: by direction, type and number of the message

    def feed(self, direction: int, data: bytes, place: Place | None = None) -> list[Message]:
        """The messages that a datagram completes, which came at `place`; only `first` of those in fragments is filled in."""
        found: list[Message] = []
        for kind, start, end in _records(data):
            if kind == HANDSHAKE:
                found += self._handshake(direction, data, start, end, place)
            elif kind == ALERT and end - start == ALERT_LENGTH:
                alert = Alert(direction=direction, start=start - HEADER, end=end)
                alert.level, alert.description = data[start], data[start + 1]
                found.append(self._placed(alert))
        return found

    def close(self) -> list[Message]:
        """Nothing more will come: hellos of which the beginning has are cut."""
        found: list[Message] = []
        for (direction, kind, _), fragments in self._pending.items():
            body = fragments.beginning()
            if kind in HELLOS and body:
                message = self._message(direction, kind, body, 0, len(body), complete=False)
                message.first = fragments.place
                found.append(message)
        self._pending.clear()
        return found

    def _handshake(self, direction: int, data: bytes, start: int, end: int, place: Place | None) -> Iterator[Message]:
        p = start
        while p + FRAGMENT_HEADER <= end:
            kind, size, number, at, length = (
                int.from_bytes(data[p + i : p + j], "big")
                for i, j in (
                    (TYPE, MESSAGE_LENGTH), (MESSAGE_LENGTH, MESSAGE_SEQUENCE), (MESSAGE_SEQUENCE, FRAGMENT_OFFSET),
                    (FRAGMENT_OFFSET, FRAGMENT_LENGTH), (FRAGMENT_LENGTH, FRAGMENT_HEADER),
                )
            )  # fmt: skip
            begin, p = p, p + FRAGMENT_HEADER + length
            if kind not in READABLE or p > end or at + length > size:
                return
            body = data[begin + FRAGMENT_HEADER : p]
            if kind not in KINDS or (length < size and size > MAX_FRAGMENTED):
                continue
            first = place
            if length < size:
                fragments = self._fragment(direction, kind, number, size, at, body, place)
                if fragments is None:
                    continue
                body, first = fragments.beginning(), fragments.place
            message = self._message(direction, kind, body, start - HEADER if begin == start else begin, end)
            message.first = first
            yield message

    def _fragment(
        self, direction: int, kind: int, number: int, size: int, at: int, body: bytes, place: Place | None
    ) -> _Fragments | None:
        """The message, if this fragment completes it."""
        key = direction, kind, number
        fragments = self._pending.get(key)
        if fragments is None or fragments.size != size:
            if len(self._pending) >= MAX_PENDING:
                del self._pending[next(iter(self._pending))]
            fragments = self._pending[key] = _Fragments(size, place)
        fragments.add(at, body)
        if len(fragments.parts) > MAX_PARTS:
            del self._pending[key]
            return None
        if not fragments.complete():
            return None
        del self._pending[key]
        return fragments

    def _message(self, direction: int, kind: int, body: bytes, start: int, end: int, complete: bool = True) -> TlsMessage:
        message = KINDS[kind](direction=direction, start=start, end=end, complete=complete)
        if kind in HELLOS:
            self._client = direction if kind == CLIENT_HELLO else 1 - direction
        self._placed(message)
        fill(message, body)
        if isinstance(message, ClientHello):
            self._client_hello = message
        elif isinstance(message, ServerHello):
            self._server_hello = message
        return message

    def _placed(self, message: TlsMessage) -> TlsMessage:
        message.datagram = True
        message.client = self._client
        message.client_hello = self._client_hello
        message.server_hello = self._server_hello
        return message


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Content type, start and end of the content of each record that is not encrypted."""
    p = 0
    while p + HEADER <= len(data) and data[p] in CONTENT_TYPES and data[p + VERSION : p + EPOCH] in VERSIONS:
        start = p + HEADER
        end = start + (data[p + LENGTH] << 8 | data[p + LENGTH + 1])
        if end > len(data):
            return
        if data[p + EPOCH : p + EPOCH + 2] == b"\0\0":
            yield data[p], start, end
        p = end
