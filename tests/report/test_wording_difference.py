"""Sentences about objectives and differences."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.journey.statistics.comparison import COMPARED, FAILURES
from analyzer.journey.statistics.measures import MEASURES
from analyzer.journey.statistics.objectives import Objectives, parse
from analyzer.report.wording.difference import TAKES, sentence, told, whole
from analyzer.report.wording.objectives import said
from tests.journey.statistics.making import MS, REFUSED, handshake


def row(measure: str = "connect", decision: str | None = "slower", **different: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        **dict.fromkeys(COMPARED), "measure": measure, "decision": decision, "count_a": 100, "count_b": 98,
        "median_a_ns": 10 * MS, "median_b_ns": 22 * MS, "difference_ns": 12 * MS, "low_ns": 11 * MS, "high_ns": 13 * MS,
        "effect": "large",
    }  # fmt: skip
    return made | different


def test_every_measure_has_a_sentence() -> None:
    assert TAKES.keys() == MEASURES.keys()


def test_longer_and_shorter() -> None:
    assert sentence(row(), "all connections") == (
        "all connections: connecting takes 12.0 ms longer (median 10.0 ms, now 22.0 ms; "
        "with 95 % confidence between +11.0 ms and +13.0 ms; large effect)."
    )
    faster = row("tls", "faster", difference_ns=-2 * MS, low_ns=-5 * MS, high_ns=1 * MS)
    assert "the TLS handshake takes 2.00 ms shorter" in sentence(faster, "x") and "-5.00 ms and +1.00 ms" in sentence(faster, "x")


def test_a_median_that_says_otherwise_is_not_claimed() -> None:
    for moved in (0, -1 * MS):
        assert "takes mostly longer, though its median does not show it" in sentence(row(difference_ns=moved), "x")


def test_failures() -> None:
    failures = row(FAILURES, "more failures", failed_a=1, failed_b=49)
    assert sentence(failures, "x") == "x: 49 of 98 (50 %) connections fail, before it was 1 of 100 (1 %)."


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([], "Nothing could be compared: no group has connections in both captures."),
        (["too few samples"], "Nothing could be compared: too few samples (10 on each side are needed)."),
        (["no difference"] * 3, "No difference in 3 comparisons."),
        (
            ["no difference", "too few samples", "too few samples"],
            "No difference in 1 comparison. 2 more have too few samples (10 on each side are needed).",
        ),
        (["slower", "no difference"], "2 comparisons: 1 slower and 1 without a difference."),
        (["slower", "faster", "more failures"], "3 comparisons: 1 slower, 1 faster and 1 failing more often."),
        (["fewer failures", None], "1 comparison: 1 failing less often."),
    ],
)
def test_the_whole(decisions: list[str | None], expected: str) -> None:
    assert whole([row(decision=decision) for decision in decisions]) == expected


def test_round_trips_are_told_where_connecting_does_not_say_it() -> None:
    group = [
        row("dns", "no difference"),
        row("connect"),
        row("initial_rtt"),
        row("server_side_rtt", "faster"),
        row(FAILURES, None),
    ]
    assert [one["measure"] for one in told(group)] == ["connect", "server_side_rtt"]
    other = [row("initial_rtt"), row("ttfb"), row(FAILURES, "too few samples")]
    assert [one["measure"] for one in told(group + other)][2:] == ["initial_rtt", "ttfb"]


@pytest.mark.parametrize(
    ("text", "rows", "expected"),
    [
        ("tls=1s", [REFUSED], "tls=1s: missed by the only connection, which never got that far"),
        ("dns=1s", [REFUSED | {"dns_ns": None}], "dns=1s: nothing to compare, no connection has a value"),
        ("connect=1s", [handshake()], "connect=1s: met by the only connection"),
        ("connect=1s", [handshake()] * 1200, "connect=1s: met by all 1,200 connections"),
        (
            "connect=1ms",
            [handshake(), REFUSED, handshake(connect_ns=0)],
            "connect=1ms: missed by 2 of 3 connections, 1 of them never got that far, the longest took 20.0 ms (stream 0)",
        ),
        ("p50:connect=1ms", [handshake()] * 2, "p50:connect=1ms: missed, it is 20.0 ms for 2 connections"),
        ("p50:connect=1s", [handshake()] * 3, "p50:connect=1s: met, it is 20.0 ms for 3 connections"),
        (
            "p50:connect=1s",
            [handshake(), handshake(), REFUSED],
            "p50:connect=1s: met, it is 20.0 ms for 3 connections, 1 of which never got that far",
        ),
        ("p90:connect=1s", [handshake(), REFUSED], "p90:connect=1s: missed, 1 of 2 connections never got that far"),
    ],
)
def test_objectives(text: str, rows: list[dict[str, Any]], expected: str) -> None:
    objectives = Objectives(parse([text]))
    for one in rows:
        objectives.judge(one)
    assert said(objectives.results[0]) == expected
