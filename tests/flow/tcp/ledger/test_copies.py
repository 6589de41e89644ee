"""Which packets are copies, and whose."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.copies import copies
from analyzer.flow.tcp.ledger.trace import Trace
from tests.flow.tcp.ledger.making import COLUMNS, trace

OPENING = """
0   c S  ts 1000/0 ipid 100
20  s SA ts 9000/1000 ipid 0
20.1 c A ts 1020/9000 ipid 101
"""
DATA = """
100   c PA 0+100 ts 1100/9000 ipid 110
100.1 c PA 100+100 ts 1100/9000 ipid 111
100.2 c PA 200+100 ts 1100/9000 ipid 112
"""


def said(made: Trace) -> list[str]:
    """For each copy `frame copy-of whose`."""
    found = copies(made)
    assert not (found.captured & found.by_network).any()
    assert (found.original[found.captured | found.by_network] >= 0).all()
    words = {(True, False): "captured", (False, True): "network", (False, False): "of a copy"}
    return [
        f"{row + 1} {found.original[row] + 1} {words[bool(found.captured[row]), bool(found.by_network[row])]}"
        for row in np.flatnonzero(found.original >= 0).tolist()
    ]


def doubled(made: Trace, lag: int, hops: int = 0, link: int = 0) -> Trace:
    """Every packet a second time, `lag` ns later."""
    row = np.repeat(np.arange(len(made)), 2)
    both = made.take(np.arange(len(made)))
    for name in COLUMNS:
        setattr(both, name, getattr(made, name)[row].copy())
    second = np.arange(len(row)) % 2 == 1
    both.time[second] += lag
    both.ttl[second] -= hops
    both.link[second] += link
    both.frame = np.arange(1, len(row) + 1)
    sack_row = np.concatenate([2 * made.sack_row, 2 * made.sack_row + 1])
    order = np.argsort(sack_row, kind="stable")
    both.sack_row = sack_row[order]
    both.sack_from = np.tile(made.sack_from, 2)[order]
    both.sack_to = np.tile(made.sack_to, 2)[order]
    order = np.argsort(both.time, kind="stable")
    return both.take(np.arange(len(order))) if (order == np.arange(len(order))).all() else shuffled(both, order)


def shuffled(made: Trace, order: np.ndarray) -> Trace:
    """Its packets in another order."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    other = made.take(np.arange(len(made)))
    for name in COLUMNS:
        setattr(other, name, getattr(made, name)[order])
    other.frame = made.frame
    blocks = np.argsort(place[made.sack_row], kind="stable")
    other.sack_row = place[made.sack_row][blocks]
    other.sack_from, other.sack_to = made.sack_from[blocks], made.sack_to[blocks]
    return other


def test_network_duplicate_is_reported() -> None:
    ladder = (
        OPENING
        + DATA
        + """
    101.2 c PA 100+100 ts 1100/9000 ipid 111
    101.3 s A ack 300 ts 9081/1100 ipid 5
    101.4 s A ack 300 sack 100-200 ts 9081/1100 ipid 6
    """
    )
    assert said(trace(ladder)) == ["7 5 network"]


@pytest.mark.parametrize(("report", "whose"), [("sack 100-200", "network"), ("", "captured")])
def test_what_follows_at_once_is_the_networks_only_if_reported(report: str, whose: str) -> None:
    ladder = (
        OPENING
        + DATA
        + f"""
    100.25 c PA 200+100 ts 1100/9000 ipid 112
    100.3 s A ack 300 {report.replace("100-200", "200-300")} ts 9081/1100 ipid 5
    """
    )
    assert said(trace(ladder)) == [f"7 6 {whose}"]


def test_keep_alives_are_reported_for_themselves() -> None:
    ladder = (
        OPENING
        + DATA
        + """
    120 s A ack 300 ts 9100/1100 ipid 7
    10000 c A 299+1 ts 11100/9100 ipid 113
    10000.05 c A 299+1 ts 11100/9100 ipid 113
    10020 s A ack 300 sack 299-300 ts 19000/11100 ipid 8
    """
    )
    assert said(trace(ladder)) == ["9 8 captured"]


def test_retransmissions_are_no_copies() -> None:
    assert said(trace(OPENING + DATA, "320 c PA 0+100 ts 1320/9000 ipid 113")) == []
    assert said(trace(OPENING + DATA, "320 c PA 0+100 ts 1100/9000 ipid 113")) == []


def test_a_stack_may_send_the_same_packet_again_after_a_timeout() -> None:
    ladder = """
    0    c S  ipid 100
    1    s SA ipid 7
    1.1  c A  ipid 101
    10   c PA 0+100 ipid 102
    1010 c PA 0+100 ipid 102
    1011 s A ack 100 ipid 8
    """
    assert said(trace(ladder)) == []


@pytest.mark.parametrize(("lag_ms", "expected"), [(0.3, ["5 4 network"]), (19, ["5 4 network"]), (60, [])])
def test_without_identification_only_what_is_too_early_for_a_reaction(lag_ms: float, expected: list[str]) -> None:
    ladder = f"""
    0    c S  ipid 0
    0.1  s SA ipid 0
    20   c A  ipid 0
    30   c PA 0+100 ipid 0
    {30 + lag_ms} c PA 0+100 ipid 0
    95   s A ack 100 ipid 0
    """
    assert said(trace(ladder)) == expected


def test_equal_duplicate_acks_are_no_copies() -> None:
    """IPv6 without SACK: nothing tells one from the next."""
    acks = [f"{120 + i / 10} s A ack 0 ts 9100/1020 ipid -1" for i in range(8)]
    data = [f"{100 + i / 10} c A {100 * i}+100 ts {1100}/9000 ipid -1" for i in range(1, 9)]
    opening = OPENING.replace("ipid 100", "ipid -1").replace("ipid 101", "ipid -1").replace("ipid 0", "ipid -1")
    assert said(trace(opening, *data, *acks)) == []


@pytest.mark.parametrize("identified", (True, False))
@pytest.mark.parametrize(("hops", "link"), [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("lag", (5_000, 20_000, 70_000))
def test_everything_captured_twice(identified: bool, hops: int, link: int, lag: int) -> None:
    ladder = OPENING + DATA + "".join(f"{120 + i / 10} s A ack {100 * (i + 1)} ts 9100/1100 ipid {20 + i}\n" for i in range(3))
    made = trace(ladder)
    if not identified:
        made.ip_id[:] = -1
    both = doubled(made, lag, hops, link)
    found = copies(both)
    assert found.captured.tolist() == [row % 2 == 1 for row in range(len(both))]
    assert not found.by_network.any()


def test_duplicate_acks_captured_twice_stay_as_many() -> None:
    acks = [f"{120 + i / 10} s A ack 0 ts 9100/1020 ipid -1" for i in range(5)]
    data = [f"{100 + i / 10} c A {100 * i}+100 ts 1100/9000 ipid -1" for i in range(1, 6)]
    opening = OPENING.replace("ipid 100", "ipid -1").replace("ipid 101", "ipid -1").replace("ipid 0", "ipid -1")
    both = doubled(trace(opening, *data, *acks), 20_000)
    assert np.count_nonzero(~copies(both).captured) == len(both) // 2


def test_a_network_duplicate_inside_a_doubled_capture() -> None:
    ladder = (
        OPENING
        + DATA
        + """
    100.5 c PA 100+100 ts 1100/9000 ipid 111
    120.0 s A ack 300 ts 9100/1100 ipid 5
    120.5 s A ack 300 sack 100-200 ts 9100/1100 ipid 6
    """
    )
    both = doubled(trace(ladder), 20_000, link=1)
    found = copies(both)
    assert np.flatnonzero(found.by_network).tolist() == [12]
    assert found.captured.tolist() == [row % 2 == 1 for row in range(len(both))]


def test_segments_before_and_after_they_are_split() -> None:
    ladder = (
        OPENING
        + """
    100    c PA 0+4344 ts 1100/9000 ipid 110 link 7
    100.01 c A 0+1448 ts 1100/9000 ipid 110 link 8
    100.02 c A 1448+1448 ts 1100/9000 ipid 111 link 8
    100.03 c PA 2896+1448 ts 1100/9000 ipid 112 link 8
    """
    )
    assert said(trace(ladder)) == ["5 4 captured", "6 4 captured", "7 4 captured"]


def test_segments_before_and_after_they_are_joined() -> None:
    ladder = (
        OPENING
        + """
    100.01 c A 0+1448 ts 1100/9000 ipid 110 link 8
    100.02 c A 1448+1448 ts 1100/9000 ipid 111 link 8
    100.03 c PA 2896+1448 ts 1100/9000 ipid 112 link 8
    100.05 c PA 0+4344 ts 1100/9000 ipid 110 link 7
    100.21 c A 4344+1448 ts 1100/9000 ipid 113 link 8
    100.22 c PA 5792+1448 ts 1100/9000 ipid 114 link 8
    100.25 c PA 4344+2896 ts 1100/9000 ipid 113 link 7
    """
    )
    assert said(trace(ladder)) == ["7 4 captured", "10 8 captured"]


def test_split_again_after_a_loss() -> None:
    ladder = (
        OPENING
        + """
    100    c PA 0+4344 ts 1100/9000 ipid 110 link 7
    100.01 c A 0+1448 ts 1100/9000 ipid 110 link 8
    100.02 c A 1448+1448 ts 1100/9000 ipid 111 link 8
    100.03 c PA 2896+1448 ts 1100/9000 ipid 112 link 8
    130    c A 0+2896 ts 1130/9000 ipid 113 link 7
    130.01 c A 0+1448 ts 1130/9000 ipid 113 link 8
    130.02 c A 1448+1448 ts 1130/9000 ipid 114 link 8
    """
    )
    assert said(trace(ladder)) == ["5 4 captured", "6 4 captured", "7 4 captured", "9 8 captured", "10 8 captured"]


def test_anything_goes() -> None:
    rng = np.random.default_rng(4)
    for count in (0, 1, 2, 3, 50):
        for _ in range(50):
            made = trace(*["0 c A" for _ in range(count)]) if count else trace("0 c A").take(np.zeros(0, np.int64))
            for name in ("time", "start", "length", "acked", "flags", "window", "tsval", "tsecr", "ip_id", "ttl", "link"):
                setattr(made, name, rng.integers(-(1 << 40) if name == "time" else -3, 4, count))
            made.direction = rng.integers(0, 2, count)
            made.end = made.start + made.length
            blocks = np.sort(rng.integers(0, max(count, 1), 10 if count else 0))
            made.sack_row, made.sack_from, made.sack_to = (
                blocks,
                rng.integers(-9, 9, len(blocks)),
                rng.integers(-9, 9, len(blocks)),
            )
            assert len(copies(made).original) == count
