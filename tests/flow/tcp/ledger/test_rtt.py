"""Round-trip samples: the two parts, delayed acks, and what is no sample."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from analyzer.flow.tcp.ledger.position import position
from analyzer.flow.tcp.ledger.rtt import Samples, rtt
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.test_acknowledged import random_trace
from tests.flow.tcp.ledger.traces import traces

REFERENCE = os.environ.get("ANALYZER_REFERENCE")
MS = 1_000_000
#: in the middle: 12 ms to the server and back, 3 to the client
MIDDLE = ("0 c S ts 1/0", "12 s SA ts 70/1", "15 c A ts 16/70")


def client(*ladder: str) -> Samples:
    return rtt(trace(*ladder)).samples[0]


def milliseconds(values: list[int]) -> list[float]:
    return [value / MS for value in values]


def test_both_parts() -> None:
    found = client(*MIDDLE, "15.5 c PA 0+100 ts 16/70", "28 s A ack 100 ts 86/16", "31.25 c PA 100+100 ts 32/86")
    assert milliseconds(found.far.tolist()) == [12, 12.5]
    assert milliseconds(found.near.tolist()) == [3, 3.25]
    assert milliseconds(found.total.tolist()) == [15, 15.75]


def test_an_idle_sender_does_not_tell_the_near_part() -> None:
    found = client(*MIDDLE, "16 c PA 0+100 ts 17/70", "28 s A ack 100 ts 86/17", "900 c PA 100+100 ts 901/86")
    assert milliseconds(found.near.tolist())[0] == 3 and found.near.tolist()[1] < 0
    assert milliseconds(found.total.tolist()) == [15, 15]


def test_near_part_by_sequence_numbers() -> None:
    """Without time stamps, where the ack carries data that is acked."""
    found = client(
        "0 c PA 0+10", "12 s PA 0+10 ack 10", "15 c A ack 10", "20 c PA 10+10", "33 s PA 10+10 ack 20", "37 c A ack 20"
    )
    assert milliseconds(found.near.tolist()) == [3, 4]
    assert milliseconds(found.total.tolist()) == [15, 17]


def test_without_the_near_part() -> None:
    found = client("0 c PA 0+10", "12 s A ack 10")
    assert milliseconds(found.total.tolist()) == [12] and found.near.tolist()[0] < 0


class TestRetransmission:
    FIRST = ("-50 c PA 0+10 ts 1/5", "-30 s A ack 10 ts 50/1", "0 c PA 10+10 ts 51/50")

    def test_its_own_time_stamp(self) -> None:
        found = client(*self.FIRST, "230 c PA 10+10 ts 281/50", "251 s A ack 20 ts 90/281")
        assert milliseconds(found.far.tolist()) == [20, 21]

    def test_the_original_came_late(self) -> None:
        """The copy left 5 ms before the ack: too late to be answered."""
        found = client(*self.FIRST, "230 c PA 10+10 ts 281/50", "235 s A ack 20 ts 90/51")
        assert milliseconds(found.far.tolist()) == [20, 235]

    def test_only_the_ack_was_lost(self) -> None:
        """The copy is answered with the echo of the original: neither time is the one of a round trip for sure."""
        found = client(*self.FIRST, "230 c PA 10+10 ts 281/50", "251 s A ack 20 ts 90/51")
        assert milliseconds(found.far.tolist()) == [20]

    def test_without_time_stamps(self) -> None:
        assert milliseconds(client("0 c PA 0+10", "230 c PA 0+10", "251 s A ack 10").far.tolist()) == []


class TestDelayedAck:
    def suspects(self, far: float, *more: str, length: int = 100) -> list[bool]:
        ladder = ["0 c PA 0+1000", "20 s A ack 1000", f"100 c PA 1000+{length}", *more]
        return client(*ladder, f"{100 + far} s A ack {1000 + length}").delayed.tolist()

    def test_limits(self) -> None:
        assert self.suspects(39) == [False, False]
        assert self.suspects(40) == [False, True]
        assert self.suspects(520) == [False, True]
        assert self.suspects(521) == [False, False]

    def test_two_full_segments_are_acked_at_once(self) -> None:
        assert self.suspects(60, length=1999) == [False, True]
        assert (
            client("0 c PA 0+1000", "20 s A ack 1000", "100 c A 1000+1000", "100 c A 2000+1000", "160 s A ack 3000").delayed[1]
            == 0
        )

    def test_more_had_arrived(self) -> None:
        assert self.suspects(60, "110 c PA 1100+100") == [False, False]

    def test_more_was_still_on_its_way(self) -> None:
        """It was sent 19 ms before the ack passed, and needs 20 to the receiver and back."""
        assert self.suspects(60, "141 c PA 1100+100") == [False, True]


def test_headless() -> None:
    """The capture begins in the middle of a transfer: the first ack is of data before it."""
    found = client("0 c A 1000+100", "5 s A ack 1000", "20 s A ack 1100", "21 c A 1100+100", "40 s A ack 1200")
    assert milliseconds(found.far.tolist()) == [20, 19]


def test_both_directions_at_once() -> None:
    trips = rtt(trace("0 c PA 0+10", "1 s PA 0+10", "2 c A ack 10", "21 s A ack 10"))
    assert [milliseconds(one.far.tolist()) for one in trips.samples] == [[21], [1]]
    assert [milliseconds(one.total.tolist()) for one in trips.samples] == [[22], [22]]


def test_given_position_is_used() -> None:
    made = trace(*MIDDLE)
    where = position(made)
    assert rtt(made, where).position is where
    assert rtt(made).position == where


@pytest.mark.parametrize("seed", range(100))
def test_any_packets(seed: int) -> None:
    """No sample is negative, or less than the shortest."""
    trips = rtt(random_trace(random.Random(seed)))
    for direction, found in enumerate(trips.samples):
        least = trips.position.far[direction]
        assert (found.far >= (0 if least is None else least)).all() or not len(found)
        assert (found.total >= found.far).all()


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set")
@pytest.mark.parametrize("path", sorted(Path(REFERENCE or "", "tcp-lab").glob("*.B.pcap")), ids=lambda path: path.stem)
def test_both_ends_measure_the_same(path: Path) -> None:
    """The shortest round trip of a connection is that of the network at whichever end it was captured."""
    delay = 0.6 if "_lan_" in path.stem else 200 if "_wan_" in path.stem else 20
    for one in (path, path.with_name(path.name.replace(".B.", ".A."))):
        (made,) = traces(one)
        trips = rtt(made)
        for found in trips.samples:
            assert delay * MS <= found.total.min() < (delay + 1) * MS
