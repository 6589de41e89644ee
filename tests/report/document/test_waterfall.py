"""Bars: where they begin, how long they are, and their phases."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.report.document.waterfall import axis, waterfall

MS = 1_000_000


def journey(start_ms: int, *phases: tuple[str, int, str]) -> dict[str, Any]:
    at = start_ms * MS
    made = []
    for name, took, who in phases:
        made.append({
            "phase": name, "start_ns": at, "duration_ns": took * MS, "who": who, "waited": {who: took * MS}, "first_frame": 1,
            "last_frame": 2,
        })  # fmt: skip
        at += took * MS
    return {"start_ns": start_ms * MS, "duration_ns": at - start_ms * MS, "phases": made}


def test_positions() -> None:
    falls = waterfall([journey(150, ("wait", 50, "server")), journey(100, ("connect", 20, "network"), ("wait", 30, "server"))], 7)
    first, second = falls.bars
    assert (first.left, first.width, first.beside) == (0, 50, 100)
    assert (second.left, second.width, second.beside) == (50, 50, 100)
    assert [part.percent for part in first.parts] == [40, 60]
    assert [part.start_ns for part in first.parts] == [0, 20 * MS]
    assert falls.phases == ["connect", "wait"] and falls.total == 7 and not falls.repaired and not falls.sparse


def test_repair_of_losses_is_marked() -> None:
    falls = waterfall([journey(0, ("connect", 1000, "loss_repair"), ("wait", 10, "server"))], 1)
    assert [part.repair for part in falls.bars[0].parts] == [True, False] and falls.repaired


def test_short_journeys_in_a_long_capture_stand_side_by_side() -> None:
    assert waterfall([journey(at, ("wait", 5, "server")) for at in (0, 5_000, 10_000)], 3).sparse
    assert not waterfall([journey(0, ("wait", 5, "server"))], 1).sparse


def test_nothing() -> None:
    falls = waterfall([], 0)
    assert not falls.bars and falls.phases == []
    assert waterfall([journey(0)], 1).bars[0].parts == []


@pytest.mark.parametrize(
    ("length", "step"), ((108 * MS, 20 * MS), (10 * MS, 2 * MS), (1, 1), (7 * MS, 2 * MS), (86_400_000 * MS, 20_000_000 * MS))
)
def test_ticks_are_round(length: int, step: int) -> None:
    ticks = list(axis(length).ticks)
    assert ticks[:2] == [0, step] if step < length else ticks == [0, 1]
    assert len(ticks) <= 7 and ticks[-1] <= length
