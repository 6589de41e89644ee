"""What is found in streams of server-sent events."""

from __future__ import annotations

from typing import Any

from analyzer.flow.findings.sse import SseFindings
from tests.flow.application.event_streams import connection, rows_of


def kinds(rows: list[dict[str, Any]]) -> dict[str, Any]:
    findings = SseFindings()
    for row in rows:
        findings.update(row)
    return {finding.kind: finding for finding in findings.findings()}


def test_reconnects() -> None:
    first = connection([(b"id: 1\ndata: x\n\n", 100)])
    second = connection([(b"id: 2\ndata: x\n\n", 3_200)], last_id="1")
    third = connection([(b"data: x\n\n", 4_200)])
    finding = kinds(rows_of(first, second, third))["sse_reconnect"]
    assert finding.count == 2
    assert dict(finding.values) == {"with_id": 1, "shortest_ns": 1_000_000_000, "longest_ns": 3_100_000_000}
    assert not kinds(rows_of(first))


def test_an_event_is_dropped_only_when_its_stream_has_ended() -> None:
    pieces = [(b"data: 1\n\ndata: half", 100)]
    assert kinds(rows_of(connection(pieces)))["sse_dropped_event"].frames == (6,)
    assert not kinds(rows_of(connection(pieces, end=False)))


def test_a_stream_that_cannot_be_read() -> None:
    unread = {"kind": "stream", "last_frame": 9, "stream": 2, "unread": "zstd"}
    finding = kinds([unread])["sse_unread"]
    assert (finding.count, finding.frames, finding.streams) == (1, (9,), (2,))
    assert not kinds([unread | {"unread": None}])
