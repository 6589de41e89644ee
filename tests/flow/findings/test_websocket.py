"""What is found in WebSocket connections, and what is not, since nothing proves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer.flow.findings.websocket import WebsocketFindings
from tests.dissect.application.websocket.build import KEY, frame
from tests.flow.application.upgraded import Script


def found(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Kind of finding -> the finding."""
    findings = WebsocketFindings()
    for row in rows:
        findings.update(row)
    return {finding.kind: finding for finding in findings.findings()}


def test_nothing_is_wrong() -> None:
    script = Script().send(1, frame(9, b"1"), 100).send(0, frame(10, b"1", key=KEY), 130).send(0, frame(10, b"", key=KEY), 140)
    script.send(0, frame(8, (1000).to_bytes(2, "big"), key=KEY)).send(1, frame(8, (1000).to_bytes(2, "big"))).end()
    assert not found(script.rows())


def test_closes_with_a_code_that_means_failure() -> None:
    code = (1011).to_bytes(2, "big")
    rows = Script().send(1, frame(8, code + b"oops")).send(0, frame(8, code, key=KEY)).end().rows()
    (finding,) = found(rows).values()
    assert (finding.kind, finding.count, finding.frames) == ("websocket_close", 1, (6,))
    assert dict(finding.values) == {"code": 1011, "name": "internal error"}


def test_no_close() -> None:
    assert found(Script().send(0, frame(1, b"x", key=KEY)).end().rows())["websocket_no_close"].count == 1


def test_lost_places() -> None:
    script = Script().send(1, frame(1, b"x"), lost=True).send(1, b"\xff" * 20)
    assert found(script.rows())["websocket_lost"].frames == (6,)


def test_errors_are_found() -> None:
    rows = Script().send(0, frame(1, b"x")).send(1, frame(1, b"x", key=KEY)).rows()
    assert [row["errors"] for row in rows] == [["not_masked"], ["masked"]]
    findings = WebsocketFindings()
    for row in rows:
        findings.update(row)
    assert [finding.kind for finding in findings.findings()] == ["websocket_error"] * 2
    assert [finding.values["error"] for finding in findings.findings()] == ["not_masked", "masked"]


def test_slow_pongs() -> None:
    rows = Script().send(1, frame(9, b"1"), 100).send(0, frame(10, b"1", key=KEY), 1_600).rows()
    (finding,) = found(rows).values()
    assert (finding.kind, dict(finding.values)) == ("websocket_slow_pong", {"longest_ns": 1_500_000_000, "of": 1})
    assert finding.cost_ns == 1_500_000_000


def test_unanswered_pings() -> None:
    def script() -> Script:
        return Script().send(0, frame(1, b"x", key=KEY), 50).send(1, frame(9, b"1"), 100)

    finding = found(script().send(1, frame(9, b"2"), 15_000).rows())["websocket_unanswered_ping"]
    assert (finding.count, finding.frames) == (1, (7,))
    assert not found(script().send(1, frame(9, b"2"), 9_000).rows())  # the capture ends too early to tell
    answered = script().send(1, frame(9, b"2"), 200).send(0, frame(10, b"2", key=KEY), 300).send(1, frame(1), 15_000)
    assert not found(answered.rows())  # the second pong answers both
    closing = script().send(0, frame(8, key=KEY), 200).send(1, frame(1, b"late"), 15_000)
    assert not found(closing.rows())
    one_sided = Script().send(1, frame(9, b"1"), 100).send(1, frame(9, b"2"), 15_000)
    assert not found(one_sided.rows())  # maybe the other direction was not captured
