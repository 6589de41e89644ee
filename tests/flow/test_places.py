"""Which frame of which file the frames of a merged capture are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analyzer.batch import Batch
from analyzer.flow import places
from analyzer.flow.places import Places
from tests.frames import batch_of


def batch(first: int, *files: int, numbers: Sequence[int]) -> Batch:
    made = batch_of([b"x"] * len(files))
    made.number += first - 1
    made.file, made.number_in_file = np.array(files, np.int16), np.array(numbers)
    return made


def test_runs_of_one_file_are_one() -> None:
    found = Places()
    for first in range(1, 100, 2):
        found.add(batch(first, 0, 0, numbers=(first + 10, first + 11)))
    found.add(batch(101, 1, 1, numbers=(1, 2)))
    found.add(batch(103, 1, 0, numbers=(3, 111)))
    found.add(batch(105, 0, 0, numbers=(112, 113)))
    assert len(found._first) == 4
    assert [found.of(frame) for frame in (1, 100, 101, 102, 103, 104, 105, 106, 107)] == [
        (0, 11), (0, 110), (1, 1), (1, 2), (1, 3), (0, 111), (0, 112), (0, 113), None,
    ]  # fmt: skip


def test_runs_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MAX_RUNS", 2)
    found = Places()
    for first, file in ((1, 0), (2, 1), (3, 0), (4, 0)):
        found.add(batch(first, file, numbers=(first,)))
    assert (found.forgotten, found.of(2), found.of(3)) == (2, (1, 2), None)
