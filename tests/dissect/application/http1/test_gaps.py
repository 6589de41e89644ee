"""A gap at every position: what is found is what was sent, and the next message at the beginning of a segment is found again."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.http1.message import Flaw, HttpMessage, Request, Response
from tests.dissect.application.http1.exchange import CLIENT, SERVER, Feeder

#: what client and server say in turn
TURNS = [
    (CLIENT, b"GET /1 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"),
    (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + 20 * b"."),
    (CLIENT, b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"),
    (SERVER, b"HTTP/1.1 100 Continue\r\n\r\n"),
    (SERVER, b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
    (CLIENT, b"HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n"),
    (SERVER, b"HTTP/1.1 203 OK\r\nContent-Length: 300\r\n\r\n"),
    (CLIENT, b"POST /4 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    (SERVER, b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!"),
    (CLIENT, b"GET /5 HTTP/1.1\r\nHost: a\r\n\r\n"),
    (SERVER, b"HTTP/1.0 500 Oops\r\n\r\nuntil the end"),
]


def run(direction: int, start: int, size: int, limit: int = 0) -> Feeder:
    """All turns, without the bytes from `start` on of one direction."""
    feeder = Feeder(body_limit=limit)
    position = [0, 0]
    for way, data in TURNS:
        at = position[way]
        position[way] += len(data)
        low, high = (min(max(edge - at, 0), len(data)) for edge in (start, start + size))
        if way != direction or low == high:
            feeder.feed(way, data)
            continue
        for part in (data[:low], high - low, data[high:]):
            if isinstance(part, int):
                feeder.gap(way, part)
            elif part:
                feeder.feed(way, part)
    feeder.close(CLIENT)
    feeder.close(SERVER)
    return feeder


def name(message: HttpMessage) -> tuple[object, ...]:
    return (message.target,) if isinstance(message, Request) else (message.status,) if isinstance(message, Response) else ()


WHOLE = run(CLIENT, 0, 0)
SENT = {(one.direction, one.start): one for one in WHOLE.messages if isinstance(one, HttpMessage)}
LENGTHS = [sum(len(data) for way, data in TURNS if way == direction) for direction in (CLIENT, SERVER)]


def test_without_a_gap() -> None:
    assert len(WHOLE.requests) == 5 and len(WHOLE.responses) == 6
    assert all(one.complete for one in WHOLE.messages)
    assert [one.status for one in WHOLE.responses if one.request is WHOLE.requests[1]] == [100, 201]


@pytest.mark.parametrize("limit", [0, 1000])
@pytest.mark.parametrize("size", [1, 7, 60, 150])
@pytest.mark.parametrize("direction", [CLIENT, SERVER])
def test_gap_at_every_position(direction: int, size: int, limit: int) -> None:
    for start in range(LENGTHS[direction]):
        feeder = run(direction, start, min(size, LENGTHS[direction] - start), limit)
        found = {(one.direction, one.start): one for one in feeder.messages if isinstance(one, HttpMessage)}
        assert len(found) == len(feeder.messages)
        for key, message in found.items():
            sent = SENT[key]
            assert name(message) == name(sent), start
            assert message.headers == sent.headers[: len(message.headers)]
            if message.complete and not (key[0] == direction and message.start < start + size and message.end > start):
                assert (message.end, message.headers, message.body_bytes) == (sent.end, sent.headers, sent.body_bytes), start
            if isinstance(message, Response) and message.request is not None and isinstance(sent, Response):
                assert sent.request is not None and message.request.start == sent.request.start, start
        behind = [key for key in SENT if key[0] != direction or key[1] >= start + size]
        if direction == CLIENT:  # then HEAD may be unknown, and a body that does not come swallows the next responses
            behind = [key for key in behind if key[0] == CLIENT or key[1] < WHOLE.responses[3].start]
        assert set(behind) <= found.keys(), start
        intact = [one for key, one in SENT.items() if key[0] == direction and one.end <= start]
        assert {(one.direction, one.start) for one in intact} <= {key for key, one in found.items() if one.complete}


def test_pipelined_requests_are_not_guessed_at() -> None:
    feeder = Feeder()
    request, response = b"GET /%d HTTP/1.1\r\n\r\n", b"HTTP/1.1 20%d OK\r\nContent-Length: 0\r\n\r\n"
    for i in (1, 2, 3):
        if i == 2:
            feeder.gap(CLIENT, len(request % i))
        else:
            feeder.feed(CLIENT, request % i)
    for i in (1, 2, 3):
        feeder.feed(SERVER, response % i)
    assert [one.request and one.request.target for one in feeder.responses] == ["/1", None, None]
    assert [bool(one.flaws & Flaw.UNPAIRED) for one in feeder.responses] == [False, True, True]
    feeder = Feeder()
    for i in (1, 2, 3, 4):
        feeder.feed(CLIENT, request % i)
    feeder.feed(SERVER, response % 1)
    feeder.gap(SERVER, len(response % 2))
    feeder.feed(SERVER, response % 3)
    feeder.feed(CLIENT, request % 5)
    feeder.feed(SERVER, response % 4)
    assert [one.request and one.request.target for one in feeder.responses] == ["/1", None, None]


def test_lost_response() -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, b"GET /1 HTTP/1.1\r\n\r\n")
    feeder.feed(CLIENT, b"GET /2 HTTP/1.1\r\n\r\n")
    feeder.gap(SERVER, 100)
    feeder.feed(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert feeder.responses[0].request is feeder.requests[1]


def test_begins_in_the_middle() -> None:
    feeder = Feeder(whole=(False, False))
    feeder.feed(SERVER, b"the end of a body\r\nHTTP/1.1 200 OK\r\n\r\n")
    feeder.feed(SERVER, b"HTTP/1.1 20")
    feeder.feed(SERVER, b"4 OK\r\n\r\n")
    feeder.feed(CLIENT, b"garbage")
    feeder.feed(CLIENT, b"GET / HTTP/1.1\r\n\r\n")
    assert [one.status for one in feeder.responses] == [204] and len(feeder.requests) == 1


REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 404 Not\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("tail", [b"done", b"H", b"GET", b"OPTIONS"])
def test_a_word_before_the_message_at_which_the_place_is_found(tail: bytes) -> None:
    feeder = Feeder(whole=(False, False))
    feeder.feed(SERVER, tail)
    feeder.feed(CLIENT, tail)
    feeder.feed(CLIENT, REQUEST[:20])
    feeder.feed(CLIENT, REQUEST[20:])
    feeder.feed(SERVER, RESPONSE)
    assert [one.start for one in feeder.requests] == [len(tail)] == [one.start for one in feeder.responses]
    assert feeder.requests[0].method == "GET" and feeder.responses[0].request is feeder.requests[0]


def test_any_method_is_found_where_nothing_stands_before_it() -> None:
    feeder = Feeder(whole=(False, False))
    feeder.feed(CLIENT, b"ASK / HTTP/1.1\r\nHost")
    feeder.feed(CLIENT, b": a\r\n\r\nAS")
    feeder.feed(CLIENT, b"K / HTTP/1.1\r\n\r\n")
    assert [one.method for one in feeder.requests] == ["ASK", "ASK"]


def test_a_start_of_one_byte_segments_is_found_behind_a_gap() -> None:
    feeder = Feeder(whole=(False, False))
    for byte in b"GET /" + 300 * b"a" + b" HTTP/1.1\r\n\r\n":
        feeder.feed(CLIENT, bytes((byte,)))
    assert [one.target for one in feeder.requests] == ["/" + 300 * "a"]


def test_a_lost_request_costs_no_other_pair() -> None:
    """The response to the request behind the gap came before the gap was given up."""
    feeder = Feeder()
    feeder.feed(CLIENT, REQUEST)
    for _ in range(3):
        feeder.feed(SERVER, RESPONSE)
    feeder.gap(CLIENT, len(REQUEST))
    feeder.feed(CLIENT, REQUEST)
    feeder.feed(CLIENT, REQUEST)
    feeder.feed(SERVER, RESPONSE)
    assert [one.request for one in feeder.responses] == [feeder.requests[0], None, *feeder.requests[1:]]


def test_how_many_requests_were_lost_is_not_guessed() -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, REQUEST)
    for _ in range(3):
        feeder.feed(SERVER, RESPONSE)
    feeder.gap(CLIENT, 2 * len(REQUEST))
    assert [one.request for one in feeder.responses] == [feeder.requests[0], None, None]


def test_a_lost_request_and_nothing_behind_it() -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, REQUEST)
    for _ in range(3):
        feeder.feed(SERVER, RESPONSE)
    feeder.gap(CLIENT, 30)
    feeder.close(CLIENT)
    assert [one.request for one in feeder.responses] == [feeder.requests[0], None, None]
