"""Requests as a network panel: from the rows of journeys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.capture.reader import open_capture
from analyzer.journey.journeys import JourneyRows
from analyzer.pipeline import Applications, Pipeline
from analyzer.report.graphs.waterfall import MOST, PHASES, STYLES, label, waterfall

PCAPS = Path(__file__).resolve().parents[3] / "pcaps"
MS = 1_000_000


def journeys(name: str) -> list[dict[str, Any]]:
    rows = JourneyRows()
    with open_capture(str(PCAPS / name)) as reader:
        pipeline = Pipeline(reader, None, 1 << 28, Applications(rows.wanted), rows.verdicts)
        return list(rows.read(pipeline, ((dissection.batch, None) for dissection in pipeline)))


def row(start: int, took: int, outcome: str = "complete", **more: Any) -> dict[str, Any]:
    phase = {
        "phase": "wait",
        "start_ns": start,
        "end_ns": start + took,
        "duration_ns": took,
        "who": "server",
        "waited": {"server": took},
    }
    empty = {
        "kind": "request",
        "method": "GET",
        "host": "h",
        "target": "/",
        "server": "192.0.2.1",
        "status": 200,
        "application": "http",
    }
    return {
        **empty,
        "start_ns": start,
        "end_ns": start + took,
        "duration_ns": took,
        "outcome": outcome,
        "phases": [phase],
        **more,
    }


def test_phases_of_a_real_journey() -> None:
    rows = journeys("recorded/tls_1_3.pcap")
    graph = waterfall(rows)
    assert len(graph.y.labels) == len(rows) == 1
    shown = sum(float((one.x_to - one.x).sum()) for one in graph.series)
    assert shown == pytest.approx(rows[0]["duration_ns"] / MS), "phases add up to the whole"
    assert {one.name for one in graph.series} >= {"connect", "TLS", "waiting"}


def test_every_phase_is_drawn() -> None:
    from analyzer.journey.phase import PHASES as KNOWN

    assert set(KNOWN) == set(PHASES) == set(STYLES)


def test_lost_packets_are_marked() -> None:
    graph = waterfall(journeys("journey/lost_syns.pcap"))
    lost = next(one for one in graph.series if one.name == "lost packets")
    connect = next(one for one in graph.series if one.name == "connect")
    assert len(lost) == 2
    assert (lost.x >= connect.x).all() and (lost.x <= connect.x_to).all()
    assert list(lost.texts) == list(connect.texts), "the time is that of the phase, not all of it lost"
    assert "lost packets" not in {one.name for one in waterfall(journeys("recorded/tls_1_3.pcap")).series}


def test_of_many_the_slow_and_the_failed() -> None:
    rows = [row(i * MS, (i % 7 + 1) * MS) for i in range(3 * MOST)]
    rows[5] = row(5 * MS, 400 * MS)
    rows[9] = row(9 * MS, 1, "refused")
    graph = waterfall(iter(rows))
    assert len(graph.y.labels) == MOST
    assert any("100 lines" in note for note in graph.notes)
    texts = [mark.text for mark in graph.marks]
    assert "400 ms" in texts and "1 ns refused" in texts
    starts = [float(cells[1]) for cells in graph.rows]
    assert starts == sorted(starts)


def test_labels() -> None:
    assert label(row(0, 1, host="example.org", target="/a")) == "GET example.org/a"
    assert label(row(0, 1, host="example.org", target="http://other.example/a?b")) == "GET other.example/a"
    assert label(row(0, 1, target="http://[broken/")) == "GET http://[broken/"
    assert label(row(0, 1, kind="connection", host=None, method=None, application="tls")) == "192.0.2.1 (tls)"
    assert label(row(0, 1, kind="lookup", dns_name="example.org")) == "lookup example.org"


def test_nothing() -> None:
    assert waterfall([]).empty
