"""What one reading of a capture gives a report agrees with what the commands say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.capture.reader import open_capture
from analyzer.pipeline import Applications, Pipeline
from analyzer.report.document import gathered
from analyzer.report.document.arranged import arranged
from analyzer.report.document.as_json import as_dict
from analyzer.report.document.gathered import PROTOCOLS, Gathered
from analyzer.report.selection import Selection

PCAPS = Path(__file__).parents[3] / "pcaps"
CAPTURES = (
    "recorded/http_loss.pcap", "recorded/tls_retry.pcap", "recorded/websocket_behind_hole.pcap", "recorded/dns_failures.pcap",
    "journey/happy_eyeballs.pcap", "journey/lookup_and_reuse.pcap", "journey/failed_connections.pcap",
)  # fmt: skip


def read(name: str, **selected: Any) -> Gathered:
    found = Gathered()
    with open_capture(str(PCAPS / name)) as reader:
        pipeline = Pipeline(reader, applications=Applications(PROTOCOLS), verdicts=found.verdicts)
        selection = Selection(**selected) if selected else None
        if selection is None:
            found.read(pipeline, ((dissection, None) for dissection in pipeline))
        else:
            from analyzer.report.fields import views

            found.read(pipeline, ((view.dissection, selection.mask(view)) for view in views(pipeline, [name])))  # type: ignore[misc]
    return found


@pytest.mark.parametrize("name", CAPTURES)
def test_the_same_as_the_commands(name: str) -> None:
    found = as_dict(read(name))
    with analyzer.open(PCAPS / name) as capture:
        assert found["journeys"] == list(capture.journeys())
        assert found["handshakes"] == list(capture.handshakes())
        assert found["stalls"] == list(capture.stalls())
        assert found["summary"]["findings"] == capture.summary()["findings"]
    assert found["totals"]["journeys"] == len(found["journeys"])


def test_a_lost_race_is_waited_for_once() -> None:
    found = read("journey/happy_eyeballs.pcap")
    rows = found.journeys.rows
    assert any(row["race"] == "lost" for row in rows)
    assert sum(found.waited.values()) == sum(row["duration_ns"] for row in rows if row["race"] != "lost")


def test_failures_are_those_of_the_verdict() -> None:
    found = read("journey/failed_connections.pcap")
    assert found.failures == 4 and found.verdict[0].startswith("4 of 6 ")
    (figure,) = [one for one in arranged(found).figures if one.label == "Failed"]
    assert figure.value == "4" and figure.problem


def test_a_selection() -> None:
    whole, part = read("journey/lookup_and_reuse.pcap"), read("journey/lookup_and_reuse.pcap", streams=("0",))
    assert 0 < part.journeys.total < whole.journeys.total
    assert {row["stream"] for row in part.handshakes} == {0} and part.graphs.streams == [0]
    assert part.questions.total == 0 < whole.questions.total
    assert part.summary.packets < whole.summary.packets


def test_the_verdict_knows_of_more_than_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read("journey/failed_connections.pcap")
    monkeypatch.setattr(gathered, "MOST_JOURNEYS", 2)
    monkeypatch.setattr(gathered, "MOST_HANDSHAKES", 1)
    few = read("journey/failed_connections.pcap")
    assert len(few.journeys.rows) == 2 and len(few.handshakes.rows) == 1
    assert few.verdict == whole.verdict and few.waited == whole.waited
    assert few.journeys.total == whole.journeys.total > 2
    assert few.slowest == whole.slowest
    falls = next(section.waterfall for section in arranged(few).sections if section.waterfall)
    assert len(falls.bars) == 2 and falls.total == whole.journeys.total


def test_what_had_no_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("journey/failed_connections.pcap").forgotten == {}
    monkeypatch.setattr(gathered, "MOST_TOLD", 2)
    few = read("journey/failed_connections.pcap")
    assert few.forgotten == {"journeys": 4}
    (facts,) = [section.facts for section in arranged(few).sections if section.facts]
    assert ("Not kept", "4 journeys in the verdict, for want of room") in facts.pairs


def test_nothing_at_all(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes((PCAPS / "recorded/http_loss.pcap").read_bytes()[:24])
    found = read(str(empty))
    made = arranged(found)
    assert [section.name for section in made.sections] == ["findings", "journeys", "capture"]
    assert found.journeys.total == 0 and found.slowest is None and not made.shares
