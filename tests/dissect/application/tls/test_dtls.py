"""DTLS: records and fragments in datagrams."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.dissect.application.stream import Message, Place
from analyzer.dissect.application.tls.dtls import (
    MAX_FRAGMENTED,
    MAX_PARTS,
    MAX_PENDING,
    Datagrams,
    datagram_name,
    recognise_datagram,
)
from analyzer.dissect.application.tls.message import Alert, Certificate, ClientHello, ServerHello

from .build import NAME, alpn, certificate, client_hello, encrypted, server_hello, server_name

PORTS = (50000, 4711)
HEADER = 4
HELLO = client_hello(server_name(NAME) + alpn(b"webrtc"), version=0xFEFD, cookie=b"12345")


def record(payload: bytes, kind: int = 22, epoch: int = 0, number: int = 0, version: int = 0xFEFD) -> bytes:
    return bytes((kind, *version.to_bytes(2, "big"), *epoch.to_bytes(2, "big"), *number.to_bytes(6, "big"))) + (
        len(payload).to_bytes(2, "big") + payload
    )


def fragment(message: bytes, at: int = 0, size: int | None = None, number: int = 0) -> bytes:
    body = message[HEADER:]
    part = body[at:] if size is None else body[at : at + size]
    return message[:HEADER] + number.to_bytes(2, "big") + at.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part


def alone(data: bytes, direction: int = 0) -> list[Message]:
    """The messages of a conversation of one datagram."""
    state = Datagrams()
    return [*state.feed(direction, data), *state.close()]


def test_hellos() -> None:
    (hello,) = alone(record(fragment(HELLO), version=0xFEFF), 1)
    assert isinstance(hello, ClientHello) and hello.datagram and hello.client == 1
    assert (hello.sni, hello.alpn, hello.cookie, hello.version) == (NAME, ("webrtc",), b"12345", 0xFEFD)
    (answer,) = alone(record(fragment(server_hello(version=0xFEFD))), 0)
    assert isinstance(answer, ServerHello) and (answer.cipher_suite, answer.client) == (0xC02F, 1)


def test_several_records() -> None:
    flight = record(fragment(server_hello(version=0xFEFD))) + record(fragment(certificate(encrypted(99)), number=1))
    found = alone(flight + record(encrypted(40), epoch=1) + record(b"\2\x28", kind=21), 1)
    assert [type(one) for one in found] == [ServerHello, Certificate, Alert]
    assert (found[0].start, found[0].end) == (0, 13 + 12 + 38)


def test_conversation_joins_fragments_and_links_messages() -> None:
    state = Datagrams()
    first, second = Place(1, 10), Place(2, 20)
    assert not state.feed(0, record(fragment(HELLO, 60)), first)
    assert not state.feed(0, record(fragment(HELLO, 60)), second)
    (hello,) = state.feed(0, record(fragment(HELLO, 0, 70)), second)
    assert isinstance(hello, ClientHello) and hello.sni == NAME and hello.first == first
    (answer,) = state.feed(1, record(fragment(server_hello(version=0xFEFD))))
    assert isinstance(answer, ServerHello) and answer.client_hello is hello and not state.close()


def test_fragment_alone_is_cut() -> None:
    (hello,) = alone(record(fragment(HELLO, 0, 90)), 0)
    assert isinstance(hello, ClientHello) and not hello.complete and hello.alpn is None
    assert not alone(record(fragment(HELLO, 5)), 0)


def test_limits() -> None:
    state = Datagrams()
    long = certificate(bytes(MAX_FRAGMENTED))
    assert not state.feed(1, record(fragment(long, 0, 100)))
    holes = certificate(bytes(8 * MAX_PARTS))
    for at in range(0, 6 * MAX_PARTS, 3):
        assert not state.feed(1, record(fragment(holes, at, 1)))
    for number in range(3 * MAX_PENDING):
        assert not state.feed(0, record(fragment(HELLO, 0, 90, number)))
    assert len(state.close()) <= MAX_PENDING


def test_memory_is_for_what_came_and_not_for_what_is_claimed() -> None:
    claims = certificate(bytes(MAX_FRAGMENTED - 16))
    tracemalloc.start()
    states = [Datagrams() for _ in range(100)]
    for state in states:
        for number in range(MAX_PENDING):
            assert not state.feed(1, record(fragment(claims, 0, 4, number)))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 100 * MAX_PENDING * 2_000


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 60)), max_size=30))
def test_fragments_in_any_order_and_overlapping(cuts: list[tuple[int, int]]) -> None:
    state = Datagrams()
    size = len(HELLO) - HEADER
    found: list[Message] = []
    for at, length in (*cuts, *((at, 20) for at in reversed(range(0, size, 20)))):
        found = found or state.feed(0, record(fragment(HELLO, min(at, size), length)))
    assert isinstance(found[0], ClientHello) and found[0].complete and found[0].sni == NAME
    assert found[0].cookie == b"12345" and found[0].alpn == ("webrtc",)


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        (record(fragment(HELLO)), True),
        (record(fragment(HELLO), version=0xFEFF) * 2, True),
        (record(encrypted(30), kind=23, epoch=1), True),
        (record(fragment(server_hello())) + b"\x2e" + encrypted(30), True),
        (record(fragment(HELLO))[:-1], False),
        (record(fragment(HELLO)) + b"\0", False),
        (record(fragment(HELLO), version=0x0303), False),
        (record(b""), False),
        (b"", False),
        (b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12), False),
    ),
)
def test_recognition(data: bytes, expected: bool) -> None:
    assert recognise_datagram(data, PORTS) is expected
    assert datagram_name(PORTS) == "dtls"


@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 200))
def test_any_bytes(data: bytes, at: int, size: int) -> None:
    valid = record(fragment(HELLO))
    for one in (
        data,
        valid[:at] + data,
        valid[:at] + data + valid[at + len(data) :],
        record(data),
        record(fragment(HELLO, at, size)),
    ):
        alone(one, 0)
        recognise_datagram(one, PORTS)


def test_cut_everywhere() -> None:
    whole = record(fragment(HELLO))
    for size in range(len(whole)):
        assert not alone(whole[:size], 0)
