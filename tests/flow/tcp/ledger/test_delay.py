"""Times between packets, and which of them are the shortest."""

from __future__ import annotations

import numpy as np

from analyzer.flow.tcp.ledger.delay import UNUSABLE, delays, shortest
from tests.flow.tcp.ledger.making import trace

MS = 1_000_000


def between(*ladder: str, sent: list[int], answered: list[int]) -> list[int]:
    return delays(trace(*ladder), np.array(sent), np.array(answered)).tolist()  # type: ignore[no-any-return]


def test_across_a_step_back_nothing_is_measured() -> None:
    ladder = ("0 c A", "10 s A", "5 c A", "9 s A")
    assert between(*ladder, sent=[0, 0, 2], answered=[1, 3, 3]) == [10 * MS, UNUSABLE, 4 * MS]


def test_jitter_is_no_step() -> None:
    ladder = ("0 c A", "10 s A", "9.5 c A", "12 s A")
    assert between(*ladder, sent=[0, 1, 1], answered=[3, 3, 2]) == [12 * MS, 2 * MS, UNUSABLE]


def test_shortest_by_direction() -> None:
    made = trace("0 c A", "1 s A", "2 c A", "3 s A")
    rows = np.array([0, 1, 2, 3])
    assert shortest(made, rows, np.array([9, 5, 7, 5])) == (2, 1)
    assert shortest(made, rows, np.array([9, UNUSABLE, UNUSABLE, UNUSABLE])) == (0, -1)
