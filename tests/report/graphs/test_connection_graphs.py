"""The connections that are drawn are the ones that are worth it."""

from __future__ import annotations

import numpy as np

from analyzer.flow.tcp.ledger.trace import RST
from analyzer.report.graphs.connection_graphs import ConnectionGraphs
from tests.report.graphs.courses import gathered
from tests.report.graphs.traces import download, judged


def test_trouble_before_bytes_and_the_biggest_always() -> None:
    graphs = ConnectionGraphs(3)
    graphs.judged(judged(download(900, stream=0)))  # the biggest
    for stream in range(1, 6):
        graphs.judged(judged(download(30 + stream, stream=stream)))
    for stream in (6, 7):
        graphs.judged(judged(download(30, stream=stream), resent=(stream,)))
    graphs.judged(judged(download(60, stream=8)))
    assert graphs.streams == [7, 6, 0] or graphs.streams == [6, 7, 0]


def test_the_biggest_comes_last() -> None:
    graphs = ConnectionGraphs(2)
    for stream in (0, 1, 2):
        graphs.judged(judged(download(30, stream=stream), resent=(3, 4)))
    graphs.judged(judged(download(3000, stream=3)))
    assert 3 in graphs.streams and len(graphs.streams) == 2


def test_a_reset_is_trouble() -> None:
    graphs = ConnectionGraphs(2)
    graphs.judged(judged(download(900, stream=0)))
    graphs.judged(judged(download(90, stream=1)))
    trace = download(30, stream=2)
    trace.flags[-1] |= RST
    graphs.judged(judged(trace))
    assert graphs.streams == [2, 0]


def test_a_closed_window_is_trouble() -> None:
    graphs = ConnectionGraphs(2)
    graphs.judged(judged(download(900, stream=0)))
    graphs.judged(judged(download(90, stream=1)))
    trace = download(30, stream=2)
    trace.window[np.flatnonzero(trace.direction == 0)[3:6]] = 0
    graphs.judged(judged(trace))
    assert graphs.streams == [2, 0]


def test_one_stream_only() -> None:
    graphs = gathered("tcp/port_reuse.pcap", only=1)
    assert graphs.streams == [1]
    assert graphs.course(0) is None


def test_every_picture_shows_something_and_has_a_table() -> None:
    for name in ("recorded/http_loss.pcap", "recorded/zero_window.pcap", "tcp/mid_stream.pcap", "recorded/refused.pcap"):
        graphs = gathered(name)
        for stream in graphs.streams:
            for graph in graphs.graphs(stream):
                assert not graph.empty
                headers, rows = graph.table()
                assert all(len(row) == len(headers) for row in rows), graph.name
    assert [graph.name for graph in gathered("recorded/http_loss.pcap").graphs(0)] == [
        "sequence-0-server", "stalls-0", "throughput-0", "in-flight-0-server", "rtt-0",
    ]  # fmt: skip


def test_the_direction_with_trouble_is_drawn() -> None:
    """The client sends little, but that has to be sent again; the server has no trouble."""
    graphs = gathered("recorded/websocket_lossy.pcap")
    stream = graphs.streams[0]
    course = graphs.course(stream)
    assert course is not None
    assert graphs.sender(stream) == max(("client", "server"), key=course.trouble)
    drawn = [graph.name for graph in graphs.graphs(stream) if graph.name.startswith("sequence")]
    assert len(drawn) == (1 if min(map(course.trouble, ("client", "server"))) == 0 else 2)


def test_without_trouble_the_bytes_decide() -> None:
    graphs = gathered("tcp/clean_session.pcap")
    course = graphs.course(0)
    assert course is not None and course.trouble("client") == course.trouble("server") == 0
    assert graphs.sender(0) == max(("client", "server"), key=lambda side: course.way(side).bytes)
    assert len([graph for graph in graphs.graphs(0) if graph.name.startswith("sequence")]) == 1
