"""Which conversations a selection of frames touches."""

from __future__ import annotations

import numpy as np

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
