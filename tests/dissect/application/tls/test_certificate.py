"""The list of certificates in a Certificate message, whole and cut everywhere."""

from __future__ import annotations

from analyzer.dissect.application.tls.certificate import MAX_CHAIN, parse_chain


def vector(size: int, *content: bytes) -> bytes:
    value = b"".join(content)
    return len(value).to_bytes(size, "big") + value


def message(*chain: bytes) -> bytes:
    return vector(3, *(vector(3, der) for der in chain))


def message13(*chain: bytes) -> bytes:
    return vector(1, b"ctx") + vector(3, *(vector(3, der) + vector(2, b"ext") for der in chain))


def test_whole() -> None:
    assert parse_chain(message(b"leaf", b"middle")) == [b"leaf", b"middle"]
    assert parse_chain(message13(b"leaf", b"middle"), tls13=True) == [b"leaf", b"middle"]
    assert parse_chain(message()) == parse_chain(b"") == parse_chain(b"", tls13=True) == []
    assert parse_chain(message13(), tls13=True) == []
    assert parse_chain(message(b"", b"x")) == [b"x"]


def test_cut_everywhere() -> None:
    chain = [b"leaf", b"middle"]
    for body, tls13 in ((message(*chain), False), (message13(*chain), True)):
        for size in range(len(body)):
            found = parse_chain(body[:size], tls13)
            assert len(found) <= 2
            assert all(whole.startswith(part) for part, whole in zip(found, chain, strict=False))


def test_what_stands_behind_the_list_is_none() -> None:
    assert parse_chain(message(b"leaf") + vector(3, b"x")) == [b"leaf"]
    assert parse_chain(vector(3, vector(3, b"leaf")[:-1]) + b"fx") == [b"lea"]


def test_many() -> None:
    assert len(parse_chain(message(*[b"x"] * 1_000))) == MAX_CHAIN
