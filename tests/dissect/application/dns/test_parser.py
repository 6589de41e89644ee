"""Messages: header, sections, and what stays when the bytes are wrong."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analyzer.dissect.application.dns import parser
from analyzer.dissect.application.dns.message import Content
from analyzer.dissect.application.dns.parser import MAX_KEPT_BYTES, MAX_SKIPPED, parse
from analyzer.dissect.application.dns.placing import datagram

from .build import HEADER, QUESTION, TO_QUESTION, name, query, question, record, response

ADDRESS = bytes((192, 0, 2, 1))


def test_a_query() -> None:
    content = parse(query(number=0xABCD))
    assert content == Content(
        0x0100, QUESTION, [{"name": "www.example", "type": 1, "type_name": "A", "class": 1}], [], [], [], None, "", 29
    )
    assert (content.response, content.opcode, content.rcode) == (False, 0, 0)


def test_a_response_with_all_sections() -> None:
    content = parse(
        response(
            record(TO_QUESTION, 5, b"\3cdn\xc0\x10", ttl=0xFFFFFFFF),
            record(b"\3cdn\xc0\x10", 1, ADDRESS),
            authorities=(record(b"\xc0\x10", 2, b"\2ns\xc0\x10"),),
            additionals=(record(b"\2ns\xc0\x10", 28, bytes(15) + b"\1"),),
            flags=0x8583,
        )
    )
    assert content.malformed == "" and (content.response, content.rcode) == (True, 3)
    assert [(r["name"], r["type_name"], r["ttl"], r["data"]) for r in content.answers] == [
        ("www.example", "CNAME", 0xFFFFFFFF, "cdn.example"),
        ("cdn.example", "A", 60, "192.0.2.1"),
    ]
    assert [(r["name"], r["data"]) for r in content.authorities] == [("example", "ns.example")]
    assert [(r["name"], r["data"]) for r in content.additionals] == [("ns.example", "::1")]


def test_the_top_bit_of_a_class_in_multicast_dns() -> None:
    message = response(record(b"\1h\5local\0", 1, ADDRESS, 0x8001), question=question("h.local", 1, 0x8001))
    content = parse(message, multicast=True)
    assert content.questions[0]["class"] == 1 and content.questions[0]["unicast_response"] is True
    assert content.answers[0]["class"] == 1 and content.answers[0]["cache_flush"] is True
    content = parse(message)
    assert content.questions[0]["class"] == content.answers[0]["class"] == 0x8001


def test_several_questions_and_unknown_numbers() -> None:
    message = HEADER.pack(7, 0, 2, 0, 0, 0) + question("a.b", 65280, 9) + question("", 255, 255)
    content = parse(message)
    assert [(q["name"], q["type_name"], q["class"]) for q in content.questions] == [
        ("a.b", "TYPE65280", 9),
        ("<Root>", "ANY", 255),
    ]
    assert content.asked == message[12:]


@pytest.mark.parametrize("size", range(12))
def test_header_that_is_cut(size: int) -> None:
    (message,) = datagram(query(number=0x0102)[:size], (40_000, 53))
    content = message.content
    assert message.id == (0x0102 if size >= 2 else None)
    assert content.flags == (0x0100 if size >= 4 else None)
    assert content.malformed and not content.questions


def test_what_came_before_the_cut_stays() -> None:
    message = response(record(TO_QUESTION, 1, ADDRESS), record(TO_QUESTION, 1, ADDRESS))
    for size in range(12, len(message)):
        content = parse(message[:size])
        assert len(content.questions) == (size >= 29)
        assert len(content.answers) == (size >= 45)
        assert content.malformed.startswith("question 1" if size < 29 else "answer 1" if size < 45 else "answer 2")


def test_truncated_message_with_the_counts_of_the_whole_one() -> None:
    whole = HEADER.pack(1, 0x8380, 1, 5, 0, 0) + QUESTION + record(TO_QUESTION, 1, ADDRESS)
    assert parse(whole).malformed == "" and len(parse(whole).answers) == 1
    assert parse(whole[:-1]).malformed == "answer 1: cut short"


def test_data_that_contradicts_its_type_is_hex_and_the_rest_is_read() -> None:
    content = parse(
        response(record(TO_QUESTION, 1, b"\1\2\3"), record(TO_QUESTION, 5, b"\x0aab"), record(TO_QUESTION, 1, ADDRESS))
    )
    assert [r["data"] for r in content.answers] == ["010203", "0a6162", "192.0.2.1"]
    assert content.malformed == ("answer 1: an address of another length; answer 2: the data of a record is longer than it says")


def test_too_many_such_records_end_the_message() -> None:
    content = parse(response(*[record(TO_QUESTION, 1, b"x")] * 100))
    assert len(content.answers) == MAX_SKIPPED
    assert content.malformed.endswith("too many records that cannot be read")


def test_records_without_data() -> None:
    content = parse(response(record(TO_QUESTION, 1, b"", 254), flags=0xA800))
    assert content.answers[0]["data"] is None and content.malformed == "" and content.opcode == 5


def test_bytes_behind_the_message() -> None:
    assert parse(query() + b"more").end == len(query())


@given(some.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    content = parse(data)
    assert len(data) < 4 or content.flags is not None
    assert content.end <= len(data)


@given(some.lists(some.tuples(some.integers(0, 66), some.binary(max_size=40))), some.binary(max_size=4), some.booleans())
def test_any_records(records: list[tuple[int, bytes]], flip: bytes, multicast: bool) -> None:
    message = bytearray(response(*(record(TO_QUESTION, kind, data) for kind, data in records)))
    for i, value in enumerate(flip):
        message[(value * 7 + i) % len(message)] ^= value
    content = parse(bytes(message), multicast)
    assert content.end <= len(message)
    if not flip and not content.malformed:
        assert len(content.answers) == len(records)


def test_many_changes() -> None:
    message = response(
        record(TO_QUESTION, 5, b"\3cdn\xc0\x10"),
        record(b"\3cdn\xc0\x10", 65, b"\0\1\0\0\1\0\3\2h2"),
        authorities=(record(b"\xc0\x10", 6, b"\xc0\x10\xc0\x10" + bytes(20)),),
        additionals=(record(b"\0", 41, struct.pack("!HH", 8, 7) + b"\0\1\x18\0\1\2\3", 1232),),
    )
    chance = random.Random(1)
    for _ in range(20_000):
        changed = bytearray(message)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(2, len(changed))] = chance.randrange(256)
        parse(bytes(changed[: chance.randint(12, len(changed))]))


def test_compiled_and_interpreted_parsers_agree(interpreted: Callable[[str], ModuleType]) -> None:
    source = interpreted("analyzer.dissect.application.dns.parser")
    chance = random.Random(2)
    messages = [query(), response(*(record(TO_QUESTION, kind, b"\3abc\xc0\x0c" * 3) for kind in (1, 5, 6, 15, 16, 41, 46, 65)))]
    for _ in range(3_000):
        changed = bytearray(chance.choice(messages))
        for _ in range(chance.randint(0, 3)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        data, multicast = bytes(changed[: chance.randint(0, 2 * len(changed))]), chance.random() < 0.5
        assert parse(data, multicast) == source.parse(data, multicast)


def test_hostile_messages_take_no_longer_than_others() -> None:
    labels = b"\1a" * 126 + b"\0"
    owners = [(0xC000 | 12 + 2 * (i % 126)).to_bytes(2, "big") for i in range(5_000)]
    message = HEADER.pack(1, 0x8000, 1, 5_000, 0, 0) + labels + b"\0\1\0\1" + b"".join(record(o, 2, o) for o in owners)
    began = time.process_time()
    content = parse(message[:65_535])
    assert len(content.answers) > 4_000 and time.process_time() - began < 2


def test_names_in_data_are_remembered_for_owners() -> None:
    alias = response(record(TO_QUESTION, 5, name("other.test")))
    at = len(alias) - len(name("other.test"))
    content = parse(response(record(TO_QUESTION, 5, name("other.test")), record((0xC000 | at).to_bytes(2, "big"), 1, ADDRESS)))
    assert content.answers[1]["name"] == "other.test"


def test_equal_messages_share_their_content() -> None:
    first, second = (parse(response(record(TO_QUESTION, 1, ADDRESS), number=number)) for number in (1, 2))
    assert first is second
    assert parse(response(record(TO_QUESTION, 1, ADDRESS), number=1), multicast=True) is not first


def test_content_that_depends_on_the_id_is_not_shared() -> None:
    """Names in the id: "a" and "b", which end with the zero in the upper byte of the flags; the root and a zero byte."""
    found = [parse(HEADER.pack(number, 0, 1, 1, 0, 0) + QUESTION + record(b"\xc0\0", 1, ADDRESS)) for number in (0x0161, 0x0162)]
    assert [(content.answers[0]["name"], content.malformed) for content in found] == [("a", ""), ("b", "")]
    found = [parse(HEADER.pack(number, 0, 1, 1, 0, 0) + QUESTION + record(b"\xc0\1", 1, ADDRESS)) for number in (0x6100, 0x6101)]
    assert [content.answers[0]["name"] for content in found] == ["<Root>", "\0"]


def test_caps_of_shared_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MAX_KEPT", 3)
    messages = [query(question(f"name{i}.example")) for i in range(10)]
    contents = [parse(message) for message in messages]
    assert parse(messages[9]) is contents[9] and parse(messages[0]) is not contents[0]
    assert parse(messages[0]) == contents[0]
    long = query(question("x.example"), more=(b"x" * 600,))
    assert parse(long) is not parse(long)


def test_what_is_kept_is_limited_in_bytes() -> None:
    """Messages of equal bytes share what they say, unless much else came in between."""

    def asked(size: int, count: int) -> None:
        for number in range(count):
            parse(query(question(f"kept{number}.example"), 1, more=(record(b"\0", 10, bytes(size)),)))

    message = query(question("shared.example"), 1)
    first = parse(message)
    asked(0, 2_000)
    assert parse(message) is first
    asked(400, 2 * MAX_KEPT_BYTES // 400 + 100)
    assert parse(message) is not first
