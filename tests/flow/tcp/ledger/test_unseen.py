"""Intervals of bytes that should have been seen."""

from __future__ import annotations

import random

import pytest

from analyzer.flow.tcp.ledger import unseen as module
from analyzer.flow.tcp.ledger.unseen import Hole, Unseen


def test_opened_and_filled() -> None:
    unseen = Unseen()
    unseen.open(100, 300, 5)
    assert unseen.within(0, 100) == unseen.within(300, 400) == []
    assert unseen.within(250, 900) == [Hole(100, 300, 5)]
    unseen.fill(150, 200)
    assert unseen.holes == [Hole(100, 150, 5), Hole(200, 300, 5)]
    assert unseen.within(149, 201) == unseen.holes
    unseen.fill(0, 1000)
    assert unseen.holes == []


def test_edges() -> None:
    unseen = Unseen()
    unseen.open(100, 200, 1)
    unseen.open(300, 400, 2)
    for start, end in ((0, 100), (200, 300), (400, 500)):
        unseen.fill(start, end)
    assert len(unseen.holes) == 2
    unseen.fill(100, 101)
    unseen.fill(399, 400)
    assert [hole[:2] for hole in unseen.holes] == [(101, 200), (300, 399)]


def test_the_lowest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HOLES", 3)
    unseen = Unseen()
    for i in range(5):
        unseen.open(10 * i, 10 * i + 5, i)
    assert [hole.opener for hole in unseen.holes] == [2, 3, 4]
    assert unseen.forgotten == 2
    assert unseen.within(0, 15) == []


@pytest.mark.parametrize("seed", range(50))
def test_as_a_set_of_bytes(seed: int) -> None:
    """Holes open above everything else, as a sender goes on; segments fill them anywhere."""
    chance = random.Random(seed)
    unseen, missing, high = Unseen(), dict[int, int](), 0
    for row in range(60):
        if chance.random() < 0.4:
            start, high = high, high + chance.randrange(1, 30)
            unseen.open(start, high, row)
            missing |= dict.fromkeys(range(start, high), row)
            high += chance.randrange(1, 5)
        start = chance.randrange(high + 2)
        end = start + chance.randrange(1, 40)
        touched = {missing[byte] for byte in range(start, end) if byte in missing}
        assert {hole.opener for hole in unseen.within(start, end)} == touched
        if chance.random() < 0.7:
            unseen.fill(start, end)
            for byte in range(start, end):
                missing.pop(byte, None)
        assert {byte: hole.opener for hole in unseen.holes for byte in range(hole.start, hole.end)} == missing
        assert all(one.end <= other.start for one, other in zip(unseen.holes, unseen.holes[1:], strict=False))
