"""Bytes of TLS for tests, and a feeder that hands them to a Conversation as segments."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from analyzer.dissect.application.stream import NEVER, Message, Opening
from analyzer.dissect.application.tls.conversation import Conversation
from analyzer.dissect.application.tls.message import TlsMessage

HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 22, 21, 20, 23
RANDOM = bytes(range(100, 132))
SESSION = bytes(range(32))
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
NAME = "shop.example"
X25519MLKEM768 = 0x11EC

#: of a message: where it stands, and what follows from others
CONTEXT = {
    "start", "end", "complete", "origin", "first", "last", "missing", "client_hello", "server_hello", "client", "resumed",
}  # fmt: skip

Turn = tuple[int, bytes]  #: direction, bytes


def sized(data: bytes, size: int) -> bytes:
    """With its length in front."""
    return len(data).to_bytes(size, "big") + data


def words(values: Iterable[int]) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def record(kind: int, payload: bytes, version: int = 0x0303) -> bytes:
    return bytes((kind,)) + version.to_bytes(2, "big") + sized(payload, 2)


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + sized(body, 3)


def extension(kind: int, data: bytes = b"") -> bytes:
    return words([kind]) + sized(data, 2)


def server_name(name: str) -> bytes:
    return extension(0, sized(b"\0" + sized(name.encode(), 2), 2))


def alpn(*names: bytes) -> bytes:
    return extension(16, sized(b"".join(sized(name, 1) for name in names), 2))


def key_shares(shares: Sequence[tuple[int, int]]) -> bytes:
    return extension(51, sized(b"".join(words([group]) + sized(bytes(size), 2) for group, size in shares), 2))


def client_hello(
    extensions: bytes | None = b"",
    ciphers: Sequence[int] = (0x1301, 0x1302, 0xC02F),
    version: int = 0x0303,
    session: bytes = SESSION,
    cookie: bytes | None = None,
) -> bytes:
    """The handshake message; DTLS with a cookie."""
    body = version.to_bytes(2, "big") + RANDOM + sized(session, 1)
    body += b"" if cookie is None else sized(cookie, 1)
    body += sized(words(ciphers), 2) + b"\1\0"
    return message(1, body if extensions is None else body + sized(extensions, 2))


def post_quantum_hello(size: int = 1700, early_data: bool = False) -> bytes:
    """A ClientHello of so many bytes, as browsers send it."""
    extensions = server_name(NAME) + alpn(b"h2", b"http/1.1") + extension(43, sized(words([0x0304, 0x0303]), 1))
    extensions += extension(10, sized(words([X25519MLKEM768, 29, 23]), 2)) + key_shares([(X25519MLKEM768, 1216), (29, 32)])
    extensions += extension(13, sized(words([0x0403, 0x0804]), 2)) + (extension(42) if early_data else b"")
    padding = size - len(client_hello(extensions + extension(21)))
    return client_hello(extensions + extension(21, bytes(padding)))


def server_hello(
    extensions: bytes | None = None, cipher: int = 0xC02F, version: int = 0x0303, session: bytes = b"", random: bytes = RANDOM
) -> bytes:
    body = version.to_bytes(2, "big") + random + sized(session, 1) + words([cipher]) + b"\0"
    return message(2, body if extensions is None else body + sized(extensions, 2))


def selected(version: int) -> bytes:
    return extension(43, words([version]))


def certificate(*chain: bytes) -> bytes:
    return message(11, sized(b"".join(sized(der, 3) for der in chain), 3))


def encrypted(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def tls_1_2() -> list[Turn]:
    """A full handshake with data behind it."""
    hello = client_hello(server_name(NAME) + alpn(b"h2") + extension(10, sized(words([29]), 2)), session=b"")
    chain = certificate(encrypted(900, 2), encrypted(700, 3))
    exchange = message(12, b"\3\0\x1d" + sized(bytes(32), 1) + encrypted(70))
    flight = server_hello(alpn(b"h2")) + chain + exchange + message(13, b"\1\1" + sized(words([0x0403]), 2) + sized(b"", 2))
    flight += message(14, b"")
    ticket = message(4, (300).to_bytes(4, "big") + sized(bytes(160), 2))
    change, finished = record(CHANGE_CIPHER_SPEC, b"\1"), record(HANDSHAKE, encrypted(40))
    return [
        (0, record(HANDSHAKE, hello, 0x0301)),
        (1, record(HANDSHAKE, flight[:1000]) + record(HANDSHAKE, flight[1000:])),
        (0, record(HANDSHAKE, message(16, bytes(33))) + change + finished),
        (1, record(HANDSHAKE, ticket) + change + finished),
        (0, record(APPLICATION_DATA, encrypted(300))),
        (1, record(APPLICATION_DATA, encrypted(3000))),
    ]


def tls_1_3(retry: bool = False) -> list[Turn]:
    """A full handshake, with a HelloRetryRequest or without."""
    hello = record(HANDSHAKE, post_quantum_hello(), 0x0301)
    change = record(CHANGE_CIPHER_SPEC, b"\1")
    answer = server_hello(selected(0x0304) + extension(51, words([29]) + sized(bytes(32), 2)), 0x1301, session=SESSION)
    turns = [(0, hello)]
    if retry:
        again = server_hello(selected(0x0304) + extension(51, words([23])), 0x1301, session=SESSION, random=RETRY)
        turns += [(1, record(HANDSHAKE, again) + change), (0, change + record(HANDSHAKE, post_quantum_hello(600 + 1216)))]
    turns.append((1, record(HANDSHAKE, answer) + (b"" if retry else change) + record(APPLICATION_DATA, encrypted(2000))))
    turns.append((0, (b"" if retry else change) + record(APPLICATION_DATA, encrypted(53))))
    return [*turns, (0, record(APPLICATION_DATA, encrypted(200))), (1, record(APPLICATION_DATA, encrypted(4000)))]


def opened(wanted: Iterable[str] = ("tls",), **options: Any) -> Conversation:
    return Conversation(Opening(**{"starts": (0, 0), "sender": 0, "ports": (50000, 443), "wanted": frozenset(wanted), **options}))


class Feeder:
    """Hands each segment on as the flow layer does: only what is wanted, in the order of the stream."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.offsets = list(conversation.wanted)
        self.found: list[Message] = []

    def segment(self, direction: int, data: bytes) -> None:
        offset = self.offsets[direction]
        self.offsets[direction] += len(data)
        wanted = self.conversation.wanted[direction]
        if self.offsets[direction] > wanted:
            self.found += self.conversation.feed(direction, data[max(wanted - offset, 0) :])
            assert self.conversation.wanted[direction] >= self.offsets[direction]

    def gap(self, direction: int, size: int) -> None:
        self.offsets[direction] += size
        wanted = self.conversation.wanted[direction]
        if self.offsets[direction] > wanted:
            self.found += self.conversation.gap(direction, self.offsets[direction] - wanted)
            assert self.conversation.wanted[direction] >= self.offsets[direction]

    def close(self) -> list[Message]:
        for direction in (0, 1):
            self.found += self.conversation.close(direction, True)
            assert self.conversation.wanted[direction] == NEVER
        return self.found


def fed(turns: Iterable[Turn], size: int = 1 << 20, conversation: Conversation | None = None) -> list[Message]:
    """The messages, of segments of `size` bytes."""
    feeder = Feeder(conversation or opened())
    for direction, data in turns:
        for at in range(0, len(data), size):
            feeder.segment(direction, data[at : at + size])
    return feeder.close()


def facts(one: Message) -> tuple[Any, ...]:
    """What a message says, without where it stands and what others before it say."""
    assert isinstance(one, TlsMessage)
    return one.MESSAGE, *(getattr(one, field.name) for field in fields(one) if field.name not in CONTEXT)


def placed(one: Message) -> tuple[Any, ...]:
    return (*facts(one), one.start, one.end, one.complete)
