"""Comparisons told apart from chance: on samples of one distribution nothing is told, and a real shift is."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from analyzer.journey.statistics.comparison import DECIDED, FEWEST, compare, keys
from analyzer.journey.statistics.groups import Groups
from tests.journey.statistics.making import MS, NEVER_STOOD, drawn, grouped, handshake

TRIALS = 100
FALSE = 5  #: trials of TRIALS in which anything may be told of captures that do not differ


@pytest.mark.parametrize(
    ("a", "b", "how"),
    [
        ({"x": 100, "y": 40, "z": 20}, {"x": 100, "y": 80, "z": 15}, {}),  # heavy tails, groups of all sizes
        ({"x": 12}, {"x": 12}, {}),
        ({"x": 30}, {"x": 1500}, {"spread": 2.0}),
        ({"x": 100, "y": 40}, {"x": 50, "y": 400}, {"tick": 10 * MS}),  # most values are ties
        ({"x": 100, "y": 40}, {"x": 50, "y": 400}, {"together": True}),
        ({"x": 60}, {"x": 300}, {"failing": 0.5}),
        ({str(i): 25 for i in range(20)}, {str(i): 25 for i in range(20)}, {}),  # 140 comparisons
    ],
)
def test_nothing_is_told_of_captures_that_do_not_differ(a: dict[str, int], b: dict[str, int], how: dict[str, Any]) -> None:
    wrong = 0
    for seed in range(TRIALS):
        generator = np.random.default_rng(seed)
        rows = compare(drawn(generator, a, **how), drawn(generator, b, **how))
        assert sum(row["decision"] == "no difference" for row in rows) >= len(a)  # it did compare
        wrong += any(row["decision"] in DECIDED for row in rows)
    assert wrong <= FALSE


@pytest.mark.parametrize(("factor", "decision"), [(1.25, "slower"), (1.3, "slower"), (1 / 1.3, "faster")])
def test_a_shift_is_found(factor: float, decision: str) -> None:
    """Of a quarter, by 100 connections on each side whose times spread by 30 %."""
    found = missed = 0
    for seed in range(TRIALS):
        generator = np.random.default_rng(seed)
        before, after = (drawn(generator, {"x": 100}, spread=0.3, factor=one) for one in (1.0, factor))
        decisions = [row["decision"] for row in compare(before, after) if row["measure"] != "failures"]
        assert set(decisions) <= {decision, "no difference"}  # never the other way
        found += decisions.count(decision)
        missed += decisions.count("no difference")
    assert found >= 0.95 * (found + missed)


def test_only_the_group_that_is_slower_is_told() -> None:
    generator = np.random.default_rng(1)
    before = drawn(generator, {"same": 100, "other": 100}, spread=0.3)
    after = drawn(generator, {"same": 100}, spread=0.3)
    for row in (handshake(server="other", connect_ns=value) for value in range(20 * MS, 40 * MS, 200_000)):
        after.add(row)
    told = {(row["server"], row["measure"]) for row in compare(before, after) if row["decision"] in DECIDED}
    assert ("other", "connect") in told and not [one for one in told if one[0] == "same"]


def test_a_row_in_numbers() -> None:
    before = grouped(handshake(connect_ns=value * MS) for value in range(1, 22))
    after = grouped(handshake(connect_ns=value * MS) for value in range(101, 122))
    row = next(row for row in compare(before, after) if row["measure"] == "connect")
    assert tuple(row) == tuple(keys(()))
    assert (row["count_a"], row["count_b"], row["median_a_ns"], row["median_b_ns"]) == (21, 21, 11 * MS, 111 * MS)
    assert row["difference_ns"] == 100 * MS and row["low_ns"] < 100 * MS < row["high_ns"]
    assert (row["cliffs_delta"], row["effect"], row["decision"]) == (1.0, "large", "slower")
    assert row["p_value"] <= row["p_corrected"] < 1e-6


def test_too_few_samples() -> None:
    before = grouped(handshake() for _ in range(FEWEST - 1))
    after = grouped(handshake(connect_ns=9000 * MS) for _ in range(1000))
    rows = compare(before, after)
    assert {row["decision"] for row in rows} == {"too few samples"}
    before.add(handshake())
    row = next(row for row in compare(before, after) if row["measure"] == "connect")
    assert row["decision"] == "slower"


def test_a_measure_that_one_side_lacks() -> None:
    rows = compare(grouped(handshake(tls_ns=None) for _ in range(20)), grouped(handshake(dns_ns=None) for _ in range(20)))
    found = {row["measure"]: row for row in rows}
    tls = found["tls"]
    assert (tls["count_a"], tls["count_b"], tls["decision"]) == (0, 20, "too few samples")
    assert (tls["median_a_ns"], tls["median_b_ns"], tls["difference_ns"]) == (None, 30 * MS, None)
    neither = compare(grouped([handshake(tls_ns=None)]), grouped([handshake(tls_ns=None)]))
    assert "tls" not in {row["measure"] for row in neither}


def test_groups_of_one_capture_only() -> None:
    before = grouped([handshake(sni=name) for name in ("both", "old")], ("sni",))
    after = grouped([handshake(sni=name) for name in ("new", "both")], ("sni",))
    rows = [row for row in compare(before, after) if row["measure"] == "connect"]
    assert [(row["sni"], row["only_in"], row["decision"]) for row in rows] == [
        ("both", None, "too few samples"), ("old", "a", None), ("new", "b", None),
    ]  # fmt: skip
    assert [(row["count_a"], row["count_b"], row["median_b_ns"]) for row in rows[1:]] == [(1, 0, None), (0, 1, 20 * MS)]


def test_a_group_that_may_have_been_forgotten_is_not_said_to_be_missing() -> None:
    before = grouped([handshake(sni=name) for name in ("both", "old")], ("sni",))
    after = grouped([handshake(sni=name) for name in ("new", "both")], ("sni",))
    before.forgotten = 1
    assert {row["sni"] for row in compare(before, after)} == {"both", "old"}
    assert {row["sni"] for row in compare(after, before)} == {"both", "old"}


def failing(failed: int, connections: int) -> Groups:
    lost = handshake(**NEVER_STOOD, outcome="timeout")
    return grouped([lost] * failed + [handshake()] * (connections - failed))


@pytest.mark.parametrize(
    ("before", "after", "decision"),
    [
        ((1, 100), (25, 100), "more failures"),
        ((25, 100), (1, 100), "fewer failures"),
        ((5, 100), (9, 100), "no difference"),
        ((0, 100), (0, 100), "no difference"),
        ((0, 5), (5, 5), "too few samples"),
    ],
)
def test_failures(before: tuple[int, int], after: tuple[int, int], decision: str) -> None:
    row = compare(failing(*before), failing(*after))[-1]
    assert (row["measure"], row["decision"]) == ("failures", decision)
    assert ((row["failed_a"], row["count_a"]), (row["failed_b"], row["count_b"])) == (before, after)


def test_connections_without_an_outcome_are_no_failures() -> None:
    unknown = [handshake(outcome="mid_capture"), handshake(outcome=None)]
    row = compare(grouped([*unknown, handshake()]), grouped([handshake()]))[-1]
    assert (row["count_a"], row["failed_a"]) == (1, 0)


def test_a_certain_difference_that_does_not_matter() -> None:
    """A thousandth more in every connection of very many: far from chance, and nobody's concern."""
    generator = np.random.default_rng(2)
    before, after = (generator.lognormal(16, 0.05, 20_000) * factor for factor in (1.0, 1.003))
    groups = [grouped(handshake(connect_ns=int(value)) for value in values) for values in (before, after)]
    row = next(row for row in compare(*groups) if row["measure"] == "connect")
    assert row["p_corrected"] < 1e-4 and row["decision"] == "no difference"


def test_the_same_input_gives_the_same_rows() -> None:
    one, two = (compare(*(drawn(np.random.default_rng(seed), {"x": 50, "y": 50}) for seed in (1, 2))) for _ in range(2))
    assert one == two


def test_a_hundred_thousand_connections_are_quick() -> None:
    generator = np.random.default_rng(3)
    before, after = drawn(generator, {"x": 20_000, "y": 80_000}), drawn(generator, {"x": 20_000, "y": 80_000})
    began = time.process_time()
    compare(before, after)
    assert time.process_time() - began < 5
