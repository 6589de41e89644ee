"""How much time one tick of a time stamp clock is."""

from __future__ import annotations

import random

import pytest

from analyzer.flow.tcp.ledger.clock import tick_ns
from tests.flow.tcp.ledger.making import trace

MS = 1_000_000


def stamps(tick: int, milliseconds: list[float], start: int = 5_000) -> str:
    """Packets of c at these times, stamped by a clock of that tick."""
    return "\n".join(f"{at} c A ts {(start + int(at * MS) // tick) % (1 << 32)}/1" for at in milliseconds)


@pytest.mark.parametrize("tick", [1_000, MS, 4 * MS, 10 * MS, 100 * MS, 500 * MS])
def test_known_clocks(tick: int) -> None:
    spread = 40 * tick / MS
    assert tick_ns(trace(stamps(tick, [i * spread / 20 for i in range(20)])), 0) == tick


def test_few_ticks_are_enough_where_one_clock_alone_fits() -> None:
    assert tick_ns(trace("0 c A ts 7/1", "3.5 c A ts 10/1"), 0) == MS
    assert tick_ns(trace("0 c A ts 7/1", "20 c A ts 27/1", "21 c A ts 28/1"), 0) == MS


def test_one_tick_fits_several() -> None:
    assert tick_ns(trace("0 c A ts 7/1", "5 c A ts 8/1"), 0) is None


@pytest.mark.parametrize(
    "ladder", ["", "0 c A ts 7/1", "0 c A ts 7/1\n9 c A ts 7/1", "0 c A\n9 c A", "9 c A ts 7/1\n0 c A ts 9/1"]
)
def test_nothing_to_tell(ladder: str) -> None:
    assert tick_ns(trace(ladder), 0) is None


def test_the_other_side_is_another_clock() -> None:
    found = trace(stamps(MS, [0, 10, 20, 30]), stamps(10 * MS, [100, 200, 300]).replace(" c ", " s "))
    assert (tick_ns(found, 0), tick_ns(found, 1)) == (MS, 10 * MS)


def test_wrap() -> None:
    assert tick_ns(trace(stamps(MS, list(range(0, 100, 5)), start=(1 << 32) - 50)), 0) == MS


def test_values_from_elsewhere() -> None:
    """A SYN cookie, made-up values and RSTs, a path that delays by up to 10 ms."""
    chance = random.Random(1)
    lines = [f"{at + chance.random() * 10} c A ts {5_000 + at}/1" for at in range(0, 1000, 20)]
    lines[0] = "0 c A ts 5063/1"
    lines[20] = "400 c A ts 4000000000/1"
    lines[21] = "420 c RA ts 1/1"
    assert tick_ns(trace(*lines), 0) == MS


def test_unknown_clock() -> None:
    assert tick_ns(trace(stamps(50 * MS, [i * 100.0 for i in range(200)])), 0) == 50 * MS
    assert tick_ns(trace(stamps(50 * MS, [i * 100.0 for i in range(40)])), 0) is None


def test_a_queue_that_grows() -> None:
    """Each packet waits longer than the one before: the clock seems to tick every 1.3 ms."""
    lines = [f"{at * 1.3} c A ts {5_000 + at}/1" for at in range(0, 60, 3)]
    assert tick_ns(trace(*lines), 0) == MS
