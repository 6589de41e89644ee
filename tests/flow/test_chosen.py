"""Which conversations a selection of frames touches."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow import chosen as module
from analyzer.flow.chosen import Chosen
from analyzer.pipeline import Pipeline
from tests.frames import batch_of, ethernet, ipv4, tcp, udp

FRAMES = [
    ethernet(ipv4(tcp(), 6)),
    ethernet(ipv4(udp())),
    ethernet(ipv4(udp(source=4001))),
    ethernet(ipv4(udp(source=4002))),
    ethernet(ipv4(tcp(), 6, source="10.0.0.9")),
]


def chosen(*numbers: int) -> Chosen:
    found = Chosen()
    pipeline = Pipeline([batch_of(FRAMES), batch_of(FRAMES)])  # type: ignore[arg-type]
    for dissection in pipeline:
        mask = np.isin(dissection.batch.number, numbers) if numbers else None
        found.update(dissection.walk, pipeline.tcp.facts, pipeline.udp.facts, mask)
    return found


def test_those_with_a_selected_packet() -> None:
    found = chosen(1, 3)
    assert found.among("tcp", np.array([0, 1, 99])).tolist() == [True, False, False]
    assert found.among("udp", np.array([0, 1, 2])).tolist() == [False, True, False]


def test_without_a_selection_all_of_them() -> None:
    found = chosen()
    assert found.among("udp", np.array([2])).all()


def test_nothing_is_selected() -> None:
    found = chosen(99)
    assert not found.among("tcp", np.array([0])).any()
    assert not found.among("udp", np.arange(3)).any()


def test_the_latest_streams_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STREAMS", 8)
    monkeypatch.setattr(module, "MOST_OLDER", 2)
    marks = module.Marks()
    for stream in range(0, 100, 2):
        marks.add(np.array([stream, stream]))
        assert marks.among(np.array([stream - 2, stream - 1, stream, stream + 1])).tolist() == [stream > 0, False, True, False]
        assert len(marks._seen) <= 2 * 8
    assert (marks.count, marks.among(np.array([0])).tolist()) == (50, [False])
    assert 0 < marks.forgotten <= 48
    for stream in (0, 1, 2):
        marks.add(np.array([stream]))
        assert marks.among(np.array([stream])).all(), "an old one that goes on"
    assert len(marks._older) == 1


def test_a_leap_of_stream_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STREAMS", 8)
    marks = module.Marks()
    marks.add(np.array([1, 100, 1 << 40]))
    assert marks.among(np.array([1 << 40, 100, 1])).tolist() == [True, True, True]
    assert len(marks._seen) <= 2 * 8
