"""Objectives: what meets them, what misses them, and what is not judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzer.journey.statistics.objectives import Objectives, parse
from tests.journey.statistics.making import MS, NEVER_STOOD, REFUSED, handshake


def judged(text: str, *rows: dict[str, Any]) -> Objectives:
    objectives = Objectives(parse([text]))
    for row in rows:
        objectives.judge(row)
    return objectives


@pytest.mark.parametrize(
    ("text", "limit_ns"),
    [
        ("100ms", 100 * MS),
        ("0.1s", 100 * MS),
        ("100000us", 100 * MS),
        ("100000µs", 100 * MS),
        ("7ns", 7),
        ("1.0000000015s", None),
    ],
)
def test_limits(text: str, limit_ns: int | None) -> None:
    if limit_ns is None:
        with pytest.raises(ValueError, match="is no objective such as"):
            parse([f"connect={text}"])
    else:
        assert parse([f"connect={text}"])[0].limit_ns == limit_ns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("connect", "is no objective such as"),
        ("connect=100", "is no objective such as"),
        ("connect=-1ms", "is no objective such as"),
        ("connect=1ms,", "is no objective such as"),
        ("p101:connect=1ms", "is no objective such as"),
        ("speed=1ms", "is nothing to have an objective of"),
        ("connect=1ms,connect=2ms", "there are two objectives of the same"),
        ("p95:connect=1ms,p95.0:connect=2ms", "there are two objectives of the same"),
    ],
)
def test_texts_without_meaning(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse([text])


def test_several() -> None:
    found = parse(["connect=1ms,p95:connect=2ms", "tls=3ms"])
    assert [(one.measure, one.limit_ns, one.share and float(one.share)) for one in found] == [
        ("connect", 1 * MS, None), ("connect", 2 * MS, 0.95), ("tls", 3 * MS, None),
    ]  # fmt: skip


def test_the_limit_itself_is_met_and_a_nanosecond_more_is_not() -> None:
    objectives = Objectives(parse(["connect=20ms,tls=29999999ns"]))
    assert objectives.judge(handshake()) == ["tls"]
    assert not objectives.met


@pytest.mark.parametrize(
    ("row", "missed"),
    [
        (REFUSED, ["connect", "tls", "ttfb"]),
        ({**REFUSED, "outcome": "timeout"}, ["connect", "tls", "ttfb"]),
        ({**REFUSED, "outcome": None}, []),  # the capture ended too soon to tell
        ({**REFUSED, "outcome": "mid_capture", "syn_frame": None}, []),
        (handshake(tls_ns=None, first_byte_ns=None, first_request_ns=None, outcome="tls_alert"), ["tls", "ttfb"]),
        (handshake(tls_ns=None, first_byte_ns=None, first_request_ns=None, outcome="tls_incomplete"), ["tls", "ttfb"]),
        (handshake(first_byte_ns=None, outcome="reset"), ["ttfb"]),  # after TLS
        (handshake(client_hello_frame=None, tls_ns=None, first_byte_ns=None, outcome="reset"), ["ttfb"]),  # it spoke no TLS
        (handshake(client_hello_frame=None, tls_ns=None), []),
        (handshake(first_byte_ns=None), []),  # nothing was asked, or not answered yet
        (handshake(first_byte_ns=999 * MS, first_byte_certain=False), []),
        (handshake(dns_ns=None), []),
        (handshake(dns_ns=2000 * MS, dns_cached=True), []),  # another connection had waited for it
        # the ACK of the handshake was not captured, but the connection stood
        (handshake(connect_ns=None, first_byte_ns=None, outcome="reset"), ["ttfb"]),
        # neither was the SYN: since when would the first byte be late
        (handshake(syn_frame=None, connect_ns=None, tls_ns=None, first_byte_ns=None, outcome="tls_alert"), ["tls"]),
    ],
)
def test_who_misses_without_a_value(row: dict[str, Any], missed: list[str]) -> None:
    objectives = Objectives(parse(["dns=1s,connect=1s,tls=1s,ttfb=1s,initial_rtt=1s"]))
    assert objectives.judge(row) == missed
    assert objectives.met == (not missed)


def test_what_is_told() -> None:
    slow = handshake(connect_ns=340 * MS, stream=17)
    (result,) = judged("connect=100ms", handshake(), slow, handshake(connect_ns=120 * MS), REFUSED).results
    assert (result.judged, result.missed, result.failed, result.worst_ns, result.worst_stream) == (4, 3, 1, 340 * MS, 17)


def test_a_percentile_is_of_the_whole_and_that_of_numpy() -> None:
    values = np.random.default_rng(1).lognormal(16, 1, 200).astype(np.int64)
    objectives = judged("p95:connect=1s", *(handshake(connect_ns=int(value)) for value in values))
    (result,) = objectives.results
    found = result.percentile_ns()
    assert found is not None and abs(found - np.percentile(values, 95)) < 1
    assert objectives.met and not judged(f"p95:connect={found - 1}ns", *(handshake(connect_ns=int(v)) for v in values)).met


def test_slow_connections_do_not_miss_a_percentile_alone() -> None:
    rows = [handshake() for _ in range(99)] + [handshake(connect_ns=5000 * MS)]
    objectives = Objectives(parse(["p95:connect=100ms"]))
    assert [objectives.judge(row) for row in rows] == [[]] * 100  # no connection is marked for it
    assert objectives.met


@pytest.mark.parametrize(("failed", "met"), [(5, False), (4, True)])
def test_failed_connections_are_the_slowest_of_a_percentile(failed: int, met: bool) -> None:
    """Of 100 values, p95 lies between the 95th and the 96th, which must both have lived."""
    rows = [handshake() for _ in range(100 - failed)] + [REFUSED] * failed
    objectives = judged("p95:connect=100ms", *rows)
    assert objectives.met == met and objectives.results[0].percentile_ns() == (20 * MS if met else None)


def test_nothing_to_judge_is_met() -> None:
    for text in ("tls=1ns", "p95:tls=1ns"):
        objectives = judged(text, handshake(tls_ns=None, client_hello_frame=None))
        assert objectives.met and not objectives.results[0].judged


def test_never_stood_is_what_the_rows_lack() -> None:
    assert all(REFUSED[key] is None for key in NEVER_STOOD)
