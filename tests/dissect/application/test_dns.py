"""Names out of DNS responses, also of hostile ones."""

from __future__ import annotations

import random
import struct

import pytest

from analyzer.dissect.application import dns

ADDRESS = bytes((192, 0, 2, 1))
HEADER = struct.pack("!6H", 1, 0x8180, 1, 1, 0, 0)
QUESTION = b"\3www\7example\0" + struct.pack("!HH", 1, 1)


def record(owner: bytes, kind: int, data: bytes, family: int = 1) -> bytes:
    return owner + struct.pack("!HHIH", kind, family, 60, len(data)) + data


def response(*records: bytes, question: bytes = QUESTION, flags: int = 0x8180) -> bytes:
    return struct.pack("!6H", 1, flags, bool(question), len(records), 0, 0) + question + b"".join(records)


def test_address_of_the_question_through_a_pointer() -> None:
    message = response(record(b"\xc0\x0c", dns.TYPE_A, ADDRESS))
    assert list(dns.addresses(message)) == [(ADDRESS, "www.example")]


def test_ipv6_and_the_flag_of_multicast_dns() -> None:
    message = response(record(b"\4host\5local\0", dns.TYPE_AAAA, bytes(16), 0x8001), question=b"")
    assert list(dns.addresses(message)) == [(bytes(16), "host.local")]


def test_aliases_lead_back_to_the_question() -> None:
    first = record(b"\xc0\x0c", dns.TYPE_CNAME, b"\3cdn\0")
    second = record(b"\3CDN\0", dns.TYPE_CNAME, b"\4edge\0")
    message = response(second, first, record(b"\4edge\0", dns.TYPE_A, ADDRESS))
    assert list(dns.addresses(message)) == [(ADDRESS, "www.example")]


def test_aliases_in_a_circle_end() -> None:
    message = response(record(b"\1a\0", 5, b"\1b\0"), record(b"\1b\0", 5, b"\1a\0"), record(b"\1a\0", 1, ADDRESS))
    assert len(list(dns.addresses(message))) == 1


@pytest.mark.parametrize("flags", (0x0100, 0x8183))
def test_questions_and_errors_say_nothing(flags: int) -> None:
    assert not list(dns.addresses(response(record(b"\xc0\x0c", 1, ADDRESS), flags=flags)))


def test_pointers_in_a_circle_end() -> None:
    assert not list(dns.addresses(HEADER + b"\xc0\x0c" + bytes(50)))
    assert not list(dns.addresses(HEADER + b"\xc0\x0e\xc0\x0c" + bytes(50)))


def test_a_name_is_not_longer_than_allowed() -> None:
    name = (b"\x3f" + b"x" * 63) * 4 + b"\0"
    assert not list(dns.addresses(response(record(name, 1, ADDRESS), question=b"")))


def test_bytes_that_are_no_utf8() -> None:
    message = response(record(b"\2\xff\x1b\0", 1, ADDRESS), question=b"")
    assert list(dns.addresses(message)) == [(ADDRESS, "\ufffd\x1b")]


def test_every_cut_and_many_changes() -> None:
    message = response(record(b"\xc0\x0c", 5, b"\3cdn\xc0\x10"), record(b"\3cdn\xc0\x10", 1, ADDRESS))
    assert list(dns.addresses(message)) == [(ADDRESS, "www.example")]
    for length in range(len(message)):
        assert not list(dns.addresses(message[:length]))
    chance = random.Random(1)
    for _ in range(5_000):
        changed = bytearray(message)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(2, len(changed))] = chance.randrange(256)
        list(dns.addresses(bytes(changed)))
