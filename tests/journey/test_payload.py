"""Segments with payload, their turns, the talk as one exchange, and how far each side has come."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.trace import NO_ACK
from analyzer.journey import extent, payload
from analyzer.journey.extent import Extent, extents
from analyzer.journey.payload import Said, Talk
from tests.flow.tcp.ledger.making import trace

MS = 1_000_000
TALK = (
    "0 c S", "10 s SA", "20 c A",
    "21 c PA 0+100", "22 c PA 100+50",
    "41 s PA 0+1000 ack 150", "42 s PA 1000+200 ack 150",
    "50 c A ack 1200", "60 c PA 150+10",
)  # fmt: skip


def test_turns() -> None:
    said = payload.payload(trace(*TALK), len(TALK))
    assert [(turn.row, turn.frame, turn.direction) for turn in said.turns()] == [(0, 4, 0), (2, 6, 1), (4, 9, 0)]
    assert [turn.time for turn in said.turns()] == [21 * MS, 41 * MS, 60 * MS]
    assert (said.size(0), said.size(1), said.latest_ns) == (160, 1200, 60 * MS)


def test_what_was_sent_before_is_not_new() -> None:
    said = payload.payload(trace("0 c PA 0+10", "1 c PA 20+10", "2 c PA 10+10", "3 c PA 0+10", "4 c PA 30+1"), 5)
    assert said.columns[Said.NEW].tolist() == [1, 1, 0, 0, 1]


def test_only_the_part_that_is_asked_for() -> None:
    whole = trace(*TALK)
    whole.reported = 4
    said = payload.payload(whole, 6)
    assert (said.frame.tolist(), said.columns[Said.NEW].tolist()) == ([5, 6], [1, 1])


def test_data_in_a_syn_counts_if_the_server_took_it() -> None:
    taken = payload.payload(trace("0 c S -1+10", "10 s SA ack 10", "20 c PA 10+5"), 3)
    assert [place.tolist() for place in taken.columns[[Said.START, Said.END]]] == [[0, 10], [10, 15]]
    assert payload.payload(trace("0 c S -1+10", "10 s SA ack 0", "20 c PA 0+5"), 3).frame.tolist() == [3]
    assert payload.payload(trace("0 c S -1+10", "10 c R 0+5"), 2).frame.tolist() == []


def test_the_talk_as_one_exchange() -> None:
    said = payload.payload(trace(*TALK), len(TALK))
    assert said.talk(0, 0) == Talk(request=0, client_last=4, request_last=1, answer=2, answer_last=3, last=3)
    assert said.talk(1, 0) == Talk(request=2, client_last=3, request_last=3, answer=4, answer_last=4, last=4)


def test_an_answer_that_acknowledges_nothing_needs_time() -> None:
    said = payload.payload(trace("0 c PA 0+10", "5 s PA 0+10", "30 s PA 10+10"), 3)
    said.columns[Said.ACKED, 1:] = NO_ACK
    assert said.talk(0, 20 * MS) == Talk(request=0, client_last=0, request_last=0, answer=2, answer_last=2, last=2)
    assert said.talk(0, 50 * MS).answer == -1


def test_nobody_said_anything() -> None:
    said = payload.payload(trace("0 c S", "10 s SA"), 2)
    assert (len(said), said.turns(), said.first(0), said.size(0), said.latest_ns, said.talk(0, 0).request) == (
        0,
        [],
        None,
        0,
        0,
        -1,
    )


def test_extents() -> None:
    assert extents(trace(*TALK)) == (Extent(6, 160, 150, 9), Extent(3, 1200, 1200, 7))
    assert extents(trace("0 c S")) == (Extent(1, 0, 0, 0), Extent(0, 0, 0, 0))


@pytest.mark.parametrize("seed", range(20))
def test_interpreted_says_the_same(seed: int, interpreted: Callable[[str], ModuleType]) -> None:
    random = np.random.default_rng(seed)
    made = trace(*(f"{i} {random.choice(['c', 's'])} PA {random.integers(0, 90)}+{random.integers(0, 40)}" for i in range(40)))
    other = interpreted(payload.__name__)
    one, two = payload.payload(made, 35), other.payload(made, 35)
    assert one.columns.tolist() == two.columns.tolist()
    assert list(map(tuple, one.turns())) == list(map(tuple, two.turns()))
    assert [tuple(one.talk(side, 0)) for side in (0, 1)] == [tuple(two.talk(side, 0)) for side in (0, 1)]
    assert [(one.size(side), one.first(side)) for side in (0, 1)] == [(two.size(side), two.first(side)) for side in (0, 1)]
    assert [tuple(side) for side in extents(made)] == [tuple(side) for side in interpreted(extent.__name__).extents(made)]
