"""Picking the samples of one direction."""

from __future__ import annotations

import numpy as np

from analyzer.batch import views
from analyzer.flow.tcp.ledger.delay import UNUSABLE
from analyzer.flow.tcp.ledger.sample import pick


def picked(side: int, nearest: int, reactions: list[int], usable: tuple[int, ...] = (1, 1, 1)) -> list[list[int]]:
    """Rows 0, 1, 2 sent by 0, 1, 0 are acked by rows 1, 2, 3 after 100, 200, 300 ns: the samples as rows."""
    direction = np.array([0, 1, 0, 1])
    sent, ack, source, newly, far = (np.array(one) for one in ([0, 1, 2], [1, 2, 3], [4, 5, 6], [7, 8, 9], [100, 200, 300]))
    found = np.zeros((7, 3), np.int64)
    columns = (direction, np.array(reactions), np.array(usable, np.uint8), sent, ack, source, newly, far, found)
    count = pick(side, nearest, 50, *views(*columns))
    return found[:, :count].T.tolist()  # type: ignore[no-any-return]


def test_of_one_direction() -> None:
    assert picked(0, 20, [0, 20, 30, 70]) == [[0, 1, 4, 100, 20, 120, 7], [2, 3, 6, 300, 70, 370, 9]]
    assert picked(1, 20, [0, 20, 30, 70]) == [[1, 2, 5, 200, 30, 230, 8]]


def test_who_reacted_late_or_never_counts_with_the_nearest() -> None:
    assert [one[4:6] for one in picked(0, 20, [0, 71, 0, UNUSABLE])] == [[UNUSABLE, 120], [UNUSABLE, 320]]


def test_no_near_known() -> None:
    assert [one[4:6] for one in picked(0, UNUSABLE, [0, 20, 0, 20])] == [[UNUSABLE, 100], [UNUSABLE, 300]]


def test_unusable_acks_are_left_out() -> None:
    assert picked(0, 20, [0, 20, 30, 70], (0, 1, 1)) == [[2, 3, 6, 300, 70, 370, 9]]
