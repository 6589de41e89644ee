"""Which bytes the capture missed."""

from __future__ import annotations

import pytest

from analyzer.flow.tcp.ledger.capture_loss import missed
from tests.flow.tcp.ledger.making import trace

OPENING = "0 c S\n20 s SA\n20.1 c A\n"


def ranges(text: str, direction: int = 0) -> list[tuple[int, int, int, bool]]:
    lost = missed(trace(text), direction)
    return list(zip(lost.start.tolist(), lost.end.tolist(), (lost.row + 1).tolist(), lost.lost_before.tolist(), strict=True))


def test_a_hole_that_is_acknowledged() -> None:
    assert ranges(OPENING + "100 c A 0+100\n101 c A 200+100\n120 s A ack 300") == [(100, 200, 6, False)]


def test_what_lies_behind_the_last_captured_segment() -> None:
    assert ranges(OPENING + "100 c A 0+100\n120 s A ack 300\n130 s A ack 500") == [(100, 500, 6, False)]


@pytest.mark.parametrize(
    "report",
    ["105 s A ack 100 sack 200-300\n", "105 s A ack 100\n106 s A ack 100\n107 s A ack 100\n"],
)
def test_the_repair_of_a_real_loss(report: str) -> None:
    (hole,) = ranges(OPENING + "100 c A 0+100\n101 c A 200+100\n" + report + "120 s A ack 300")
    assert hole[3]


@pytest.mark.parametrize(
    "text",
    [
        "100 c A 0+100\n101 c A 200+100\n105 s A ack 100 sack 200-300\n125 c A 100+100\n145 s A ack 300",  # repaired
        "100 c A 0+100\n101 c A 200+100\n120 s A ack 100",  # never acknowledged
        "100 s A ack 100\n100.1 c A 0+100",  # the capture swapped the two
        "100 c A 0+100\n120 s A ack 2000000000",  # another connection's
        "100 c A 0+100\n120 s RA ack 5000",
    ],
)
def test_nothing_missed(text: str) -> None:
    assert ranges(OPENING + text) == []


def test_connections_that_were_open_already() -> None:
    assert ranges("0 c A 0+0\n20 s A ack 1\n100 c A 1+100\n120 s A ack 101") == []  # began with a keep-alive
    assert ranges("20 s A ack 1\n40 s A ack 5000") == []  # one direction only


def test_at_least_so_many_segments() -> None:
    lost = missed(trace(OPENING + "100 c A 0+1000\n101 c A 4000+1000\n120 s A ack 5000"), 0)
    assert (lost.segments.tolist(), lost.bytes) == ([3], 3000)
