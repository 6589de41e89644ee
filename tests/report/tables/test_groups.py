"""The table of groups of handshakes."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.journey.statistics.grouping import GROUPINGS
from analyzer.journey.statistics.measures import MEASURES
from analyzer.report.tables.groups import GROUPED, MEASURED, groups, name
from tests.journey.statistics.making import REFUSED, grouped, handshake


def table(rows: list[dict[str, Any]], *by: str, width: int = 120) -> list[str]:
    return groups(grouped(rows, by).rows(), by, str, width, lambda text, style: text).splitlines()


def test_every_grouping_and_measure_has_a_word() -> None:
    assert GROUPED.keys() == GROUPINGS.keys() and MEASURED.keys() == MEASURES.keys()


def test_headings_and_lines() -> None:
    title, heading, *lines = table([handshake(), handshake(first_byte_certain=False), REFUSED], "server")
    assert title.split() == ["count", "min", "median", "p90", "p95", "p99", "max"]
    assert heading == "server 198.51.100.7: 3 connections, 1 failed (1 refused), 1 with an uncertain first byte"
    assert [line.split("  ")[1].strip() for line in lines] == list(MEASURED.values())
    assert lines[1].split()[:4] == ["connect", "2", "20.0", "ms"]


def test_measures_without_values_are_left_out() -> None:
    assert not [line for line in table([handshake(tls_ns=None)], "server") if "TLS" in line]
    assert len(table([{**REFUSED, "server_side_rtt_ns": None, "dns_ns": None}], "server")) == 2


@pytest.mark.parametrize(
    ("row", "by", "called"),
    [
        (handshake(), ("tls_version", "sni"), "TLS 1.3, SNI shop.example"),
        (handshake(sni=None, tls_version=None), ("tls_version", "sni"), "no TLS, no SNI"),
        (handshake(resumed=None, outcome=None), ("resumed", "outcome"), "resumption unknown, outcome unknown"),
        (handshake(resumed=True), ("resumed",), "resumed"),
        (handshake(), (), "all connections"),
        (handshake(sni="\x1b[2J"), ("sni",), "SNI \\x1b[2J"),
    ],
)
def test_names(row: dict[str, Any], by: tuple[str, ...], called: str) -> None:
    assert name(row, by, str) == called


@pytest.mark.parametrize("width", [80, 100, 130])
def test_width(width: int) -> None:
    lines = table(
        [handshake(server=f"198.51.100.{i}", connect_ns=i * 10**8, sni="x" * 300) for i in range(20)], "sni", width=width
    )
    assert max(map(len, lines)) <= width and len(lines) == 8
