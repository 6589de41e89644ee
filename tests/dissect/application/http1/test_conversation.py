"""Messages of a connection: every kind of framing, however the bytes are split."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.http1 import head, side
from analyzer.dissect.application.http1.message import Flaw, Framing
from analyzer.dissect.application.stream import NEVER
from tests.dissect.application.http1.exchange import CLIENT, SERVER, Feeder, exchange, shape

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
EMPTY = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#: name -> (client, server, (status, body bytes, framing) of each response, whole messages)
CASES = {
    "length": (GET, HELLO, [(200, 5, "length")], True),
    "pipelined": (GET * 3, HELLO + EMPTY + HELLO, [(200, 5, "length"), (404, 0, "length"), (200, 5, "length")], True),
    "head": (HEAD + GET, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + HELLO, [(200, 0, "none"), (200, 5, "length")], True),
    "head chunked": (HEAD + GET, CHUNKED + HELLO, [(200, 0, "none"), (200, 5, "length")], True),
    "chunked": (GET * 2, CHUNKED + b"5\r\nhello\r\n0B;a=\"b\"\r\nhello world\r\n0\r\n\r\n" + EMPTY,
                [(200, 16, "chunked"), (404, 0, "length")], True),
    "trailers": (GET * 2, CHUNKED + b"1\r\na\r\n000\r\nX-Sum: 1\r\nY: 2\r\n\r\n" + EMPTY,
                 [(200, 1, "chunked"), (404, 0, "length")], True),
    "no chunk": (GET * 2, CHUNKED + b"0\r\n\r\n" + EMPTY, [(200, 0, "chunked"), (404, 0, "length")], True),
    "bare LF": (GET.replace(b"\r", b"") * 2, CHUNKED.replace(b"\r", b"") + b"2\nab\n0\n\n" + EMPTY,
                [(200, 2, "chunked"), (404, 0, "length")], True),
    "until the end": (GET, b"HTTP/1.0 200 OK\r\n\r\nhello", [(200, 5, "close")], True),
    "nothing until the end": (GET, b"HTTP/1.0 200 OK\r\n\r\n", [(200, 0, "close")], True),
    "204 and 304": (GET * 3, b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" + HELLO,
                    [(204, 0, "none"), (304, 0, "none"), (200, 5, "length")], True),
    "continue": (POST + GET, b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO + EMPTY,
                 [(100, 0, "none"), (200, 5, "length"), (404, 0, "length")], True),
    "early hints": (GET, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HELLO, [(103, 0, "none"), (200, 5, "length")], True),
    "both lengths": (GET * 2, CHUNKED.replace(b"\r\nT", b"\r\nContent-Length: 99\r\nT") + b"1\r\na\r\n0\r\n\r\n" + EMPTY,
                     [(200, 1, "chunked"), (404, 0, "length")], True),
    "the same length twice": (GET * 2, HELLO.replace(b": 5", b": 5, 5") + EMPTY, [(200, 5, "length"), (404, 0, "length")], True),
    "two lengths": (GET, HELLO.replace(b": 5", b": 5, 6"), [(200, 5, "close")], True),
    "no number": (GET, HELLO.replace(b": 5", b": +5"), [(200, 5, "close")], True),
    "identity": (GET * 2, HELLO.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: identity\r\n\r\n") + EMPTY,
                 [(200, 5, "length"), (404, 0, "length")], True),
    "gzip as transfer coding": (GET, CHUNKED.replace(b"chunked", b"gzip") + b"xyz", [(200, 3, "close")], True),
    "empty lines between": (b"\r\n" + GET + b"\r\n\r\n" + GET, HELLO + b"\r\n" + EMPTY,
                            [(200, 5, "length"), (404, 0, "length")], True),
    "cut body": (GET, HELLO[:-1], [(200, 5, "length")], False),
    "cut chunk": (GET, CHUNKED + b"5\r\nhel", [(200, 5, "chunked")], False),
    "cut head": (GET, HELLO[:30], [(200, 0, "none")], False),
    "no chunk line": (GET, CHUNKED + b"1\r\na\r\nxyz\r\n", [(200, 1, "chunked")], False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("limit", [0, 1 << 20])
@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
def test_framing(name: str, limit: int, step: int) -> None:
    client, server, expected, whole = CASES[name]
    feeder = exchange(client, server, step, body_limit=limit)
    assert [(one.status, one.body_bytes, one.framing.value) for one in feeder.responses] == expected
    assert all(one.complete for one in feeder.messages) == whole
    assert [shape(one) for one in feeder.messages] == [shape(one) for one in exchange(client, server).messages]
    finals = [one for one in feeder.responses if one.status >= 200]
    assert [one.request for one in finals] == feeder.requests[: len(finals)]
    if limit and whole:
        for one in (*feeder.requests, *feeder.responses):
            assert len(one.body or b"") == one.body_bytes


def test_bodies_are_what_was_sent() -> None:
    server = CHUNKED + b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n" + HELLO
    for step in (0, 1, 4):
        feeder = exchange(POST + GET, server, step, body_limit=4)
        assert [(bytes(one.body or b""), one.body_cut) for one in feeder.responses] == [(b"hell", True), (b"hell", True)]
        assert [(bytes(one.body or b""), one.body_cut) for one in feeder.requests] == [(b"abc", False), (b"", False)]


def test_bodies_of_known_length_are_not_looked_at() -> None:
    size = 10_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    feeder = Feeder()
    feeder.feed(CLIENT, GET)
    feeder.feed(SERVER, head)
    (response,) = feeder.responses
    assert response.end == feeder.conversation.wanted[SERVER] == len(head) + size
    chunk = b"%x\r\n" % size
    feeder = Feeder()
    feeder.feed(CLIENT, GET)
    feeder.feed(SERVER, CHUNKED + chunk + b"begin")
    assert feeder.conversation.wanted[SERVER] == len(CHUNKED + chunk) + size
    assert feeder.responses[0].end == NEVER


def test_trailers() -> None:
    feeder = exchange(GET, CHUNKED + b"0\r\nX-Sum: 1\r\nY:2\r\n\r\n", 1)
    assert feeder.responses[0].trailers == [("X-Sum", "1"), ("Y", "2")]


def test_head() -> None:
    head = b"GET http://a/ HTTP/1.0\r\nHost:  a \r\nX: 1\r\nX:2\r\nLong: a\r\n\tb\r\n  c\r\n"
    head += b"Name : v\r\nnonsense\r\n: v\r\n\xff: \xfe\r\n\r\n"
    (request,) = exchange(head, b"").requests
    assert (request.method, request.target, request.version, request.host) == ("GET", "http://a/", "1.0", "a")
    assert request.headers == [
        ("Host", "a"), ("X", "1"), ("X", "2"), ("Long", "a b c"), ("Name", "v"), ("\ufffd", "\ufffd"),
    ]  # fmt: skip
    assert request.fields["x"] == "1, 2"
    assert Flaw(request.flaws) == Flaw.FOLDED | Flaw.FIELD


@pytest.mark.parametrize(
    ("line", "target", "flaws"),
    [
        (b"OPTIONS * HTTP/1.1", "*", 0),
        (b"get  /  HTTP/1.1", "/", Flaw.START_LINE),
        (b"GET /a b HTTP/1.1", "/a", Flaw.START_LINE),
        (b"PROPFIND /\xc3\xa4 HTTP/1.1", "/ä", 0),
        (b"GET / HTTP/1.", "/", Flaw.START_LINE),
        (b"OPTIONS", "", Flaw.START_LINE),
    ],
)
def test_request_lines_on_a_port_of_http(line: bytes, target: str, flaws: int) -> None:
    (request,) = exchange(line + b"\r\nHost: a\r\n\r\n", b"").requests
    assert (request.target, request.flaws) == (target, flaws)


def test_flaws() -> None:
    def flaws(head: bytes) -> Flaw:
        return Flaw(exchange(GET, head + b"\r\n").responses[0].flaws) & ~Flaw.CUT_BODY

    assert flaws(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n") == Flaw.LENGTH
    assert flaws(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n") == Flaw.BOTH_LENGTHS
    assert flaws(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n") == Flaw.CODING
    assert flaws(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n") == Flaw.CODING
    assert exchange(GET, CHUNKED + b"zz\r\n").responses[0].flaws & Flaw.CHUNK


def test_the_end_of_the_connection_cuts_a_body() -> None:
    cut = exchange(GET, HELLO[:-1]).responses[0]
    assert cut.flaws & Flaw.CUT_BODY and not cut.complete
    feeder = Feeder()
    feeder.feed(CLIENT, GET)
    feeder.feed(SERVER, HELLO[:-1])
    feeder.close(SERVER, ended=False)
    assert not feeder.responses[0].flaws


def test_a_head_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side, "MAX_HEAD", 100)
    for step in (0, 1, 30):
        feeder = exchange(GET, b"HTTP/1.1 200 OK\r\nX: " + 200 * b"x" + b"\r\n\r\n", step)
        (response,) = feeder.responses
        assert Flaw(response.flaws) & Flaw.LONG_HEAD and not response.complete and not response.headers
        feeder = exchange(GET, CHUNKED + b"0\r\nX: " + 200 * b"x" + b"\r\n\r\n", step)
        assert not feeder.responses[0].complete and feeder.responses[0].flaws & Flaw.LONG_HEAD


def test_response_waits_for_its_request() -> None:
    for step in (1, 10, 1000):
        feeder = Feeder()
        server = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + HELLO
        for at in range(0, len(server), step):
            feeder.feed(SERVER, server[at : at + step])
        assert not feeder.messages
        feeder.feed(CLIENT, HEAD + GET)
        assert [(one.status, one.request) for one in feeder.responses] == [(200, feeder.requests[0]), (200, feeder.requests[1])]
        assert [one.body_bytes for one in feeder.responses] == [0, 5]


@pytest.mark.parametrize("how", ["gap", "close", "overflow", "mid-stream"])
def test_response_does_not_wait_for_ever(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.dissect.application.http1.conversation.MAX_HELD", 100)
    feeder = Feeder(whole=(how != "mid-stream", True))
    feeder.feed(SERVER, HELLO)
    if how == "gap":
        feeder.gap(CLIENT, 50)
    elif how == "close":
        feeder.close(CLIENT)
    elif how == "overflow":
        for _ in range(3):
            feeder.feed(SERVER, HELLO)
    assert feeder.responses and all(one.request is None and one.status == 200 for one in feeder.responses)
    feeder.feed(CLIENT, GET)
    feeder.feed(SERVER, EMPTY)
    assert how == "close" or feeder.responses[-1].request is feeder.requests[0]


def test_response_to_an_unknown_head_request() -> None:
    feeder = Feeder(whole=(False, False))
    feeder.feed(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + HELLO)
    assert [(one.status, one.body_bytes) for one in feeder.responses] == [(200, 0), (200, 5)]
    assert feeder.responses[0].framing == Framing.NONE


def test_client_that_expected_another_answer() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    feeder = Feeder()
    feeder.feed(CLIENT, head)
    feeder.feed(SERVER, b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
    feeder.feed(CLIENT, GET)
    assert [(one.method, one.body_bytes, one.end - one.start) for one in feeder.requests] == [
        ("POST", 0, len(head)), ("GET", 0, len(GET)),
    ]  # fmt: skip
    feeder = Feeder()
    feeder.feed(CLIENT, head)
    feeder.feed(SERVER, b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
    feeder.close(CLIENT)
    assert [(one.complete, one.body_bytes, one.flaws) for one in feeder.requests] == [(True, 0, 0)]
    feeder = Feeder()
    feeder.feed(CLIENT, head)
    feeder.feed(SERVER, b"HTTP/1.1 100 Continue\r\n\r\n")
    feeder.feed(CLIENT, b"abc" + GET)
    assert [(one.method, one.body_bytes) for one in feeder.requests] == [("POST", 3), ("GET", 0)]


def test_same_bodies_have_the_same_digest() -> None:
    one, two, three, none = exchange(POST + POST + POST.replace(b"abc", b"abd") + GET, b"", 5).requests
    assert one.digest == two.digest != three.digest and none.digest == b"" and one.digest
    cut = exchange(POST[:-1], b"").requests[0]
    assert cut.digest is None
    long = b"POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n" + 70000 * b"x"
    assert exchange(long, b"").requests[0].digest is None


def test_little_is_done_for_those_who_only_want_to_know_what_it_is() -> None:
    feeder = Feeder(wanted=frozenset({"tls"}))
    feeder.feed(CLIENT, GET)
    assert feeder.conversation.wanted == [NEVER, NEVER]
    feeder = Feeder(wanted=frozenset())
    feeder.feed(SERVER, HELLO)  # held
    feeder.feed(CLIENT, GET)
    assert feeder.conversation.wanted == [NEVER, NEVER]


def test_a_blank_before_the_first_field() -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, b"POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: a\r\n\r\nhello" + GET)
    first, second = feeder.requests
    assert first.headers == [("Content-Length", "5"), ("Host", "a")] and first.flaws == Flaw.FIELD and first.body_bytes == 5
    assert second.method == "GET" and not second.flaws


@pytest.mark.parametrize("coding", [b"xchunked", b"gzip", b"chunked, gzip", b"xchunked\r\nContent-Length: 4"])
def test_a_request_never_ends_with_the_connection(coding: bytes) -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, b"POST / HTTP/1.1\r\nTransfer-Encoding: " + coding + b"\r\n\r\nabcd" + GET)
    feeder.feed(SERVER, EMPTY)
    feeder.feed(CLIENT, GET)
    first, second = feeder.requests
    assert first.flaws & Flaw.CODING and (first.framing, first.end, first.complete) == (Framing.NONE, first.head_end, True)
    assert feeder.responses[0].request is first and second.method == "GET"


def test_fields_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "MAX_FIELDS", 3)
    for count in (2, 3, 4):
        message = exchange(b"GET / HTTP/1.1\r\n" + count * b"a: b\r\n" + b"\r\n", b"").requests[0]
        assert (len(message.headers), message.flaws) == (min(count, 3), Flaw.LONG_HEAD if count > 3 else 0)


def test_long_chunk_extensions_in_one_byte_segments() -> None:
    for size, framed in ((1000, True), (5000, False)):
        feeder = exchange(GET, CHUNKED + b"1;" + size * b"x" + b"\r\na\r\n0\r\n\r\n", 1)
        assert (feeder.responses[0].complete, feeder.responses[0].flaws) == (framed, Flaw(0) if framed else Flaw.CHUNK)
        assert feeder.responses[0].body_bytes == framed
