"""Numbers as people read them."""

from __future__ import annotations

import pytest

from analyzer.report import text

S = text.SECOND


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (9_994, "9.99 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_999, "1.00 MB"),
        (5 * 10**15, "5.00 PB"),
        (5 * 10**19, "50000 PB"),
    ],
)
def test_size(octets: int, expected: str) -> None:
    assert text.size(octets) == expected


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 us"),
        (12_345_678, "12.3 ms"),
        (S, "1.00 s"),
        (119 * S, "119 s"),
        (125 * S, "2 min 5 s"),
        (7_200 * S, "2 h"),
        (7_260 * S, "2 h 1 min"),
        (3 * 86_400 * S, "3 d"),
        (-S, "-1.00 s"),
        (1 << 62, "53,375 d 23 h"),
    ],
)
def test_duration(nanoseconds: int, expected: str) -> None:
    assert text.duration(nanoseconds) == expected


def test_moment_is_cut_not_rounded() -> None:
    assert text.moment(1_600_000_000_999_999_999) == "2020-09-13 12:26:40.999"
    assert text.moment(-1) == "1969-12-31 23:59:59.999"
    assert text.moment((1 << 63) - 1, 0).startswith("2262-04-11")


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 0, "0 %"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (99_999, 100_000, ">99.9 %"),
        (1, 100_000, "<0.1 %"),
        (1, 8, "12 %"),
        (1, 80, "1.2 %"),
    ],
)
def test_share(part: int, whole: int, expected: str) -> None:
    assert text.share(part, whole) == expected


def test_numbers() -> None:
    assert text.numbers([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7, 8"
    assert text.numbers(list(range(1, 99, 2)), 2) == "1, 3, ..."


def test_words() -> None:
    assert [text.plural(n, "query", "queries") for n in (0, 1, 2)] == ["0 queries", "1 query", "2 queries"]
    assert [text.times(n) for n in (1, 2, 3_000)] == ["once", "twice", "3,000 times"]
    assert [text.listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_shortened_keeps_the_port() -> None:
    assert text.shortened("a.b:443", 10) == "a.b:443"
    short = text.shortened("a-very-long-name.example.com:65535", 20)
    assert len(short) == 20 and short.endswith(":65535")
    assert text.shortened("abcdefghij", 3) == "abc"
