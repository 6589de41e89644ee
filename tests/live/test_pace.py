"""The more packets wait, the less time there is for rows."""

from __future__ import annotations

from itertools import count

import pytest

from analyzer.live import pace
from analyzer.live.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes a millisecond."""
    times = count(1_000_000)
    monkeypatch.setattr(pace, "monotonic", lambda: next(times) / 1000)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("backlog", "steps"), [(0.0, 50), (0.1, 25), (0.2, 5), (0.5, 0), (1.0, 0)])
def test_steps(backlog: float, steps: int) -> None:
    taken: list[int] = []
    assert Pace().spend((taken.append(step) for step in range(1000)), backlog)
    assert abs(len(taken) - steps) <= 1


@pytest.mark.usefixtures("clock")
def test_there_is_a_tick_now_and_then() -> None:
    one = Pace()
    ticks = [one.spend(iter(()), 0.0) for _ in range(500)]
    assert ticks[0]
    assert 3 <= sum(ticks) <= 6


def test_it_ends_with_the_work() -> None:
    assert Pace().spend(iter((1, 2)), 0.0)
