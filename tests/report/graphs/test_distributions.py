"""Handshake timings by server, from rows of handshakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzer.report.graphs.distributions import MOST_SAMPLES, MOST_SERVERS, MOST_TIMES, handshake_distributions

MS = 1_000_000


def row(server: str, connect: int | None = None, **more: Any) -> dict[str, Any]:
    lacking = ("sni", "dns_name", "tls_ns", "first_request_ns", "first_byte_ns", "first_byte_likely_ns")
    own = {"server": server, "server_port": 443, "connect_ns": connect, "first_byte_certain": True}
    return dict.fromkeys(lacking) | own | more


def test_points_and_medians() -> None:
    graph = handshake_distributions([row("192.0.2.1", took * MS) for took in (10, 20, 300)])
    points, median = graph.series
    assert (points.name, median.name) == ("connect", "")
    assert points.x.tolist() == [10, 20, 300] and graph.x.unit == "ms"
    assert median.x.tolist() == [20] and median.y[0] < points.y[0] < median.y_to[0]
    assert graph.rows[0] == ("192.0.2.1:443", "3", "connect", "3", "10.0 ms", "20.0 ms", "272 ms", "300 ms")


def test_few_have_no_median() -> None:
    graph = handshake_distributions([row("192.0.2.1", 10 * MS), row("192.0.2.1", 20 * MS)])
    assert sum(len(series) for series in graph.series if not series.name) == 0


def test_first_byte_counts_from_the_request() -> None:
    first = row("a", first_request_ns=30 * MS, first_byte_ns=80 * MS)
    spoke_first = row("a", first_request_ns=80 * MS, first_byte_ns=30 * MS)
    (points, *_) = handshake_distributions([first, spoke_first]).series
    assert (points.name, points.x.tolist()) == ("request to first byte", [50])


def test_an_uncertain_first_byte_is_no_point_but_is_said() -> None:
    times = {"first_request_ns": 30 * MS, "first_byte_likely_ns": 80 * MS}
    rows = [row("a", MS, **times, first_byte_ns=80 * MS), row("a", MS, **times, first_byte_certain=False)]
    graph = handshake_distributions(rows)
    assert [len(series) for series in graph.series if series.name == "request to first byte"] == [1]
    assert "1 connection has a first byte that encryption hides: it is without a point for it." in graph.notes
    assert not any("encryption" in note for note in handshake_distributions(rows[:1]).notes)


def test_more_times_than_are_kept() -> None:
    """All count, and those kept are of the whole capture, not of its begin."""
    many = MOST_TIMES + 10_000
    graph = handshake_distributions(row("a", (1 if i < 50_000 else 9) * MS) for i in range(many))
    assert graph.rows[0][3:] == (f"{many:,}", "1.00 ms", "9.00 ms", "9.00 ms", "9.00 ms")


def test_a_time_of_damaged_stamps_is_left_out() -> None:
    points = handshake_distributions([row("a", 1 << 63), row("a", MS)]).series[0]
    assert (points.texts, len(points)) == (["1.00 ms"], 1)


def test_by_the_name_that_was_asked_for() -> None:
    rows = [row("192.0.2.1", MS, sni="a.example"), row("192.0.2.2", MS, sni="a.example"), row("2001:db8::1", MS)]
    assert handshake_distributions(rows).y.labels == ("a.example:443 (2)", "[2001:db8::1]:443 (1)")


def test_many_servers_and_samples() -> None:
    rows = [row(f"192.0.2.{i % 20}", (i + 1) * 1000) for i in range(20 * 1000)]
    graph = handshake_distributions(iter(rows))
    points = graph.series[0]
    assert len(graph.y.labels) == MOST_SERVERS and any("5 servers" in note for note in graph.notes)
    assert len(points) == MOST_SERVERS * MOST_SAMPLES
    shown = sorted(int(label.split(":")[0].rpartition(".")[2]) for label in graph.y.labels)
    assert points.x.min() == pytest.approx((min(shown) + 1) / 1000), "the extremes stay"
    assert np.isclose(points.x.max(), (19_980 + max(shown) + 1) / 1000)


def test_nothing_measured() -> None:
    assert handshake_distributions([]).empty
    assert handshake_distributions([row("192.0.2.1")]).empty
