"""What conversations are called, and what becomes of labels that nobody has any more."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow.application import labels as module
from analyzer.flow.application.labels import Labels
from analyzer.flow.slots import Slots


def named(slots: Slots, labels: Labels, slot: int, name: str) -> str | None:
    """What a new conversation in this slot is called after it got this name."""
    labels._set(slot, ("tls", name, None))
    (shown,) = labels.columns(np.array([slot]))["sni"]  # type: ignore[misc]
    return shown


def test_labels_of_those_who_left_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LABELS", 20)
    slots = Slots(1 << 20, [])
    labels = Labels(slots)
    slots.reserve(16)
    for i in range(200):
        slot = i % 16
        slots.states[-1].reset(np.array([slot]))
        assert named(slots, labels, slot, f"n{i}.example") == f"n{i}.example"
    assert labels.forgotten == 0
    assert len(labels._labels) <= 20
    latest = (*range(192, 200), *range(184, 192))
    assert labels.columns(np.arange(16))["sni"] == [f"n{i}.example" for i in latest]


def test_labels_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LABELS", 4)
    slots = Slots(1 << 20, [])
    labels = Labels(slots)
    slots.reserve(16)
    shown = [named(slots, labels, slot, f"n{slot}.example") for slot in range(8)]
    assert shown == ["n0.example", "n1.example", "n2.example", *[None] * 5]
    assert labels.forgotten == 5
