"""What one side sent, and what it had been told by then."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.position import position
from analyzer.flow.tcp.ledger.sender import NOWHERE, SACK_LOOKBACK, Sender, sender
from tests.flow.tcp.ledger.making import trace


def of(*ladder: str, direction: int = 0) -> Sender:
    made = trace(*ladder)
    return sender(made, direction, position(made))


NEAR = ("0 c S ts 1/0", "20 s SA ts 9/1", "20.1 c A ts 21/9")
FAR = ("0 c S ts 1/0", "0.1 s SA ts 9/1", "20.1 c A ts 21/9")
HALF = ("0 c S ts 1/0", "10 s SA ts 9/1", "20 c A ts 21/9")


class TestPlace:
    def test_at_the_sender(self) -> None:
        one = of(*NEAR)
        assert (one.near, one.slack, one.at_receiver) == (0, 0, False)
        assert one.far == one.rtt == 20_000_000

    def test_at_the_receiver(self) -> None:
        one = of(*FAR)
        assert (one.near, one.far, one.at_receiver) == (20_000_000, 100_000, True)

    def test_in_the_middle(self) -> None:
        one = of(*HALF)
        assert (one.near, one.far, one.at_receiver) == (10_000_000, 10_000_000, False)

    def test_the_other_way_round(self) -> None:
        assert of(*NEAR, direction=1).at_receiver
        assert of(*FAR, direction=1).near == 0

    def test_nothing_known(self) -> None:
        one = of("0 c A 0+10")
        assert (one.near, one.far, one.at_receiver) == (0, 0, False)


class TestColumns:
    def test_segments_and_what_tells(self) -> None:
        """A packet without payload tells where its sender stands; a reset does not."""
        one = of("0 c S", "1 c A", "2 c A 0+10", "3 c A 30+0", "4 c FA 30+0", "5 c R 99+0")
        assert one.rows.tolist() == [0, 1, 2, 3, 4, 5]
        assert one.segments.tolist() == [0, 2, 4]
        assert one.telling.tolist() == [0, 2, 3, 4]
        assert one.high_telling.tolist() == [NOWHERE, 0, 10, 30]
        assert one.high_before.tolist() == [NOWHERE, 0, 30]

    def test_acknowledgments(self) -> None:
        one = of("0 c A 0+300", "1 s A ack 100", "2 s A ack 50", "3 s R ack 300", "4 s - 0+0", "5 s A ack 200")
        assert one.ack_row.tolist() == [1, 2, 5]
        assert one.una.tolist() == [100, 100, 200]
        assert [one.una_after(n) for n in range(4)] == [NOWHERE, 100, 100, 200]

    def test_closed_window(self) -> None:
        one = of("0 s SA win 0", "1 s A ack 1 win 0", "2 s A ack 1 win 9")
        assert one.window_zero.astype(bool).tolist() == [False, True, False]


class TestDuplicateAcks:
    """RFC 5681 section 2: data outstanding, no payload, no SYN or FIN, the highest number again, the same window."""

    DATA = ("0 c A 0+100", "1 c A 100+100", "2 s A ack 100")

    def test_counted(self) -> None:
        one = of(*self.DATA, "3 s A ack 100", "4 s A ack 100", "5 s A ack 200", "6 s A ack 200")
        assert one.dups.tolist() == [0, 1, 2, 0, 0]
        assert one.duplicate_acks().tolist() == [3, 4]

    @pytest.mark.parametrize(
        "line", ["3 s A ack 100 win 5", "3 s A 0+9 ack 100", "3 s FA ack 100", "3 s A ack 50", "3 s R ack 100"]
    )
    def test_not_one(self, line: str) -> None:
        assert of(*self.DATA, line).duplicate_acks().tolist() == []

    def test_window_moves_but_sack_tells_news(self) -> None:
        assert of(*self.DATA, "3 s A ack 100 win 5 sack 150-200").duplicate_acks().tolist() == [3]

    def test_nothing_outstanding(self) -> None:
        assert of("0 c A 0+100", "2 s A ack 100", "3 s A ack 100").duplicate_acks().tolist() == []

    def test_dsack_only_is_no_sign_of_loss(self) -> None:
        """RFC 2883: it tells of data that came twice."""
        one = of(*self.DATA, "3 s A ack 100 sack 0-100")
        assert one.block_old.astype(bool).tolist() == [True]
        assert one.sack_high.tolist() == [100, 100]


class TestSack:
    DATA = ("0 c A 0+900",)

    def test_highest_edge(self) -> None:
        one = of(*self.DATA, "1 s A ack 100 sack 300-400", "2 s A ack 100 sack 200-300", "3 s A ack 500")
        assert one.sack_high.tolist() == [400, 400, 500]

    @pytest.mark.parametrize(
        ("blocks", "old"),
        [
            ("300-400", [False]), ("0-50,300-400", [True, False]), ("310-320,300-400", [True, False]),
            ("300-400,300-400", [True, False]), ("300-400,500-600", [False, False]), ("500-600,0-50", [False, False]),
            ("50-150,300-400", [False, False]),
        ],
    )  # fmt: skip
    def test_dsack(self, blocks: str, old: list[bool]) -> None:
        """The first block, below the acknowledgment or inside the second one (RFC 2883 section 4)."""
        assert of(*self.DATA, f"1 s A ack 100 sack {blocks}").block_old.astype(bool).tolist() == old

    def test_who_reported_a_range(self) -> None:
        one = of(*self.DATA, "1 s A ack 100 sack 300-400", "2 s A ack 100 sack 300-500")
        assert one.sacked(300, 400, 2) == 0
        assert one.sacked(350, 450, 2) == 1
        assert one.sacked(350, 450, 1) == one.sacked(200, 300, 2) == one.sacked(300, 400, 0) == -1

    def test_only_the_latest_are_searched(self) -> None:
        later = [f"{2 + i} s A ack 100 sack 500-600" for i in range(SACK_LOOKBACK)]
        one = of(*self.DATA, "1 s A ack 100 sack 300-400", *later)
        assert one.sacked(300, 400, 1) == 0
        assert one.sacked(300, 400, len(later) + 1) == -1

    def test_negotiated(self) -> None:
        made = trace(*self.DATA)
        made.sack = False
        assert not sender(made, 0, position(made)).sack
        assert of(*self.DATA).sack, "the SYN was not seen"


class TestView:
    """What the sender knew of acknowledgments when a packet left it."""

    DATA = ("30 c A 0+100 ts {}/9", "40 c A 100+100 ts {}/9", "40.1 s A ack 100 ts 49/31", "55 c A 200+100 ts {}/{}")

    def ladder(self, hello: tuple[str, ...], first: int, echo: int) -> tuple[str, ...]:
        texts = [self.DATA[0].format(first), self.DATA[1].format(first + 10), self.DATA[2], self.DATA[3].format(first + 25, echo)]
        return (*hello, *texts)

    def test_at_the_sender_all_that_passed(self) -> None:
        one = of(*self.ladder(NEAR, 31, 49))
        assert one.known_acks(6) == one.least_known_acks(6) == one.most_known_acks(6) == 2

    def test_at_the_receiver_not_yet(self) -> None:
        """15 ms after it passed; a round trip takes 20."""
        one = of(*self.ladder(FAR, 31, 9))
        assert one.known_acks(6) == 1

    def test_an_echo_proves_it(self) -> None:
        one = of(*self.ladder(FAR, 31, 49))
        assert one.known_acks(6) == 2

    def test_between_least_and_most(self) -> None:
        for hello, first, echo in ((NEAR, 31, 49), (HALF, 31, 9), (HALF, 31, 49), (FAR, 31, 9), (FAR, 31, 49)):
            one = of(*self.ladder(hello, first, echo))
            for row in one.rows.tolist():
                assert 0 <= one.least_known_acks(row) <= one.known_acks(row) <= one.most_known_acks(row) <= len(one.ack_row)

    def test_without_stamps_time_tells(self) -> None:
        one = of("0 c S", "10 s SA", "20 c A", "30 c A 0+100", "40 s A ack 100", "49 c A 100+100", "51 c A 200+100")
        assert one.stamps is None
        assert one.known_acks(5) == 1
        assert one.known_acks(6) == 2


class TestQueue:
    def test_left_without_the_queue(self) -> None:
        """The clock of its stamps tells how long each packet waited on its way."""
        ladder = [f"{30 + i * 10 + (40 if i == 5 else 0)} c A {i * 100}+100 ts {31 + i * 10}/9" for i in range(12)]
        one = of(*HALF, *sorted(ladder, key=lambda line: float(line.split()[0])))
        late = int(np.flatnonzero(one.trace.start == 500)[0])
        assert one.trace.time[late] - one.left[late] == pytest.approx(40_000_000, abs=2_000_000)

    def test_at_the_sender_there_is_none(self) -> None:
        one = of(*NEAR, "30 c A 0+100 ts 31/9", "99 c A 100+100 ts 41/9")
        assert (one.left == one.trace.time).all()


def test_timeout_at_least() -> None:
    assert of(*NEAR).least_rto_ns == 220_000_000


def test_usual_advance() -> None:
    assert of("0 c A 0+100", "1 c A 100+100", "2 s A ack 100", "3 s A ack 200").usual_advance == 200
    assert of("0 c A 0+100").usual_advance == 200
    assert of("0 s A ack 5").usual_advance == 0
