"""Server-sent events: any line end, any split, a gap at every position, streams that never end."""

from __future__ import annotations

import gzip
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dissect.application.sse import ALLOWANCE, MAX_VALUE, Event, Reader
from analyzer.dissect.application.stream import Exchange

START = 1000
BODY = (
    b"\xef\xbb\xbf: welcome\nretry: 3000\n\n"
    b"data: one\nid: 1\n\n"
    b"event: tick\ndata: two\ndata:lines\nid:2\n\n"
    b": keep-alive\n\n:\n\n"
    b"data\n\n"
    b"id: 3\0\ndata:  x\nunknown: y\n\n"
    b"event: nothing\n\n"
    b"data: cut"
)


def reader(limit: int = 100, **headers: str) -> Reader:
    response = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reader(1, Exchange(0, "/events", "h", {}, response), limit)


def fed(one: Reader, data: bytes, size: int, at: int = START) -> list[Event]:
    found = []
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        found += one.feed(piece, at + start, at + start + len(piece))
    assert all(isinstance(event, Event) for event in found)
    return found  # type: ignore[return-value]


def facts(event: Event) -> tuple[object, ...]:
    return (event.kind, event.type, event.id, event.data_length, event.data_lines, event.data, event.retry, event.comments)


EXPECTED = [
    ("open", None, None, 0, 0, None, None, 0),
    ("fields", None, None, 0, 0, None, 3000, 1),
    ("event", "message", "1", 3, 1, "one", None, 0),
    ("event", "tick", "2", 9, 2, "two\nlines", None, 0),
    ("event", "message", None, 0, 1, "", None, 2),
    ("event", "message", None, 2, 1, " x", None, 0),
    ("fields", None, None, 0, 0, None, None, 0),
]


@pytest.mark.parametrize("end", (b"\n", b"\r", b"\r\n"))
@pytest.mark.parametrize("size", (1, 2, 3, 7, 10_000))
def test_events(end: bytes, size: int) -> None:
    found = fed(reader(), BODY.replace(b"\n", end), size)
    assert list(map(facts, found)) == EXPECTED


def test_places() -> None:
    (_, fields, one, *_) = fed(reader(), BODY, 10_000)
    assert (fields.start, fields.end) == (START + BODY.index(b"retry"), START + BODY.index(b"data: one"))
    assert (one.start, one.end) == (START + BODY.index(b"data: one"), START + BODY.index(b"event: tick"))
    byte_by_byte = fed(reader(), BODY, 1)
    assert [(event.start, event.end) for event in byte_by_byte[1:]] == [
        (event.start, event.end) for event in fed(reader(), BODY, 10_000)[1:]
    ]


@pytest.mark.parametrize("limit", (0, 1, 4, 5))
def test_data_is_counted_and_kept_as_wanted(limit: int) -> None:
    _, event = fed(reader(limit), b"data: ab\ndata: cd\n\n", 3)
    assert isinstance(event, Event)
    assert event.data_length == 5
    assert event.data == ("ab\ncd"[:limit] if limit else None)
    assert event.cut == (0 < limit < 5)


def test_an_event_without_its_blank_line_is_dropped() -> None:
    for ended in (True, False):
        one = reader()
        found = fed(one, BODY, 50)
        cut, end = one.close(ended)
        assert isinstance(cut, Event) and isinstance(end, Event)
        assert (cut.kind, cut.complete, cut.ended, cut.start) == ("event", False, ended, START + BODY.index(b"data: cut"))
        assert (end.kind, end.ended, end.complete) == ("end", ended, False)
        assert len(found) == len(EXPECTED)


def test_nothing_came() -> None:
    assert reader().close(True) == []


def numbered(end: bytes, count: int = 12) -> bytes:
    lines = [f"id: {number}\ndata: {'x' * number}\ndata: {number}\n: c\n\n" for number in range(count)]
    return "".join(lines).encode().replace(b"\n", end)


@pytest.mark.parametrize("end", (b"\n", b"\r", b"\r\n"))
@pytest.mark.parametrize("size", (1, 9, 40))
def test_a_gap_at_every_position(end: bytes, size: int) -> None:
    """Every event that is whole is one that was sent; those behind the next blank line are all there."""
    body = numbered(end)
    sent = {facts(event)[:6] for event in fed(reader(), body, 50)}
    order = [facts(event)[2] for event in fed(reader(), body, 10_000)[1:]]
    for position in range(1, len(body) - size):
        one = reader()
        found = fed(one, body[:position], 33)
        found += one.gap(size)  # type: ignore[arg-type]
        rest = body[position + size :]
        found += fed(one, rest, 33, START + position + size)
        whole = [event for event in found if event.complete and event.kind == "event"]
        assert all(facts(event)[:6] in sent for event in whole)
        behind = rest.count(end * 2)
        assert [event.id for event in whole][-behind + 1 :] == order[-behind + 1 :] or behind < 2
        if behind >= 2:
            assert whole[-1].missing_before == 0 or behind == 2


@pytest.mark.parametrize("coding", ("gzip", "deflate"))
def test_compressed_streams(coding: str) -> None:
    data = gzip.compress(BODY) if coding == "gzip" else zlib.compress(BODY)
    assert list(map(facts, fed(reader(content_encoding=coding), data, 5))) == EXPECTED


def test_a_coding_that_is_not_read() -> None:
    for coding, data in (("br", BODY), ("gzip", BODY)):
        one = reader(content_encoding=coding)
        found = fed(one, data, 50)
        (end,) = one.close(True)
        assert [event.kind for event in found] == ["open"]
        assert isinstance(end, Event) and end.unread


def test_a_gap_ends_what_is_compressed() -> None:
    data = gzip.compress(numbered(b"\n", 300))
    one = reader(content_encoding="gzip")
    fed(one, data[:50], 50)
    one.gap(10)
    assert fed(one, data[60:], 50) == []
    assert one.close(True)[-1].unread  # type: ignore[attr-defined]


def test_a_bomb_stops_at_the_cap() -> None:
    bomb = gzip.compress(b"data: " + bytes(100 << 20))
    one = reader(content_encoding="gzip")
    began = time.process_time()
    fed(one, bomb, 1460)
    assert time.process_time() - began < 3
    assert one.close(True)[-1].unread  # type: ignore[attr-defined]
    assert ALLOWANCE < 100 << 20


@pytest.mark.parametrize("line", (b"\n", b":\r\n", b"data: x\n", b"x\n", b"x\n:\n", b"data: x\n\n"))
@pytest.mark.parametrize("coding", ("gzip", "identity"))
def test_many_short_lines_take_little_time(line: bytes, coding: str) -> None:
    one = reader(0, content_encoding=coding)
    data = b"data: x\n" + line * (8_000_000 // len(line))
    data = gzip.compress(data, 1) if coding == "gzip" else data[: 20_000 if line.endswith(b"x\n\n") else 2_000_000]
    began = time.process_time()
    fed(one, data, 1460)
    assert time.process_time() - began < 3


SHORT = [b"data: x", b"data:", b"data", b":", b": data: x", b"x", b"id:1", b"", b"", b" data: x", b"::"]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(SHORT), st.sampled_from([b"\n", b"\r\n", b"\r"])), max_size=60),
    st.sampled_from((0, 1, 5, 100)),
)
def test_lines_at_once_count_as_one_by_one(lines: list[tuple[bytes, bytes]], limit: int) -> None:
    body = b"".join(line + end for line, end in lines)
    at_once, one_by_one = fed(reader(limit), body, 10_000), fed(reader(limit), body, 1)
    assert list(map(facts, at_once)) == list(map(facts, one_by_one))
    assert [(event.start, event.end) for event in at_once[1:]] == [(event.start, event.end) for event in one_by_one[1:]]


def test_endless_lines_take_no_memory() -> None:
    one = reader(10)
    data = b"id: " + b"i" * 100_000 + b"\ndata: " + b"d" * 1_000_000
    (_, event) = fed(one, data + b"\n\n", 1460)
    assert (event.data_length, event.data, event.cut) == (1_000_000, "d" * 10, True)
    assert event.id == "i" * MAX_VALUE
    one = reader(1 << 20)
    began = time.process_time()
    assert len(fed(one, b"data: " + b"d" * 200_000, 1)) == 1
    assert time.process_time() - began < 2


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"data: x", b"\r", b"\n", b"\r\n", b"id"]), st.integers(1, 9)))
)
def test_any_bytes(parts: list[bytes | int]) -> None:
    one, at = reader(), START
    for part in parts:
        if isinstance(part, int):
            one.gap(part)
        else:
            one.feed(part, at, at + len(part))
        at += part if isinstance(part, int) else len(part)
    for event in one.close(True):
        assert event.start <= event.end


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.sampled_from([b"data: x", b"\r", b"\n", b"\r\n", b"id:1", b":", b"event:e", b"retry:5"]), max_size=40),
    st.integers(1, 9),
)
def test_any_split_gives_the_same(parts: list[bytes], size: int) -> None:
    body = b"".join(parts)
    assert list(map(facts, fed(reader(), body, size))) == list(map(facts, fed(reader(), body, 10_000)))
