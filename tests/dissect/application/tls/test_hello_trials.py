"""A ClientHello that post-quantum keys have made too long for a segment: SNI and ALPN are found, however it was split."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.tls import recognise
from analyzer.dissect.application.tls.message import ClientHello

from .build import HANDSHAKE, NAME, X25519MLKEM768, Feeder, opened, post_quantum_hello, record

MESSAGE = post_quantum_hello()
HELLO = record(HANDSHAKE, MESSAGE, 0x0301)
PORTS = (50000, 4711)


def check(segments: list[bytes]) -> None:
    assert sum(map(len, segments)) >= len(MESSAGE)
    head = b""
    for segment in segments:
        head += segment
        verdict = recognise(head, PORTS)
        assert verdict is not False
        if verdict:
            break
    feeder = Feeder(opened())
    for segment in segments:
        assert not feeder.found
        feeder.segment(0, segment)
    (hello,) = feeder.found
    assert isinstance(hello, ClientHello)
    assert (hello.sni, hello.alpn) == (NAME, ("h2", "http/1.1"))
    assert hello.key_shares == (X25519MLKEM768, 29)
    assert (hello.start, hello.end, hello.complete) == (0, sum(map(len, segments)), True)


def test_length() -> None:
    assert len(MESSAGE) == 1700
    check([HELLO])


def test_two_segments_at_every_boundary() -> None:
    for at in range(1, len(HELLO)):
        check([HELLO[:at], HELLO[at:]])


@pytest.mark.parametrize("first", (1, 3, 5))
def test_three_segments_after_a_short_one(first: int) -> None:
    for at in range(first + 1, len(HELLO), 13):
        check([HELLO[:first], HELLO[first:at], HELLO[at:]])


def test_byte_by_byte() -> None:
    check([HELLO[at : at + 1] for at in range(len(HELLO))])


def test_two_records_inside_one_segment_at_every_boundary() -> None:
    for at in range(1, len(MESSAGE)):
        check([record(HANDSHAKE, MESSAGE[:at], 0x0301) + record(HANDSHAKE, MESSAGE[at:], 0x0301)])


@pytest.mark.parametrize("at", (1, 3, 4, 5, 6, 850, 1699))
def test_two_records_inside_two_segments_at_every_boundary(at: int) -> None:
    both = record(HANDSHAKE, MESSAGE[:at], 0x0301) + record(HANDSHAKE, MESSAGE[at:], 0x0301)
    for split in range(1, len(both)):
        check([both[:split], both[split:]])


def test_a_record_for_each_byte() -> None:
    check([b"".join(record(HANDSHAKE, MESSAGE[at : at + 1], 0x0301) for at in range(len(MESSAGE)))])
