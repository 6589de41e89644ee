"""The phases of every journey of every capture of ours follow one another and add up."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.journey import journeys
from tests.journey.checks import check

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = sorted(str(path.relative_to(PCAPS)) for path in PCAPS.rglob("*.*") if path.suffix not in (".md", ".txt"))


@pytest.mark.parametrize("capture", CAPTURES)
def test_phases_add_up(capture: str) -> None:
    try:
        opened = analyzer.open(PCAPS / capture)
    except analyzer.CaptureError:
        return  # what is no capture is tested elsewhere
    with opened:
        for number, row in enumerate(opened.journeys(), 1):
            assert row["number"] == number
            check(row)


def test_there_is_something_to_check() -> None:
    kinds = {row["kind"] for name in ("failed_lookups", "tls_older") for row in rows(f"journey/{name}.pcap")}
    assert kinds == {"lookup", "request", "connection"}


def rows(capture: str, **choice: str) -> list[analyzer.api.Row]:
    with analyzer.open(PCAPS / capture) as opened:
        return list(opened.journeys(**choice))  # type: ignore[arg-type]


def test_a_choice_of_frames() -> None:
    """Of connections and lookups that have one; races are seen all the same."""
    assert [row["host"] for row in rows("journey/failed_lookups.pcap", frames="7")] == ["silent.example"]
    assert [row["race"] for row in rows("journey/happy_eyeballs.pcap", stream="1")] == ["won"]
    assert rows("journey/happy_eyeballs.pcap", frames="1") == []


def test_many_come_in_several_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in order; none is lost, not even the lookups that failed, which come last."""
    whole = rows("journey/failed_lookups.pcap")
    monkeypatch.setattr(journeys, "MOST_WAITING", 1)
    runs = rows("journey/failed_lookups.pcap")
    assert [row["number"] for row in runs] == [1, 2, 3, 4]
    assert sorted(row["start_ns"] for row in runs) == [row["start_ns"] for row in whole]
    assert runs[0]["kind"] == "request"


def test_attempts_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind it races are not seen, and that is counted."""
    monkeypatch.setattr(journeys, "MOST_ATTEMPTS", 1)
    assert [row["race"] for row in rows("journey/happy_eyeballs.pcap")] == [None, None]
