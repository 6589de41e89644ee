"""Which segment an ack measures."""

from __future__ import annotations

import random

import numpy as np
import pytest

from analyzer.flow.tcp.ledger import acknowledged as compiled
from analyzer.flow.tcp.ledger import echo
from analyzer.flow.tcp.ledger.acknowledged import MOST_LATE, Source, acknowledged
from analyzer.flow.tcp.ledger.trace import NO_ACK, RST, SYN, Trace
from tests.flow.tcp.ledger.making import COLUMNS, assembled, trace
from tests.interpreted import interpreted


def samples(*ladder: str) -> list[tuple[int, int, str]]:
    """(frame of the segment, frame of the ack, source) of the data of c."""
    made = trace(*ladder)
    found = acknowledged(made)
    return [
        (int(made.frame[sent]), int(made.frame[ack]), Source(source).name.lower())
        for sent, ack, source in zip(found.sent, found.ack, found.source, strict=True)
        if made.direction[sent] == 0
    ]


def test_newest_of_those_newly_acked() -> None:
    assert samples("0 c A 0+100", "1 c A 100+100", "9 s A ack 200", "10 c A 200+100", "19 s A ack 300") == [
        (2, 3, "sequence"),
        (4, 5, "sequence"),
    ]


def test_time_stamps_agree_or_are_older() -> None:
    """A delayed ack of two segments echoes the first one's time stamp."""
    assert samples("0 c A 0+100 ts 5/1", "9 s A ack 100 ts 8/5") == [(1, 2, "both")]
    assert samples("0 c A 0+100 ts 5/1", "1 c A 100+100 ts 6/1", "9 s A ack 200 ts 8/5") == [(2, 3, "sequence")]


def test_repeated_acks_measure_once() -> None:
    assert samples("0 c A 0+100", "9 s A ack 100", "10 s A ack 100", "11 s A ack 100", "12 s A ack 50") == [(1, 2, "sequence")]


def test_ack_of_a_part() -> None:
    assert samples("0 c A 0+100", "1 c A 100+100", "9 s A ack 150", "10 s A ack 200") == [(1, 3, "sequence"), (2, 4, "sequence")]


def test_handshake_and_fin() -> None:
    assert samples("0 c S", "9 s SA ack 0", "9.1 c FA 0+10", "19 s A ack 10", "20 s A ack 11") == [
        (1, 2, "handshake"),
        (3, 5, "sequence"),
    ]


class TestKarn:
    def test_sent_twice(self) -> None:
        assert samples("0 c A 0+100", "300 c A 0+100", "320 s A ack 100", "321 c A 100+100", "341 s A ack 200") == [
            (4, 5, "sequence")
        ]

    def test_acks_below_what_was_sent_again_are_not_trusted_either(self) -> None:
        """The ack of the second segment may also answer the repeated first one."""
        assert samples(
            "0 c A 0+100", "1 c A 100+100", "300 c A 0+100", "320 s A ack 200", "330 c A 200+1", "340 s A ack 201"
        ) == [(5, 6, "sequence")]

    def test_time_stamp_names_the_copy(self) -> None:
        ladder = ("0 c A 0+100 ts 1/1", "300 c A 0+100 ts 301/1")
        assert samples(*ladder, "320 s A ack 100 ts 8/301") == [(2, 3, "timestamp")]
        assert samples(*ladder, "320 s A ack 100 ts 8/1") == [(1, 3, "timestamp")]

    def test_rival(self) -> None:
        """The second copy may be what was answered: an ack that was lost is sent again with the same echo."""
        found = acknowledged(trace("0 c A 0+100 ts 1/1", "300 c A 0+100 ts 301/1", "320 s A ack 100 ts 8/1"))
        assert found.rival.tolist() == [1]
        found = acknowledged(trace("0 c A 0+100 ts 1/1", "300 c A 0+100 ts 301/1", "320 s A ack 100 ts 8/301"))
        assert found.rival.tolist() == [-1]

    def test_copies_in_one_tick(self) -> None:
        assert samples("0 c A 0+100 ts 1/1", "0.5 c A 0+100 ts 1/1", "320 s A ack 100 ts 8/1") == []

    def test_known_from_elsewhere(self) -> None:
        """Its first copy was not captured."""
        made = trace("0 c A 0+100", "1 s A ack 100")
        assert len(acknowledged(made).sent) == 1
        assert len(acknowledged(made, np.array([0])).sent) == 0

    def test_only_the_latest_repeats_are_compared(self) -> None:
        copies = [f"{i} c A 0+100 ts {i}/1" for i in range(MOST_LATE + 10)]
        assert samples(*copies, f"900 s A ack 100 ts 8/{MOST_LATE + 5}") == [(MOST_LATE + 6, MOST_LATE + 11, "timestamp")]
        assert samples(*copies, "900 s A ack 100 ts 8/5") == []


class TestHoles:
    """The ack that comes when a hole is filled says nothing about the segments that waited behind it."""

    LOST = ("0 c A 0+100", "1 c A 100+100", "2 c A 200+100")

    def test_sack(self) -> None:
        ladder = (*self.LOST, "20 s A ack 0 sack 100-300", "25 s A ack 300", "26 c A 300+100", "46 s A ack 400")
        assert samples(*ladder) == [(6, 7, "sequence")]

    def test_duplicate_acks(self) -> None:
        ladder = ("-9 s A ack 0", *self.LOST, "20 s A ack 0", "25 s A ack 300", "26 c A 300+100", "46 s A ack 400")
        assert samples(*ladder) == [(7, 8, "sequence")]

    def test_a_window_that_moves_is_no_duplicate(self) -> None:
        assert samples("-9 s A ack 0", *self.LOST, "20 s A ack 0 win 9", "25 s A ack 300 win 9") == [(4, 6, "sequence")]

    def test_dsack_is_no_hole(self) -> None:
        assert samples(*self.LOST, "20 s A ack 100 sack 0-100", "21 s A ack 300") == [(1, 4, "sequence"), (3, 5, "sequence")]

    def test_filled_at_the_capture_point(self) -> None:
        """Lost or overtaken before it was captured."""
        assert samples("0 c A 0+100", "1 c A 200+100", "9 s A ack 100", "20 c A 100+100", "29 s A ack 300") == [
            (1, 3, "sequence")
        ]

    def test_filler_by_its_time_stamp(self) -> None:
        ladder = ("0 c A 0+100 ts 1/1", "1 c A 200+100 ts 2/1", "20 c A 100+100 ts 9/1")
        assert samples("-1 s A ack 0 ts 1/1", *ladder, "29 s A ack 100 ts 5/1", "30 s A ack 300 ts 5/9") == [
            (2, 5, "timestamp"),
            (4, 6, "timestamp"),
        ]


def test_unseen_and_reset() -> None:
    assert samples("0 s A ack 500", "1 c A 400+100", "2 s A ack 500") == []
    assert samples("0 c A 0+100", "1 s RA ack 100") == []


def random_trace(chance: random.Random) -> Trace:
    """Packets that make little sense: offsets, acks, stamps and times near each other, or far away."""
    edges = [-1, 0, 1, 100, 200, 300, 400, 500, 1 << 40]
    rows, sacks = [], []
    for i in range(chance.randrange(40)):
        start, length, flags = (
            chance.choice(edges),
            chance.choice((0, 0, 1, 100, 250)),
            chance.choice((2, 16, 16, 16, 16, 17, 18, 4)),
        )
        row = dict.fromkeys(COLUMNS, 0) | {"frame": i + 1, "time": chance.randrange(-5, 60) * 1_000_000, "flags": flags}
        row |= {"direction": chance.randrange(2), "start": start, "length": length, "end": start + length + (flags & 3 != 0)}
        row |= {"acked": chance.choice(edges) if flags & 16 else NO_ACK, "window": chance.randrange(2)}
        row |= {"tsval": chance.choice((-1, 0, 1, 2, 3, (1 << 32) - 1)), "tsecr": chance.choice((-1, 0, 1, 2, 3, (1 << 32) - 1))}
        rows.append(row)
        if chance.random() < 0.2:
            sacks += [(i, chance.choice(edges), chance.choice(edges)) for _ in range(chance.randrange(1, 4))]
    return assembled(rows, sacks)


@pytest.mark.parametrize("seed", range(300))
def test_any_packets(seed: int) -> None:
    """Whatever comes: a sample is covered by its ack, of the other direction and before it; what sequence numbers say of data
    is said of data sent once, as far as it was not acknowledged earlier; compiled and interpreted agree."""
    made = random_trace(random.Random(seed))
    found = acknowledged(made)
    for sent, ack, source in zip(found.sent.tolist(), found.ack.tolist(), found.source.tolist(), strict=True):
        assert sent < ack and made.direction[sent] != made.direction[ack]
        assert made.acked[ack] > made.start[sent] and not made.flags[sent] & RST
        assert (source == Source.HANDSHAKE) == bool(made.flags[sent] & SYN)
        if source in (Source.SEQUENCE, Source.BOTH):
            theirs = (made.direction == made.direction[ack]) & (made.flags & RST == 0)
            edge = max([NO_ACK, *made.acked[:ack][theirs[:ack]].tolist()])
            mine = np.flatnonzero((made.direction[:ack] == made.direction[sent]) & (made.flags[:ack] & RST == 0))
            before = mine[made.end[mine] > np.maximum(made.start[mine], edge)]
            overlap = (made.start[before] < made.end[sent]) & (made.end[before] > made.start[sent])
            assert before[overlap].tolist() == [sent]
    other = interpreted(compiled.__name__).acknowledged(made)
    assert [column.tolist() for column in found] == [column.tolist() for column in other]
    pairs = interpreted(echo.__name__).pairs(made)
    assert [column.tolist() for column in echo.pairs(made)] == [column.tolist() for column in pairs]
