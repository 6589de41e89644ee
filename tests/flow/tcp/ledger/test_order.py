"""Which of two packets was sent first."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.order import NEAREST, Order, order, serial
from tests.flow.tcp.ledger.making import trace


def of(ids: list[int], stamps: list[int] | None = None) -> Order:
    """Of packets of c with these identifications, in the order of the capture."""
    rows = [f"{i} c A {i * 10}+10 ipid {number}" + (f" ts {stamps[i]}/1" if stamps else "") for i, number in enumerate(ids)]
    return order(trace(*rows), 0)


def swapped(number: int) -> int:
    return (number & 0xFF) << 8 | number >> 8


@pytest.mark.parametrize(
    ("a", "b", "d"), [(5, 3, 2), (3, 5, -2), (0, (1 << 32) - 1, 1), ((1 << 32) - 1, 0, -1), (7, 7, 0), (1 << 31, 0, -(1 << 31))]
)
def test_serial(a: int, b: int, d: int) -> None:
    assert serial(a, b) == d


class TestCounter:
    @pytest.mark.parametrize("seen", [lambda number: number, swapped])
    def test_both_byte_orders(self, seen) -> None:  # type: ignore[no-untyped-def]
        found = of([seen(number) for number in (250, 251, 252, 254, 253, *range(255, 270))])
        assert found.counter is not None
        assert found.own
        assert found.sent_before(4, 3)
        assert found.sent_before(3, 4) is False
        assert found.sent_before(0, 7)

    def test_wraps(self) -> None:
        found = of([65533, 65534, 65535, 1, 2, 3])
        assert found.sent_before(2, 3)
        assert found.sent_before(3, 2) is False

    def test_of_the_whole_host(self) -> None:
        """It tells the order, but not that anything is missing."""
        found = of([1, 4, 9, 11, 20, 28, 30, 41, 44])
        assert found.counter is not None
        assert not found.own

    def test_no_counter(self) -> None:
        chance = random.Random(1)
        for ids in (
            [0] * 9,
            [7] * 9,
            [-1] * 9,
            [chance.randrange(1 << 16) for _ in range(50)],
            [1, 2, 3, 4],
            list(range(900, 0, -100)),
        ):
            found = of(ids)
            assert found.counter is None
            assert found.sent_before(0, 2) is None

    def test_farther_apart_than_half_the_range(self) -> None:
        found = of(list(range(1, 3)) + [40 * i for i in range(1, NEAREST // 40 + 10)])
        assert found.counter is not None
        assert found.sent_before(2, 400)
        assert found.sent_before(2, len(found.counter) - 1) is None

    def test_syn_ack_and_reset_have_none(self) -> None:
        made = trace("0 s SA ipid 0", *(f"{i} s A {i * 10}+10 ipid {500 + i}" for i in range(1, 21)), "99 s R ipid 0")
        found = order(made, 1)
        assert found.own
        assert found.sent_before(0, 1) is None
        assert found.sent_before(1, 21) is None

    def test_each_direction_by_itself(self) -> None:
        rows = [f"{i} {'cs'[i % 2]} A {i * 10}+10 ipid {(100 + i) if i % 2 == 0 else 7}" for i in range(14)]
        assert order(trace(*rows), 0).counter is not None
        assert order(trace(*rows), 1).counter is None

    def test_other_direction_is_not_told(self) -> None:
        rows = [f"{i} {'cs'[i % 2]} A {i * 10}+10 ipid {100 + i}" for i in range(14)]
        assert order(trace(*rows), 0).counted_before(0, 1) is None


class TestStamps:
    IDS = (100, 101, 102, 104, 103, 105)

    def test_they_win(self) -> None:
        found = of(list(self.IDS), [10, 11, 12, 13, 14, 15])
        assert found.sent_before(3, 4)
        assert found.counted_before(3, 4) is False

    def test_a_tie_says_nothing(self) -> None:
        assert of([0] * 6, [10] * 6).sent_before(0, 1) is None
        assert of(list(self.IDS), [10] * 6).sent_before(3, 4) is False

    def test_wrap(self) -> None:
        found = of([0] * 3, [(1 << 32) - 2, (1 << 32) - 1, 1])
        assert found.sent_before(0, 2)
        assert found.sent_before(2, 1) is False


def test_nothing_to_learn_from() -> None:
    for ladder in ((), ("0 s A",), ("0 c S",)):
        assert order(trace(*ladder), 0).counter is None


def test_any_identifications() -> None:
    """Whatever they are: an order that is total where it is known at all, and none between packets of one number."""
    chance = random.Random(3)
    for _ in range(200):
        base, step = chance.randrange(1 << 16), chance.choice((1, 1, 2, 30, 5000))
        found = of([(base + i * chance.randrange(step + 1)) & 0xFFFF for i in range(chance.randrange(1, 30))])
        if found.counter is None:
            continue
        rows = np.flatnonzero(found.counter >= 0).tolist()
        for a, b in pairwise(rows):
            one, other = found.sent_before(a, b), found.sent_before(b, a)
            assert (one is None and other is None) or (one is not other and None not in (one, other))
