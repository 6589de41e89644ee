"""What is HTTP, and what only looks a little like it."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.http1 import recognise
from analyzer.dissect.application.http1.start_line import METHODS, request_line, status_line

ELSEWHERE = (40000, 9999)
WEB = (40000, 80)

IS = [
    b"GET / HTTP/1.1\r\n", b"\r\nGET / HTTP/1.0\n", b"FOO-BAR http://a/ HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\nHost:",
    b"CONNECT [::1]:443 HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404\r\n", b"HTTP/1.1  200 OK\r\n",
    b"HTTP/1.1 200 \r\n", b"PUT /a b HTTP/1.1\r\n", b"get / HTTP/1.1\r\n",
]  # fmt: skip
IS_NOT = [
    b"PRI * HTTP/2.0\r\n", b"RTSP/1.0 200 OK\r\n", b"DESCRIBE rtsp://a RTSP/1.0\r\n", b"SIP/2.0 200 OK\r\n",
    b"HTTP/2 200\r\n", b"220 mail ESMTP\r\n", b"EHLO me\r\n", b"USER me\r\n", b"SSH-2.0-OpenSSH\r\n",
    b"\x16\x03\x01\x02\x00\x01", b"GET /\r\n", b"HTTP/1.1 20 OK\r\n", b"HTTP/1.1 2000 OK\r\n", b"HTTP/1.x 200 OK\r\n",
    b"GET  HTTP/1.1\r\n", b"G=T / HTTP/1.1\r\n", b" GET / HTTP/1.1\r\n", b"GET /\x00 HTTP/1.1\r\n",
    b"GET / HTTP/1.11\r\n", b"\r\n\r\n\r\n\r\n\r\n", b"hello world\n", b"{\"a\": 1}", b"GETx" * 20,
]  # fmt: skip


@pytest.mark.parametrize("head", IS)
def test_is_http(head: bytes) -> None:
    assert recognise(head, ELSEWHERE) is True
    end = head.rindex(b"\n") + 1
    for length in range(1, end):
        assert recognise(head[:length], ELSEWHERE) is None, head[:length]
    assert recognise(head + b"\x00\xff", ELSEWHERE) is True


@pytest.mark.parametrize("head", IS_NOT)
def test_is_not_http(head: bytes) -> None:
    assert recognise(head, ELSEWHERE) is False
    assert all(recognise(head[:length], ELSEWHERE) is not True for length in range(len(head)))


def test_ports_make_lenient_about_the_version() -> None:
    for head in (b"GET /\r\n", b"OPTIONS\r\n", b"GET / HTTP/1.\r\n"):
        assert recognise(head, WEB) is True and recognise(head, ELSEWHERE) is False
    assert recognise(b"EHLO me\r\n", WEB) is False


def test_lines() -> None:
    assert request_line(b"M-SEARCH   *   HTTP/1.1\r\n") == ("M-SEARCH", "*", "1.1", False)
    assert request_line(b"GET /\xff HTTP/1.1\n") == ("GET", "/\ufffd", "1.1", True)
    assert status_line(b"HTTP/1.1 404 Not \xc3\xa4 \r\n") == ("1.1", 404, "Not ä")
    assert status_line(b"HTTP/1.1 200") is None
    assert all(request_line(method + b" / HTTP/1.1\r\n") for method in METHODS)


def test_long_lines_take_no_time() -> None:
    assert recognise(b"GET /" + b"a " * 100_000, ELSEWHERE) is None
    assert request_line(b"GET /" + b" " * 1_000_000 + b"\n") is None
    assert status_line(b"HTTP/1.1" + b" " * 1_000_000 + b"\n") is None
