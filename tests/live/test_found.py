"""Findings are told when they last, and again when they have doubled."""

from __future__ import annotations

from typing import Any

from analyzer.live.found import FoundRows


def finding(kind: str, count: int, *frames: int) -> dict[str, Any]:
    return {"kind": kind, "protocol": "tcp", "frames": list(frames), "count": count}


def said(found: FoundRows, *rows: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(event.row["kind"], event.row["count"], event.revision) for event in found.events(rows)]


def test_what_passes_is_not_told() -> None:
    found = FoundRows()
    assert said(found, finding("dns_unanswered", 1, 5)) == []
    assert said(found, finding("dns_unanswered", 1, 9)) == []
    assert found.latest == ()


def test_what_lasts_is_told_once() -> None:
    found = FoundRows()
    said(found, finding("refused", 1, 5))
    assert said(found, finding("refused", 1, 5)) == [("refused", 1, 1)]
    assert said(found, finding("refused", 1, 5)) == []
    assert [row["kind"] for row in found.latest] == ["refused"]


def test_what_doubled_is_told_again() -> None:
    found = FoundRows()
    for _ in range(2):
        said(found, finding("refused", 3, 5))
    assert said(found, finding("refused", 5, 5)) == []
    assert said(found, finding("refused", 6, 5)) == [("refused", 6, 2)]
    assert said(found, finding("refused", 11, 5)) == []
    assert said(found, finding("refused", 12, 5)) == [("refused", 12, 3)]
