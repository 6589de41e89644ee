"""What is found in HTTP, and what is not, since nothing is wrong."""

from __future__ import annotations

import pytest

from analyzer.finding import Finding
from analyzer.flow.findings import http
from analyzer.flow.findings.http import HttpFindings
from analyzer.report import wording
from tests.flow.application.http_exchange import CLIENT, SERVER, Connections, answer, get

SECOND = 1000  #: in ms


def found(connections: Connections) -> dict[str, Finding]:
    findings = HttpFindings()
    for row in connections.rows():
        findings.update(row)
    by_kind = {finding.kind: finding for finding in findings.findings()}
    for finding in by_kind.values():
        sentence = wording.sentence(finding)
        assert sentence.endswith(".") and "  " not in sentence
    return by_kind


def test_nothing_is_wrong() -> None:
    connections = Connections().send(CLIENT, get("/", "Accept-Encoding: gzip"))
    fields = ("Content-Encoding: gzip", "Vary: Accept-Encoding", "Cache-Control: max-age=9")
    connections.send(SERVER, answer(*fields, body=b"x" * 999))
    connections.send(CLIENT, get("/private")).send(SERVER, answer("WWW-Authenticate: Basic", status="401 Unauthorized"))
    assert not found(connections.end())


def test_errors() -> None:
    connections = Connections()
    for status in ("500 Oops", "503 Busy", "503 Busy", "404 Not Found", "200 OK"):
        connections.send(CLIENT, get()).send(SERVER, answer(status=status))
    findings = found(connections)
    server, client = findings.pop("http_server_error"), findings.pop("http_client_error")
    assert (server.count, server.frames, server.values["statuses"]) == (3, (5, 7, 9), "503 x 2, 500 x 1")
    assert (client.count, client.values["of"]) == (1, 5)
    assert not findings


def test_slow() -> None:
    connections = Connections().send(CLIENT, get(), SECOND).send(SERVER, b"HTTP/1.1 103 Early Hints\r\n\r\n", SECOND + 1)
    connections.send(SERVER, answer(), 3 * SECOND).send(CLIENT, get(), 4 * SECOND).send(SERVER, answer(body=b"x" * 50)[:50], 4500)
    findings = found(connections.send(SERVER, answer(body=b"x" * 50)[50:], 9 * SECOND))
    assert list(findings) == ["http_slow"]
    assert dict(findings["http_slow"].values) == {"of": 2, "longest_ns": 2 * 10**9, "least_ns": 10**9}
    assert findings["http_slow"].cost_ns == 2 * 10**9


def test_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections().send(CLIENT, get("/1")).send(SERVER, answer()).send(CLIENT, get("/2") + get("/3")).end()
    finding = found(connections)["http_unanswered"]
    assert (finding.count, finding.frames) == (2, (6,))
    monkeypatch.setattr(http, "MAX_WAITING", 1)
    findings = HttpFindings()
    for row in Connections().send(CLIENT, get("/1")).send(CLIENT, get("/2")).rows():
        findings.update(row)
    assert [finding.frames for finding in findings.findings()] == [(5,)]
    assert findings.forgotten() == {"unanswered HTTP request": 1}


def test_retried_with_back_off() -> None:
    connections = Connections().send(CLIENT, get("/a", method="POST"), 1 * SECOND).end()
    connections.open().send(CLIENT, get("/a", method="POST"), 2 * SECOND).send(SERVER, answer(status="503 Busy"), 2010)
    connections.open().send(CLIENT, get("/a", method="POST"), 4 * SECOND).send(SERVER, answer(), 4010)
    connections.open().send(CLIENT, get("/a", method="POST"), 9 * SECOND).send(SERVER, answer(), 9010)
    finding = found(connections)["http_retried"]
    assert finding.count == 2
    assert dict(finding.values) == {"attempts": 3, "shortest_ns": 10**9, "longest_ns": 2 * 10**9, "unsafe": 2}
    assert finding.cost_ns == 3 * 10**9


def test_repeats_after_an_answer_are_no_retries() -> None:
    connections = Connections()
    for _ in range(3):
        connections.send(CLIENT, get()).send(SERVER, answer()).open()
    assert not found(connections)


def test_cut_and_malformed() -> None:
    connections = Connections().send(CLIENT, get()).send(SERVER, answer(body=b"12345")[:-1]).end()
    assert list(found(connections)) == ["http_cut"]
    connections = Connections().send(CLIENT, get()).send(SERVER, answer(body=b"12345")[:-1])  # the capture ends
    assert not found(connections)
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nnonsense\r\n\r\n0\r\n\r\n"
    findings = found(Connections().send(CLIENT, get()).send(SERVER, both))
    assert list(findings) == ["http_ambiguous", "http_malformed"]
    assert findings["http_malformed"].values["flaws"] == "field"


def test_what_it_costs() -> None:
    connections = Connections().send(CLIENT, get("/", "Accept-Encoding: gzip"))
    connections.send(SERVER, answer("Content-Type: text/css", body=b"x" * 5000))
    connections.send(CLIENT, get("/", "If-None-Match: x")).send(SERVER, b"HTTP/1.1 304 Not Modified\r\n\r\n")
    connections.send(CLIENT, get("/b", "If-None-Match: x")).send(SERVER, b"HTTP/1.1 304 Not Modified\r\n\r\n")
    connections.send(CLIENT, get("/c", "Accept-Encoding: gzip"))
    connections.send(SERVER, answer("Content-Encoding: gzip", "Cache-Control: max-age=9", body=b"x"))
    findings = found(connections)
    assert findings["http_uncompressed"].values["bytes"] == 5000
    assert dict(findings["http_not_modified"].values) == {"bytes": 5000, "known": 1}
    assert list(findings) == ["http_no_vary", "http_uncompressed", "http_not_modified"]
