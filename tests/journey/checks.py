"""What must be true of every row of journeys."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from analyzer.journey.journey_keys import PHASE
from analyzer.journey.journeys import JOURNEY_KEYS
from analyzer.journey.phase import PHASES
from analyzer.journey.who import WHO

Row = dict[str, Any]


def check(row: Row) -> None:
    """Keys; phases that follow one another and add up, in every way in which they can."""
    assert tuple(row) == JOURNEY_KEYS
    phases = row["phases"]
    assert phases
    assert phases[0]["start_ns"] == row["start_ns"]
    assert phases[-1]["end_ns"] == row["end_ns"]
    for before, after in pairwise(phases):
        assert before["end_ns"] == after["start_ns"]
    for phase in phases:
        _check_phase(phase)
    assert sum(phase["duration_ns"] for phase in phases) == row["duration_ns"] == row["end_ns"] - row["start_ns"]
    assert sum(row[f"{name}_ns"] or 0 for name in PHASES) == row["duration_ns"]
    assert sum(row[f"waited_{who}_ns"] for who in WHO) == row["duration_ns"]
    order = [PHASES.index(phase["phase"]) for phase in phases if phase["phase"] != "client"]
    assert order == sorted(order)
    if row["server_ns"] is not None:
        assert 0 <= row["server_least_ns"] <= row["server_ns"] <= row["server_most_ns"] <= row["wait_ns"]
    for what in ("ns", "frame"):
        likely = row[f"first_byte_likely_{what}"]
        assert row[f"first_byte_{what}"] == (likely if row["first_byte_certain"] else None)
        assert (likely is None) == (row["receive_ns"] is None)
    assert row["first_byte_likely_ns"] is None or 0 <= row["first_byte_likely_ns"] <= row["duration_ns"]
    if row["race"] == "lost":
        assert row["lookup_ns"] is row["race_ns"] is None
    assert (row["dns_state"] == "waited") == (row["lookup_ns"] is not None and row["kind"] != "lookup")


def _check_phase(phase: Row) -> None:
    assert tuple(phase) == tuple(PHASE)
    assert phase["phase"] in PHASES
    assert phase["duration_ns"] == phase["end_ns"] - phase["start_ns"] >= 0
    assert phase["duration_ns"] or phase["phase"] != "client"
    assert sum(phase["waited"].values()) == phase["duration_ns"]
    assert all(phase["waited"].values())
    assert (phase["who"] is None) == (phase["duration_ns"] == 0)
    assert phase["who"] is None or phase["waited"][phase["who"]] == max(phase["waited"].values())
    assert phase["frames"] == sorted(set(phase["frames"]))
