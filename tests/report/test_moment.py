"""Times as users write them."""

from __future__ import annotations

import pytest

from analyzer.report.moment import DAY, NS, Moment, iso, moment_of, seconds

DAY_20000 = 20_000 * DAY  #: 2024-10-04


@pytest.mark.parametrize(
    ("text", "ns", "since"),
    [
        ("1.5", 1_500_000_000, "first"),
        ("0", 0, "first"),
        (".000000001", 1, "first"),
        ("2m", 120 * NS, "first"),
        ("1h30m", 5400 * NS, "first"),
        ("500ms", NS // 2, "first"),
        ("1.5 s", 1_500_000_000, "first"),
        ("2d", 2 * DAY, "first"),
        ("1700000000.25", 1_700_000_000_250_000_000, "epoch"),
        ("2024-10-04", DAY_20000, "epoch"),
        ("2024-10-04T01:00:00Z", DAY_20000 + 3600 * NS, "epoch"),
        ("2024-10-04 02:00:00.123456789+01:00", DAY_20000 + 3600 * NS + 123_456_789, "epoch"),
        ("12:30", 45_000 * NS, "day"),
        ("00:00:01.5", 1_500_000_000, "day"),
    ],
)
def test_moments(text: str, ns: int, since: str) -> None:
    assert moment_of(text) == Moment(ns, since)


@pytest.mark.parametrize(
    "text", ["", ".", "yesterday", "1.5x", "25:00", "2024-13-01", "-1", "1h30", "1e3", "\u0661", "2024-10-04T"]
)
def test_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        moment_of(text)


def test_since_what() -> None:
    first = DAY_20000 + 5 * NS
    assert [Moment(NS, since).at(first) for since in ("epoch", "first", "day")] == [NS, first + NS, DAY_20000 + NS]


def test_nanoseconds_are_exact() -> None:
    assert seconds("1700000000.123456789999") == 1_700_000_000_123_456_789
    assert seconds("-0.5") == -500_000_000
    assert iso("1969-12-31T23:59:59.999999999") == -1
