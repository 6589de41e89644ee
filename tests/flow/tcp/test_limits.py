"""The caps: Wireshark's list of 10,000 unacknowledged segments, and ours of 64 runs."""

from __future__ import annotations

from analyzer.dissect.walk import Walk
from analyzer.flow.tcp.analysis import TcpAnalysis
from tests.flow.tcp.ladder import Ladder, Segment, batch, run

LIST_LIMIT = 10_000
RUN_LIMIT = 64


def data(number: int, seq: int, length: int = 10, flags: str = "A") -> Segment:
    return Segment(number * 1000, "c", flags, seq, 1, {"len": length, "win": 500} if length else {"win": 500})


def test_a_fin_behind_a_full_list_takes_no_number():
    for sent, verdict in ((LIST_LIMIT - 1, "duplicate_ack"), (LIST_LIMIT, "lost_segment")):
        segments = [data(i, 1 + 10 * i) for i in range(sent)]
        segments += [data(sent, 1 + 10 * sent, 0, "FA"), data(sent + 1, 2 + 10 * sent, 0)]
        assert run(Ladder("", "", segments=segments))[-1].split()[0] == verdict


def test_bytes_in_flight_of_a_full_list():
    segments = [data(i, 1 + 10 * i) for i in range(LIST_LIMIT + 5)]
    assert f" bif {10 * LIST_LIMIT} " in run(Ladder("", "", segments=segments))[-1]


def test_an_ack_frees_a_full_list():
    segments = [data(i, 1 + 10 * i) for i in range(LIST_LIMIT + 5)]
    end = 1 + 10 * LIST_LIMIT
    segments.append(Segment(10**9, "s", "A", 1, end, {"win": 500}))
    segments.append(data(2_000_000, end + 50))
    said = run(Ladder("", "", segments=segments))
    assert f" acks {LIST_LIMIT} " in said[-2]
    assert " bif 10 " in said[-1]


def test_more_runs_than_remembered_are_counted():
    falling = [data(i, 10_000 - 20 * i) for i in range(RUN_LIMIT + 7)]
    made = batch(falling)
    walk, analysis = Walk(), TcpAnalysis()
    walk.batch(made)
    table = walk.table("tcp")
    assert table is not None
    analysis.update(made, table)
    assert analysis.forgotten == 7
