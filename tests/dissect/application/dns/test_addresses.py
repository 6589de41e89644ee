"""Names out of DNS responses, also of hostile ones."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.dns import addresses

from .build import TO_QUESTION, query, record, response

ADDRESS = bytes((192, 0, 2, 1))
FOUND = [("192.0.2.1", "www.example")]


def test_address_of_the_question_through_a_pointer() -> None:
    assert list(addresses(response(record(TO_QUESTION, 1, ADDRESS)))) == FOUND


def test_ipv6_and_the_flag_of_multicast_dns() -> None:
    message = response(record(b"\4host\5local\0", 28, bytes(16), 0x8001), question=b"")
    assert list(addresses(message)) == [("::", "host.local")]


def test_aliases_lead_back_to_the_question() -> None:
    first = record(TO_QUESTION, 5, b"\3cdn\0")
    second = record(b"\3CDN\0", 5, b"\4edge\0")
    assert list(addresses(response(second, first, record(b"\4edge\0", 1, ADDRESS)))) == FOUND


def test_aliases_in_a_circle_end() -> None:
    message = response(record(b"\1a\0", 5, b"\1b\0"), record(b"\1b\0", 5, b"\1a\0"), record(b"\1a\0", 1, ADDRESS))
    assert len(list(addresses(message))) == 1


@pytest.mark.parametrize("flags", (0x0100, 0x8183))
def test_questions_and_errors_say_nothing(flags: int) -> None:
    assert not list(addresses(response(record(TO_QUESTION, 1, ADDRESS), flags=flags)))


def test_addresses_of_another_length_and_class_are_none() -> None:
    records = (record(TO_QUESTION, 1, b"xyz"), record(TO_QUESTION, 28, ADDRESS), record(TO_QUESTION, 1, ADDRESS, 3))
    assert not list(addresses(response(*records)))


def test_every_cut() -> None:
    message = response(record(TO_QUESTION, 5, b"\3cdn\xc0\x10"), record(b"\3cdn\xc0\x10", 1, ADDRESS))
    assert list(addresses(message)) == FOUND
    for length in range(len(message)):
        assert not list(addresses(message[:length]))
    assert not list(addresses(query()))
