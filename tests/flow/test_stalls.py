"""Rows of stalls: by their begin, with the messages that waited, of all or of the selected frames."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import analyzer
from analyzer.flow import stalls
from analyzer.flow.tcp.ledger.stall_rows import STALL_KEYS

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSSY = PCAPS / "recorded/http_lossy.pcap"
REFERENCE = os.environ.get("ANALYZER_REFERENCE")


def test_the_message_that_waited_is_named() -> None:
    (row,) = analyzer.open(LOSSY).stalls()
    assert tuple(row) == STALL_KEYS
    assert (row["stream"], row["direction"], row["cause"], row["filled_frame"]) == (0, "server", "fast_retransmit", 57)
    assert row["end_ns"] - row["start_ns"] == row["duration_ns"] > 0
    (victim,) = row["victims"]
    assert (victim["protocol"], victim["label"], row["victim_count"]) == ("http", "200", 1)
    assert 0 < victim["delayed_ns"] <= row["duration_ns"]


def test_a_selection_of_its_frames() -> None:
    (row,) = analyzer.open(LOSSY).stalls()
    for key in stalls.FRAMES:
        assert list(analyzer.open(LOSSY).stalls(frames=str(row[key]))) == [row]
    assert list(analyzer.open(LOSSY).stalls(frames="1-3")) == []
    assert list(analyzer.open(LOSSY).stalls("tcp.analysis.retransmission")) == [row]
    assert list(analyzer.open(LOSSY).stalls(stream="udp:0")) == []


def test_flows_count_them() -> None:
    (row,) = analyzer.open(LOSSY).stalls()
    (flow,) = analyzer.open(LOSSY).flows()
    assert (flow["hol_stalls"], flow["hol_stalled_ns"]) == (1, row["duration_ns"])
    assert (flow["resent"], flow["resent_needlessly"], flow["timeouts"]) == (1, 0, 0)


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set")
def test_the_order_is_that_of_their_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(path) for path in sorted(Path(str(REFERENCE), "tcp-lab").glob("s0[1-7]*.pcap"))]
    found = list(analyzer.open(*paths).stalls())
    assert len(found) >= 5 and [row["start_ns"] for row in found] == sorted(row["start_ns"] for row in found)
    monkeypatch.setattr(stalls, "MOST_WAITING", 2)
    assert sorted(map(str, analyzer.open(*paths).stalls())) == sorted(map(str, found))
