"""TLS is known by its first bytes, on any port; nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.dissect.application.tls import recognise

from .build import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    client_hello,
    encrypted,
    message,
    post_quantum_hello,
    record,
    server_hello,
    words,
)

PORTS = (50000, 4711)
HTTPS = (50000, 443)
SSL_2 = b"\1\3\1" + words([3, 0, 16]) + bytes(3) + bytes(16)

BEGINNINGS = {
    "ClientHello": record(HANDSHAKE, client_hello(), 0x0301),
    "long ClientHello": record(HANDSHAKE, post_quantum_hello()),
    "ClientHello of SSL 3.0": record(HANDSHAKE, client_hello(None, version=0x0300), 0x0300),
    "ServerHello": record(HANDSHAKE, server_hello()),
    "split ClientHello": record(HANDSHAKE, client_hello()[:1]) + record(HANDSHAKE, client_hello()[1:]),
    "ChangeCipherSpec": record(CHANGE_CIPHER_SPEC, b"\1") + record(HANDSHAKE, encrypted(40)),
    "alert": record(ALERT, b"\2\x28"),
    "data": record(APPLICATION_DATA, encrypted(40)) + record(APPLICATION_DATA, encrypted(400)),
    "hello of SSL 2.0": words([0x8000 | len(SSL_2)]) + SSL_2,
}
OTHERS = {
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "length of DNS": b"\0\x1d" + bytes(29),
    "version 4": b"\x16\4\1\0\x50\1" + bytes(80),
    "record too long": b"\x16\3\1\xff\xff\1" + bytes(80),
    "empty record": b"\x16\3\1\0\0\x16\3\1\0\0",
    "hello of another version": record(HANDSHAKE, message(1, b"\2" + bytes(60))),
    "hello too short": record(HANDSHAKE, message(1, b"\3\3")),
    "two bytes of ChangeCipherSpec": b"\x14\3\3\0\2\1\1",
    "alert of level 7": b"\x15\3\3\0\2\7\0",
    "something between records": record(APPLICATION_DATA, encrypted(40)) + b"GET / HTTP",
    "top bit": b"\x80\x2e\1\3\1\0\1\0\0\0\x10" + bytes(40),
    "MySQL": bytes.fromhex("4a0000000a352e372e3132"),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_recognised(name: str) -> None:
    data = BEGINNINGS[name]
    verdicts = [recognise(data[:size], PORTS) for size in range(1, len(data) + 1)]
    assert verdicts[-1] is True and False not in verdicts
    decided = verdicts.index(True)
    assert set(verdicts[:decided]) <= {None} and set(verdicts[decided:]) == {True}


@pytest.mark.parametrize("name", OTHERS)
def test_not_recognised(name: str) -> None:
    assert recognise(OTHERS[name], PORTS) is False


@pytest.mark.parametrize("size", (1, 3, 5))
def test_undecided(size: int) -> None:
    assert recognise(BEGINNINGS["ClientHello"][:size], HTTPS) is None


def test_port_makes_it_lenient() -> None:
    data = record(APPLICATION_DATA, encrypted(40)) + b"\0\1\2\3\4\5"
    assert recognise(data, HTTPS) is True and recognise(data, PORTS) is False


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes(data: bytes) -> None:
    assert recognise(data, PORTS) in (True, False, None)
