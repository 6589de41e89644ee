"""What is in the pictures of connections of which it is known what happened."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.report.graphs.axes import Clock, logarithmic, time_scale
from analyzer.report.graphs.graph import MOST_ROWS, Axis, Graph, Series, Shape
from analyzer.report.graphs.rtt import rtt
from analyzer.report.graphs.sequence import sequence
from analyzer.report.graphs.stall_timeline import stall_timeline
from analyzer.report.graphs.throughput import in_flight, throughput
from tests.report.graphs.courses import course


def named(graph: Graph, name: str) -> Series:
    return next(series for series in graph.series if series.name == name)


def names(graph: Graph) -> set[str]:
    return {series.name for series in graph.series}


def test_sequence_of_a_fast_retransmission() -> None:
    graph = sequence(course("ledger/two_losses.pcap"), "client")
    again, holes, stall = (named(graph, name) for name in ("sent again, fast", "missing bytes", "head-of-line stall"))
    assert len(again) == len(holes) == 2 and len(stall) == 1
    assert sorted(again.y.tolist()) == sorted(holes.y.tolist()), "what was missing is what was sent again"
    assert stall.x[0] < again.x[0] < stall.x_to[0]
    assert len(named(graph, "selectively acknowledged (SACK)"))
    assert "sent again, timeout" not in names(graph)
    assert [row[1] for row in graph.rows if row[1].startswith("sent again")] == [
        "sent again, fast, needed",
        "sent again, fast recovery, needed",
    ]


def test_sequence_of_a_timeout() -> None:
    graph = sequence(course("ledger/timeout.pcap"), "client")
    assert len(named(graph, "sent again, timeout")) >= 1


def test_segments_sent_again_that_there_was_no_room_for_are_said() -> None:
    """Whatever made the sender repeat those that are drawn."""
    found = course("ledger/two_losses.pcap")
    assert not any("not drawn" in note for note in sequence(found, "client").notes)
    found.way("client").resent.left_out = 7
    assert "7 segments that were sent again are not drawn." in sequence(found, "client").notes
    assert named(in_flight(found, "client"), "sent again").left_out == 7


def test_sequence_of_a_clean_connection() -> None:
    graph = sequence(course("tcp/clean_session.pcap"), "server")
    assert not {name for name in names(graph) if "again" in name or "stall" in name or "missing" in name}
    assert named(graph, "sent by server").y_to.max() == named(graph, "acknowledged by client").y.max()


def test_a_closed_window() -> None:
    graph = sequence(course("recorded/zero_window.pcap"), "client")
    shut = named(graph, "zero window")
    closed = next(series for series in graph.series if not series.name)
    assert len(shut) == len(closed) >= 1
    assert (closed.x_to - closed.x).max() > 1.9, "nearly two seconds"
    assert "server's window" in names(graph)


def test_a_reset_of_either_side_is_in_both_pictures() -> None:
    found = course("tcp/aborted.pcap")
    for sender in ("client", "server"):
        graph = sequence(found, sender)
        assert len(named(graph, "RST")) == 1
        assert [row[1] for row in graph.rows if "RST" in row[1]] == ["RST by client"]


def test_the_axes_hold_the_data() -> None:
    graph = sequence(course("recorded/http_loss.pcap"), "server")
    assert graph.x.least == 0 and graph.y.least == 0
    for series in graph.series:
        assert series.x.min() >= 0 and series.x.max() <= graph.x.most
    assert named(graph, "sent by server").y_to.max() < graph.y.most < 2 * named(graph, "sent by server").y_to.max()


def test_round_trips_of_both_parts() -> None:
    graph = rtt(course("ledger/two_losses.pcap"))  # captured in the middle, 10 ms from both ends
    for part in ("to the client and back", "to the server and back"):
        assert 9 < np.median(named(graph, part).y) < 12
    assert 19 < np.median(named(graph, "whole round trip").y) < 23


def test_the_capturing_machine_is_no_way() -> None:
    graph = rtt(course("recorded/http_loss.pcap"))  # captured at the client
    assert names(graph) == {"to the server and back"}
    assert [row[0] for row in graph.rows] == ["capture point to server and back"]


def test_throughput_adds_up() -> None:
    found = course("recorded/http_loss.pcap")
    graph = throughput(found)
    series = named(graph, "server's data")
    assert np.sum(series.y[:-1] * np.diff(series.x)) / 8 / 1000 == pytest.approx(found.way("server").bytes)
    assert named(graph, "sent again by the server").y.max() > 0
    assert "sent again by the client" not in names(graph)


def test_in_flight() -> None:
    found = course("recorded/http_loss.pcap")
    graph = in_flight(found, "server")
    assert named(graph, "in flight, server's data").y.max() == found.way("server").flight.value.max()
    assert len(named(graph, "sent again")) == 5
    assert in_flight(course("recorded/refused.pcap"), "server").empty


def test_stall_timeline_says_where_the_time_went() -> None:
    found = course("recorded/http_loss.pcap")
    graph = stall_timeline(found)
    assert graph.y.labels[0].startswith("head of line, server's data")
    bars = [series for series in graph.series if series.shape is Shape.BARS]
    shown = sum(float((series.x_to - series.x).sum()) for series in bars)
    assert shown == pytest.approx((found.end_ns - found.begin_ns) / 1e6, rel=0.02), "every instant has one reason"


def test_table_is_bounded() -> None:
    rows = tuple((str(i), "x") for i in range(MOST_ROWS + 5))
    _, shown = Graph("g", "t", Axis("x"), Axis("y"), (), headers=("a", "b"), rows=rows).table()
    assert len(shown) == MOST_ROWS + 1 and shown[-1] == ("... 5 more", "")


def test_units() -> None:
    assert (time_scale(1_500_000)[0], time_scale(3_000_000)[0], time_scale(5_000_000_000)[0]) == ("us", "ms", "s")
    assert Clock(0, 1_000_000_000, "").axis.unit == "ms" and Clock(0, 3_000_000_000, "").axis.unit == "s"


@pytest.mark.parametrize(("least", "most"), [(1, 1), (0.003, 0.004), (20, 700), (5, 50), (1e-3, 1e3), (0.999999, 1.000001)])
def test_logarithmic_axes_hold_what_they_show(least: float, most: float) -> None:
    axis = logarithmic("", "ms", least, most)
    assert axis.least is not None and axis.most is not None
    assert axis.least <= least * (1 + 1e-6) and axis.most >= most * (1 - 1e-6)
    assert axis.most >= 5 * axis.least
