"""Which packets carried a range of bytes."""

from __future__ import annotations

import random

import pytest

from analyzer.flow.tcp.ledger.position import position
from analyzer.flow.tcp.ledger.sender import Sender, sender
from analyzer.flow.tcp.ledger.sightings import MOST_COPIES, Sightings
from tests.flow.tcp.ledger.making import trace


def of(*ladder: str) -> tuple[Sender, Sightings]:
    made = trace(*ladder)
    one = sender(made, 0, position(made))
    return one, Sightings(one)


def test_in_order() -> None:
    _, sightings = of("0 c A 0+100", "1 c A 100+100", "2 c A 200+100", "3 c A 150+100")
    assert sightings.of(150, 250, 3) == [1, 2]
    assert sightings.of(100, 200, 3) == [1]
    assert sightings.of(100, 200, 1) == []
    assert sightings.of(300, 400, 3) == sightings.of(-10, 0, 3) == []


def test_repeated_ones_are_added() -> None:
    _, sightings = of("0 c A 0+100", "1 c A 100+100", "2 c A 0+100", "3 c A 50+20", "4 c A 0+200")
    for row in (2, 3):
        sightings.add(row)
    assert sightings.of(0, 200, 4) == [0, 1, 2, 3]
    assert sightings.of(60, 65, 4) == [0, 2, 3]
    assert sightings.of(60, 65, 3) == [0, 2]
    assert sightings.of(70, 100, 4) == [0, 2]


def test_a_segment_of_any_length_among_the_others() -> None:
    _, sightings = of("0 c A 0+1000", "1 c A 0+900", "2 c A 500+10", "3 c A 890+5")
    for row in (1, 2):
        sightings.add(row)
    assert sightings.of(890, 895, 3) == [0, 1]


def test_bounded() -> None:
    ladder = [f"{i} c A 0+10" for i in range(500)]
    _, sightings = of(*ladder)
    for row in range(1, 499):
        sightings.add(row)
    assert len(sightings.of(0, 10, 499)) <= 2 * MOST_COPIES


def test_one_with_old_and_new_bytes() -> None:
    _, sightings = of("0 c A 0+100", "1 c A 100+100", "2 c A 50+200", "3 c A 60+10")
    assert sightings.of(60, 70, 3) == [0, 2]


@pytest.mark.parametrize("seed", range(40))
def test_as_a_plain_search(seed: int) -> None:
    """Segments that are either new or old."""
    chance = random.Random(seed)
    ladder, high = [], 0
    for i in range(50):
        new = not high or chance.random() < 0.6
        start = high + chance.choice((0, 0, 7)) if new else chance.randrange(high)
        length = chance.randrange(1, 40) if new else chance.randrange(1, min(40, high - start) + 1)
        high = max(high, start + length)
        ladder.append(f"{i} c A {start}+{length}")
    one, sightings = of(*ladder)
    starts, ends = one.trace.start, one.trace.end
    high = 0
    for row in range(50):
        first = chance.randrange(900)
        last = first + chance.randrange(1, 60)
        assert sightings.of(first, last, row) == [i for i in range(row) if starts[i] < last and ends[i] > first]
        if ends[row] <= high:
            sightings.add(row)
        high = max(high, int(ends[row]))
