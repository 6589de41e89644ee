"""TCP events with verdicts: in frame order, also of several files, of a selection, and while a capture still grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import analyzer
from analyzer.capture.reader import open_capture
from analyzer.flow import tcp_events
from analyzer.flow.columns import rows
from analyzer.flow.rows import EVENT, PLACE
from analyzer.pipeline import Pipeline

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSS = PCAPS / "tcp/fast_retransmission.pcap"
TWICE = PCAPS / "tcp/captured_twice.pcap"
QUIET = PCAPS / "recorded/websocket_lossy.pcap"
RECORDED = PCAPS / "recorded/http_loss.pcap"
LOSSY = PCAPS / "recorded/http_lossy.pcap"


def read(*paths: Path, growing: bool = False, size: int = 4, until: int = 1 << 30) -> list[dict[str, Any]]:
    events = tcp_events.TcpEvents(ends=True)
    with open_capture(*map(str, paths), rows=size) as reader:
        pipeline = Pipeline(reader, verdicts=events.verdicts)
        batches = ((one.batch, one.tcp is not None, one.batch.number <= until) for one in pipeline)
        found = [
            row for columns in events.read(pipeline, batches, [i.path for i in reader.files], growing) for row in rows(columns)
        ]
    assert {row["stream"] for row in found} <= events.ends.keys()
    return found


def test_both_words_on_a_retransmission() -> None:
    rows = [row for row in read(LOSS) if row["frame"] == 14]
    assert [row["kind"] for row in rows] == ["retransmission", "fast_retransmission"]
    for row in rows:
        assert (row["verdict"], row["trigger"], row["need"]) == ("retransmission", "fast_retransmit", "needed")
        assert row["evidence"]


def test_rows_of_which_wireshark_says_nothing() -> None:
    found = read(QUIET)
    own = [row for row in found if row["kind"] is None]
    assert {row["verdict"] for row in own} == {"retransmission"}  # missing IP IDs betray what left no hole
    assert all(list(row) == [key for key in EVENT if key in row] for row in found)


@pytest.mark.parametrize("size", (1, 3, 8192))
def test_the_order_is_that_of_the_frames(size: int) -> None:
    found = read(RECORDED, size=size)
    assert [row["frame"] for row in found] == sorted(row["frame"] for row in found)
    assert found == read(RECORDED)


def test_a_growing_capture_has_the_same_events(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [(row["frame"], row["kind"]) for row in read(RECORDED) if row["kind"]]
    monkeypatch.setattr(tcp_events, "FEW_NS", 0)
    growing = read(RECORDED, growing=True)
    assert [(row["frame"], row["kind"]) for row in growing if row["kind"]] == whole
    assert [row["frame"] for row in growing] == sorted(row["frame"] for row in growing)


def test_few_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [(row["frame"], row["kind"]) for row in read(RECORDED) if row["kind"]]
    monkeypatch.setattr(tcp_events, "MOST_WAITING", 3)
    assert [(row["frame"], row["kind"]) for row in read(RECORDED) if row["kind"]] == whole


def test_several_files_name_the_frames_of_each() -> None:
    found = read(RECORDED, LOSSY)
    for path in (RECORDED, LOSSY):
        mine = [row for row in found if row["file"] == str(path)]
        alone = read(path)
        assert [(row["frame_in_file"], row["kind"], row["verdict"]) for row in mine] == [
            (row["frame"], row["kind"], row["verdict"]) for row in alone
        ]
    assert all(set(PLACE) <= row.keys() for row in found)


def test_a_selection_counts_for_own_rows_too() -> None:
    assert max(row["frame"] for row in read(TWICE, until=6)) <= 6
    assert [row for row in read(TWICE) if row["frame"] <= 6] == read(TWICE, until=6)
    found = list(analyzer.open(TWICE).events(frames="2"))
    assert [row["frame"] for row in found] == [2] and isinstance(found[0]["evidence"], list)
    assert not np.any([row["frame"] > 2 for row in found])
