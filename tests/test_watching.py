"""A capture that grows gives the rows of the finished file, whatever pieces it comes in, and however early they were told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.live import pace
from analyzer.live.event import EVENTS, KEYS, Event
from analyzer.watching import Watch
from tests.replay import Replay

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = sorted(
    path for folder in ("recorded", "journey", "ledger", "tcp") for path in (ROOT / "pcaps" / folder).glob("*.pcap*")
)
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch has time for rows, so that they are told as early as they can be."""
    monkeypatch.setattr(pace, "TICK_S", 1e-9)
    monkeypatch.setattr(pace, "SHARES", ((2.0, float("inf")),))


def watched(path: Path, piece: int = 1000) -> Iterator[Event]:
    watch = Watch(Replay(path, piece), clock=None)  # type: ignore[arg-type]
    for events in watch:
        yield from events
        watch.snapshot()


def latest(events: Iterator[Event]) -> dict[str, list[str]]:
    """The rows that stand at the end, by kind, as JSON."""
    standing: dict[tuple[Any, ...], tuple[int, Row]] = {}
    for event in events:
        if event.kind not in ("handshake", "journey", "stall", "flow"):
            continue
        place = (event.kind, *(event.row.get(key) for key in KEYS[event.kind]))
        assert event.revision == standing.get(place, (0,))[0] + 1
        standing[place] = event.revision, {} if event.withdrawn else event.row
    found: dict[str, list[str]] = {}
    for (kind, *_), (_, row) in standing.items():
        if row:
            found.setdefault(kind, []).append(json.dumps(row))
    return {kind: sorted(rows) for kind, rows in found.items()}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_rows_equal_those_of_the_file(path: Path) -> None:
    found = latest(watched(path))
    with analyzer.open(path) as capture:
        expected = {
            "handshake": list(capture.handshakes()),
            "journey": [{key: row[key] for key in row if key != "number"} for row in capture.journeys()],
            "stall": list(capture.stalls()),
            "flow": list(capture.flows()),
        }
    assert found == {kind: sorted(map(json.dumps, rows)) for kind, rows in expected.items() if rows}


def test_every_kind_of_event_is_declared() -> None:
    assert {event.kind for event in watched(ROOT / "pcaps" / "recorded" / "slow_page.pcap")} <= EVENTS.keys()


def test_summary_equals_that_of_the_file() -> None:
    path = ROOT / "pcaps" / "recorded" / "http_loss.pcap"
    *_, last = watched(path)
    with analyzer.open(path) as capture:
        expected = capture.summary()
    assert last.kind == "summary"
    for key in ("packets", "bytes", "start_ns", "end_ns", "protocols", "conversations", "applications", "busiest", "findings"):
        assert last.row[key] == expected[key]


def test_stop_ends_with_what_was_read() -> None:
    watch = Watch(Replay(ROOT / "pcaps" / "recorded" / "http_loss.pcap", 2000), clock=None)  # type: ignore[arg-type]
    kinds = []
    for events in watch:
        kinds += [event.kind for event in events]
        if watch.summary.packets > 20:
            watch.stop()
    assert kinds[-1] == "summary"
    assert 20 < watch.summary.packets < 424


def test_rows_are_told_early_and_put_right() -> None:
    events = list(watched(ROOT / "pcaps" / "recorded" / "slow_page.pcap"))
    kinds = ("handshake", "journey", "stall")
    revisions = {kind: max(event.revision for event in events if event.kind == kind) for kind in kinds}
    assert revisions == {"handshake": 1, "journey": 3, "stall": 2}
    first = next(place for place, event in enumerate(events) if event.kind == "handshake")
    assert events[first].row["stream"] == 0
    assert first < len(events) // 2
