"""Rows of HTTP: frames, times, and what the header fields decide."""

from __future__ import annotations

import pytest

from analyzer.flow.application import http, repeats
from analyzer.flow.application.http import KEYS
from tests.flow.application.http_exchange import CLIENT, SERVER, Connections, answer, get

MS = 1_000_000
GZIP = ("Accept-Encoding: gzip, br;q=0",)


def test_request_and_response() -> None:
    request, response = (
        Connections()
        .send(CLIENT, get("/a"), 10)
        .send(SERVER, answer(body=b"x" * 9)[:40], 30)
        .send(SERVER, answer(body=b"x" * 9)[40:], 35)
        .rows()
    )
    assert (request["frame"], request["message"]) == (4, "request")
    assert (request["method"], request["host"], request["uri"]) == ("GET", "h", "/a")
    assert request["headers"] == [("Host", "h")] and request["content_length"] is None and request["idempotent"]
    assert (response["frame"], response["first_frame"], response["request_frame"], response["status"]) == (6, 5, 4, 200)
    times = (response["time_to_first_byte_ns"], response["transfer_ns"], response["response_time_ns"])
    assert times == (20 * MS, 5 * MS, 25 * MS)
    assert (response["content_length"], response["body_bytes"], response["framing"]) == (9, 9, "length")
    assert (response["uri"], response["direction"], request["direction"]) == ("/a", "server", "client")
    assert set(request) <= set(KEYS) and set(response) <= set(KEYS)


def test_fin_completes_what_only_ends_with_it() -> None:
    rows = Connections().send(CLIENT, get(), 10).send(SERVER, b"HTTP/1.0 200 OK\r\n\r\nhello", 20).end(50).rows()
    assert (rows[1]["frame"], rows[1]["response_time_ns"], rows[1]["complete"]) == (6, 40 * MS, True)


def test_continue_and_final_response_have_their_request() -> None:
    post = get("/p", "Expect: 100-continue", method="POST", body=b"0123456789")
    head = len(post) - 10
    connections = Connections().send(CLIENT, post[:head], 10).send(SERVER, b"HTTP/1.1 100 Continue\r\n\r\n", 20)
    rows = connections.send(CLIENT, post[head:], 30).send(SERVER, answer(status="201 Created"), 40).rows()
    requests = [row for row in rows if row["message"] == "request"]
    responses = [row for row in rows if row["message"] == "response"]
    assert [row["frame"] for row in requests] == [6]
    assert [(row["status"], row["response_time_ns"]) for row in responses] == [(100, None), (201, 10 * MS)]
    assert responses[1]["request_frame"] == 6 and not requests[0]["idempotent"]


def test_incomplete() -> None:
    rows = Connections().send(CLIENT, get()).send(SERVER, answer(body=b"12345")[:-2]).rows()
    assert (rows[1]["frame"], rows[1]["last_frame"], rows[1]["complete"], rows[1]["flaws"]) == (None, 5, False, [])
    rows = Connections().send(CLIENT, get()).send(SERVER, answer(body=b"12345")[:-2]).end().rows()
    assert rows[1]["flaws"] == ["cut_body"] and rows[1]["missing_bytes"] == 0
    connections = Connections().send(CLIENT, get()).send(SERVER, answer(body=b"1" * 500)[:100])
    rows = connections.send(SERVER, b"1" * 100, lost=True).send(SERVER, answer(body=b"1" * 500)[200:]).end().rows()
    assert (rows[1]["frame"], rows[1]["missing_bytes"], rows[1]["body_bytes"]) == (None, 100, 500)
    assert rows[1]["flaws"] == []  # it is the capture that lacks something


def test_content_length() -> None:
    for fields, length, flaws in (
        (("Content-Length: 0",), 0, []),
        (("Content-Length: 0", "Content-Length: 0"), 0, []),
        (("Content-Length: 0", "Content-Length: 1"), None, ["length"]),
        (("Content-Length: +1",), None, ["length"]),
        ((), None, []),
    ):
        (row,) = Connections().send(CLIENT, get("/", *fields)).rows()
        assert (row["content_length"], row["flaws"]) == (length, flaws)


def test_secrets() -> None:
    connections = Connections().send(CLIENT, get("/", "Authorization: Basic abc", "Cookie: a=b"))
    connections.send(SERVER, answer("Set-Cookie: a=b"))
    request, response = connections.rows()
    assert request["headers"][1:] == [("Authorization", "Basic ***"), ("Cookie", "***")]
    assert response["headers"][0] == ("Set-Cookie", "***")
    (nearly,) = Connections().send(CLIENT, get("/", "X: y\rCookie: a=b")).rows()
    assert nearly["headers"][1] == ("X", "y\rCookie: ***") and nearly["flaws"] == ["field"]
    request, response = connections.rows(show_secrets=True)
    assert request["headers"][2] == ("Cookie", "a=b") and response["headers"][0] == ("Set-Cookie", "a=b")


def test_not_modified_saves_the_earlier_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_RESOURCES", 2)
    connections = Connections()
    for target, size in (("/a", 100), ("/b", 200), ("/c", 300)):
        connections.send(CLIENT, get(target)).send(SERVER, answer(body=b"x" * size))
    for target in ("/a", "/b"):
        connections.send(CLIENT, get(target, 'If-None-Match: "1"')).send(SERVER, b"HTTP/1.1 304 Not Modified\r\n\r\n")
    rows = connections.rows()
    assert [row["saved_bytes"] for row in rows if row.get("status") == 304] == [None, 200]
    assert [row["conditional"] for row in rows if row["message"] == "request"] == [False] * 3 + [True] * 2


def test_repeated_request_on_a_new_connection() -> None:
    connections = Connections().send(CLIENT, get("/p", method="POST", body=b"same"), 100).end()
    connections.open().send(CLIENT, get("/p", method="POST", body=b"same"), 300).send(SERVER, answer(status="503 Busy"))
    connections.send(CLIENT, get("/p", method="POST", body=b"same"), 350).send(SERVER, answer())
    connections.open().send(CLIENT, get("/p", method="POST", body=b"other"), 400)
    connections.open().send(CLIENT, get("/p", "Idempotency-Key: 7", method="POST", body=b"same"), 750)
    requests = [row for row in connections.rows() if row["message"] == "request"]
    told = [tuple(row.get(key) for key in ("attempt", "since_previous_ns", "previous_status")) for row in requests]
    assert told == [(None,) * 3, (2, 200 * MS, None), (None,) * 3, (None,) * 3, (2, 400 * MS, 200)]
    assert requests[1]["repeat_of"] == requests[0]["frame"] and requests[4]["idempotency_key"] == "7"


def test_repeats_are_forgotten_from_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_REMEMBERED", 2)
    connections = Connections()
    for target in ("/a", "/b", "/c"):
        connections.send(CLIENT, get(target))
    connections.open()
    for target in ("/c", "/a"):
        connections.send(CLIENT, get(target))
    assert [row.get("attempt") for row in connections.rows()[-2:]] == [2, None]


@pytest.mark.parametrize(
    ("asked", "fields", "size", "compression", "vary"),
    [
        (GZIP, ("Content-Type: text/html",), 1400, "missed", False),
        (GZIP, ("Content-Type: application/problem+json",), 1400, "missed", False),
        (GZIP, ("Content-Type: text/html",), 1399, None, False),
        (GZIP, ("Content-Type: image/png",), 9999, None, False),
        (GZIP, ("Content-Type: text/html", "Cache-Control: no-transform"), 9999, None, False),
        ((), ("Content-Type: text/html",), 9999, None, False),
        (("Accept-Encoding: gzip;q=0, identity",), ("Content-Type: text/html",), 9999, None, False),
        (("Accept-Encoding: *",), ("Content-Type: text/html",), 9999, "missed", False),
        (GZIP, ("Content-Encoding: gzip", "Cache-Control: max-age=60"), 100, "used", True),
        (GZIP, ("Content-Encoding: gzip", "Cache-Control: max-age=60", "Vary: Cookie, accept-encoding"), 100, "used", False),
        (GZIP, ("Content-Encoding: gzip", "Cache-Control: private, max-age=60"), 100, "used", False),
        (GZIP, ("Content-Encoding: gzip",), 100, "used", False),
    ],
)
def test_negotiation(asked: tuple[str, ...], fields: tuple[str, ...], size: int, compression: str | None, vary: bool) -> None:
    _, response = Connections().send(CLIENT, get("/", *asked)).send(SERVER, answer(*fields, body=b"x" * size)).rows()
    assert (response["compression"], response["vary_missing"]) == (compression, vary)


def test_age_and_freshness() -> None:
    fields = ("Cache-Control: public, max-age=3600", "Age: 60")
    _, response = Connections().send(CLIENT, get()).send(SERVER, answer(*fields)).rows()
    assert (response["cacheable"], response["freshness_ns"], response["freshness_from"]) == ("shared", 3600 * 10**9, "max-age")
    assert response["age_ns"] == 60 * 10**9
