"""Pings with and without replies."""

from __future__ import annotations

import socket
import struct

import pytest

from analyzer.finding import Finding, Severity
from analyzer.flow.findings import echo
from tests.flow.findings.batches import found, icmp, ip
from tests.frames import ethernet, ipv6

SECOND = echo.PATIENCE_NS


def request(number: int, destination: str = "10.0.0.2") -> bytes:
    return ethernet(ip(struct.pack("!BBHHH", 8, 0, 0, 7, number), 1, "10.0.0.1", destination))


def reply(number: int, ident: int = 7, source: str = "10.0.0.2") -> bytes:
    return ethernet(ip(struct.pack("!BBHHH", 0, 0, 0, ident, number), 1, source, "10.0.0.1"))


def lost(frames: list[bytes], times: list[int] | None = None) -> Finding | None:
    return found(frames, times or [i * SECOND for i in range(len(frames))]).get("echo_unanswered")


def test_answered() -> None:
    assert lost([request(1), reply(1), request(2), reply(2)]) is None
    assert lost([reply(1)] * 3) is None


def test_some_are_lost() -> None:
    finding = lost([request(1), reply(1), request(2), request(3), reply(3)], [0, 5, SECOND, 2 * SECOND, 2 * SECOND + 9])
    assert finding is not None
    assert (finding.count, finding.frames, finding.severity) == (1, (3,), Severity.WARNING)
    said = {"of": 3, "hosts": "10.0.0.2", "more_hosts": 0, "median_ns": 7, "longest_ns": 9}
    assert finding.values == said


def test_all_are_lost() -> None:
    finding = lost([request(1), request(1), request(2), request(3, "10.0.0.9"), request(4)])
    assert finding is not None and finding.severity == Severity.PROBLEM
    assert (finding.count, finding.values["of"]) == (3, 3)  # the first was captured twice; the last may still be answered
    assert finding.values["hosts"] == "10.0.0.2, 10.0.0.9" and "median_ns" not in finding.values


@pytest.mark.parametrize("answer", [reply(2), reply(1, ident=8), reply(1, source="10.0.0.3")])
def test_replies_to_others_are_none(answer: bytes) -> None:
    finding = lost([request(1), answer, reply(9)])
    assert finding is not None and finding.count == 1


def test_a_reply_comes_after_its_request() -> None:
    assert lost([reply(1), request(1), reply(9)]) is not None


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255"])
def test_requests_to_many_need_no_reply(address: str) -> None:
    assert lost([request(1, address), request(2, address), reply(9)]) is None


@pytest.mark.parametrize(("kind", "code"), [(11, 0), (3, 1), (3, 13)])
def test_an_error_is_an_answer(kind: int, code: int) -> None:
    told = icmp(kind, code, quoted=request(1))
    assert lost([request(1), told, reply(9)]) is None
    finding = lost([request(1), told, request(2), reply(9)])
    assert finding is not None and (finding.count, finding.frames, finding.values["of"]) == (1, (3,), 1)
    assert lost([told, told, reply(9)]) is None  # the request itself is not in the capture


def test_ipv6() -> None:
    asked = ethernet(ipv6(struct.pack("!BBHHH", 128, 0, 0, 7, 1), 58), 0x86DD)
    answered = ethernet(ipv6(struct.pack("!BBHHH", 129, 0, 0, 7, 1), 58, source="2001:db8::2", destination="2001:db8::1"), 0x86DD)
    assert lost([asked, answered, answered]) is None
    finding = lost([asked, asked, reply(1)])
    assert finding is not None and finding.values["hosts"] == str(socket.inet_ntop(10, socket.inet_pton(10, "2001:db8::2")))


def test_they_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo, "MAX_MESSAGES", 2)
    findings = found([request(i) for i in range(5)], [i * SECOND for i in range(5)])
    assert findings["forgotten"].count == 3 and findings["echo_unanswered"].count == 2
