"""Evidence: one by one or by arrays, the same comes out."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.finding import Severity
from analyzer.flow.findings import evidence
from analyzer.flow.findings.evidence import Evidence


def test_one_is_the_same_as_add(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_FRAMES", 4)
    monkeypatch.setattr(evidence, "MAX_STREAMS", 2)
    by_array, by_one = Evidence(), Evidence()
    for frame, stream in ((1, 7), (1, 7), (2, -1), (3, 8), (5, 9), (8, 7)):
        by_array.add(np.array([frame]), np.array([stream]))
        by_one.one(frame, stream)
    assert by_one.finding("kind", Severity.NOTE) == by_array.finding("kind", Severity.NOTE)
    assert (by_one.frames, by_one.streams_forgotten) == ([1, 2, 3, 5], 1) == (by_array.frames, by_array.streams_forgotten)
