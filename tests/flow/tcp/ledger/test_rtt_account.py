"""Round trips added up: in parts as at once, and in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow.tcp.ledger import rtt_account
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.rtt import RoundTrips, Samples, rtt
from analyzer.flow.tcp.ledger.rtt_account import Account, Sum
from tests.flow.tcp.ledger.making import trace

MS = 1_000_000


def of(values: list[int]) -> Samples:
    """Samples of so many ns."""
    column = np.array(values, np.int64)
    index = np.arange(len(column))
    return Samples(index, index, np.zeros_like(index), column, column // 2, column, column % 2 == 1)


def told(one: Sum) -> tuple[object, ...]:
    return (one.count, one.compared, one.delayed, one.quantiles(), one.median_near(), one.median_far(), one.timer.rto_ns)


@pytest.mark.parametrize("cuts", [[], [1], [500], [0, 3, 3, 999]])
def test_parts(cuts: list[int]) -> None:
    values = [(i * 7919) % 1009 for i in range(1000)]
    whole, parts = Sum(), Sum()
    whole.add(of(values))
    for first, last in zip([0, *cuts], [*cuts, 1000], strict=True):
        parts.add(of(values[first:last]))
    assert told(parts) == told(whole)
    assert whole.quantiles() == (min(values), *(round(value) for value in np.percentile(values, (50, 95))), max(values))


@pytest.mark.parametrize("part", [1, 7, 100, 10_000])
def test_memory(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 2nd, 4th ... sample from the first on, however they come."""
    monkeypatch.setattr(rtt_account, "MOST_KEPT", 64)
    one = Sum()
    for first in range(0, 1000, part):
        one.add(of(list(range(first, min(first + part, 1000)))))
    assert (one.count, one.compared) == (1000, 63)
    assert one.quantiles() == (0, 496, round(0.95 * 992), 999)


def test_connection() -> None:
    """Cut behind its third packet, which the second part has as history."""
    lines = ["0 c S", "20 s SA", "21 c A", "30 c PA 0+10", "49 s A ack 10", "60 c PA 10+10", "79.5 s A ack 20"]
    first, second, whole = trace(*lines[:3]), trace(*lines), trace(*lines)
    parts, once = Account(0), Account(0)
    trips = rtt(first)
    parts.add(trips, (trips.samples[0].acked_in(0, 3), trips.samples[1].acked_in(0, 3)))
    trips = rtt(second)
    parts.add(trips, (trips.samples[0].acked_in(3, 7), trips.samples[1].acked_in(3, 7)))
    trips = rtt(whole)
    once.add(trips, trips.samples)
    assert [one.count for one in parts.sums] == [one.count for one in once.sums] == [3, 1]
    assert (parts.opening, parts.position) == (once.opening, once.position)
    assert parts.position.far == (19 * MS, 1 * MS)


def test_nearest_of_all_parts() -> None:
    def part(far: tuple[int | None, int | None], by: str) -> RoundTrips:
        return RoundTrips((of([]), of([])), Position(far, (by, by), 1), rtt_account.NO_OPENING)

    account = Account(1)
    for one in (part((None, None), "acks"), part((5, None), "acks"), part((7, 9), "timestamps"), part((4, 9), "handshake")):
        account.add(one, one.samples)
    assert account.position == Position((4, 9), ("handshake", "timestamps"), 1)
