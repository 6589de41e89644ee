"""Stalls of which nothing is to be believed: any numbers, any count of holes."""

from random import Random

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.stall import stalls
from analyzer.flow.tcp.ledger.stall_holes import MOST_HOLES, Holes
from analyzer.flow.tcp.ledger.trace import Trace
from tests.flow.tcp.ledger.making import COLUMNS, assembled
from tests.flow.tcp.ledger.receiver import Where

MS = 1_000_000
RTT = 20 * MS
SENDER = Where((RTT, 0), "client")
PLACES = (SENDER, Where((0, RTT), "server"), Where((None, None), None), Where((0, 0), "middle"))


def test_holes_are_remembered_up_to_a_number() -> None:
    holes = Holes(0)
    for i in range(MOST_HOLES + 500):
        holes.arrived(2 * i + 1, 2 * i + 2, i, i)
        assert holes.settle(i, i) is None
    assert holes.capped
    assert holes.draft is not None
    assert len(holes.draft.holes) == MOST_HOLES
    holes.acknowledged(holes.top, 10_000, 10_000)
    ended = holes.settle(10_000, 10_000)
    assert ended is not None
    assert all(hole.left == 0 for hole in ended.holes)


def test_bytes_that_come_one_by_one_into_a_hole() -> None:
    holes = Holes(0)
    holes.arrived(100_000, 100_001, 0, 0)
    for i in range(5_000):
        holes.arrived(10 + 2 * i, 11 + 2 * i, i, i)
        holes.settle(i, i)
    holes.acknowledged(100_001, 6_000, 6_000)
    assert holes.settle(6_000, 6_000) is not None


def random_trace(random: Random, count: int) -> Trace:
    rows, sacks = [], []
    time = 0
    for i in range(count):
        time += random.choice((0, 1, MS, 50 * MS, -MS))
        start = random.choice((0, 100, 200, 1_000, -1, -500, 1 << 40))
        end = start + random.choice((0, 1, 100, 1_000))
        row = dict.fromkeys(COLUMNS, 0) | {"frame": i + 1, "time": time, "direction": random.randrange(2), "start": start}
        row |= {"end": end, "length": end - start, "acked": random.choice((0, 100, 200, 1_000, -(1 << 62)))}
        row |= {"flags": random.choice((16, 16, 24, 2, 18, 17, 4, 20, 0)), "window": random.choice((0, 500))}
        row |= {"tsval": random.choice((-1, 0, i, 1 << 31, (1 << 32) - 1)), "tsecr": random.choice((-1, 0, i))}
        rows.append(row)
        for _ in range(random.choice((0, 0, 1, 3))):
            left = random.choice((0, 100, 300, 1_000, 1 << 41))
            sacks.append((i, left, left + random.choice((-5, 0, 100, 1 << 30))))
    return assembled(rows, sacks)


@pytest.mark.parametrize("where", PLACES)
def test_nothing_raises_whatever_the_numbers_are(where: Where) -> None:
    random = Random(5)
    told = 0
    for _ in range(300):
        for stall in stalls(random_trace(random, random.randrange(1, 30)), where):
            assert stall.end_ns is None or stall.end_ns >= stall.start_ns
            assert stall.holes
            assert stall.bytes_held >= 0
            told += 1
    assert told > 100


def test_a_long_connection_in_which_everything_is_lost_once() -> None:
    count = 20_000
    position = np.arange(count)
    rows = [dict.fromkeys(COLUMNS, 0) | {"flags": 16, "tsval": -1, "tsecr": -1} for _ in range(2 * count)]
    for i in position.tolist():
        rows[2 * i] |= {"time": i * MS, "start": 200 * i + 100, "end": 200 * i + 200, "length": 100}
        rows[2 * i + 1] |= {"time": i * MS + 1, "direction": 1, "acked": 0}
    sacks = [(2 * i + 1, 200 * i + 100, 200 * i + 200) for i in position.tolist()]
    (stall,) = stalls(assembled(rows, sacks), SENDER)
    assert stall.hole_count >= MOST_HOLES
    assert not stall.ended
