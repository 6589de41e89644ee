"""Which copy a report of bytes that came twice is about."""

from __future__ import annotations

import numpy as np

from analyzer.flow.tcp.ledger.position import position
from analyzer.flow.tcp.ledger.reports import REPORT_NS, Reports
from analyzer.flow.tcp.ledger.sender import sender
from tests.flow.tcp.ledger.making import trace

HELLO = ("0 c S", "20 s SA", "20.1 c A", "30 c A 0+100", "50 s A ack 100")
MS = 1_000_000


def reports(*ladder: str, copies: tuple[int, ...], doubled: tuple[tuple[int, int, int], ...] = ()) -> tuple[dict[int, int], bool]:
    """Frame of the report on each copy (a frame), and whether the network is taken to double packets."""
    made = trace(*HELLO, *ladder)
    one = sender(made, 0, position(made))
    found = Reports(one, np.array([frame - 1 for frame in copies], np.int64), list(doubled))
    about = {frame: found.of(frame - 1)[0] + 1 for frame in copies}
    return {frame: row for frame, row in about.items() if row > 0}, found.doubling


SENT = ("60 c A 100+100", "61 c A 200+100")


class TestDsack:
    def test_its_bytes_and_its_time(self) -> None:
        assert reports(*SENT, "300 c A 100+100", "320 s A ack 300 sack 100-200", copies=(8,)) == ({8: 9}, False)

    def test_too_early_or_too_late(self) -> None:
        early = "310 s A ack 300 sack 100-200"
        assert reports(*SENT, "300 c A 100+100", early, copies=(8,))[0] == {}
        late = f"{300 + 20 + REPORT_NS / MS + 1} s A ack 300 sack 100-200"
        assert reports(*SENT, "300 c A 100+100", late, copies=(8,))[0] == {}

    def test_each_about_one_copy_the_latest(self) -> None:
        ladder = ("300 c A 100+100", "400 c A 100+100", "500 s A ack 300 sack 100-200")
        assert reports(*SENT, *ladder, copies=(8, 9))[0] == {9: 10}
        assert reports(*SENT, *ladder, "501 s A ack 300 sack 100-200", copies=(8, 9))[0] == {8: 11, 9: 10}

    def test_a_part_of_the_copy(self) -> None:
        """A copy that brought new bytes too, or came as a longer segment."""
        assert reports(*SENT, "300 c A 100+200", "320 s A ack 300 sack 100-200", copies=(8,))[0] == {8: 9}
        assert reports(*SENT, "300 c A 100+100", "320 s A ack 300 sack 200-300", copies=(8,))[0] == {}

    def test_bytes_that_nobody_sent_again(self) -> None:
        """The network doubles packets."""
        assert reports(*SENT, "80 s A ack 300 sack 100-200", copies=()) == ({}, True)

    def test_known_duplicates_have_their_own(self) -> None:
        ladder = (*SENT, "300 c A 100+100", "320 s A ack 300 sack 100-200")
        doubled = ((62 * MS, 100, 200),)
        assert reports(*ladder, copies=(8,), doubled=doubled) == ({}, True)
        assert reports(*ladder, "321 s A ack 300 sack 100-200", copies=(8,), doubled=doubled)[0] == {8: 10}


class TestSilent:
    """Without SACK: an acknowledgment that says nothing new when nothing is missing."""

    COPY = (*SENT, "300 c A 100+100", "315 s A ack 300")

    def test_as_many_as_copies(self) -> None:
        assert reports(*self.COPY, "321 s A ack 300", copies=(8,))[0] == {8: 10}

    def test_too_few(self) -> None:
        assert (
            reports(*SENT, "300 c A 100+100", "300.1 c A 200+100", "315 s A ack 300", "321 s A ack 300", copies=(8, 9))[0] == {}
        )

    def test_window_update(self) -> None:
        assert reports(*self.COPY, "321 s A ack 300 win 9", copies=(8,))[0] == {}

    def test_with_payload(self) -> None:
        assert reports(*self.COPY, "321 s A 0+9 ack 300", copies=(8,))[0] == {}

    def test_something_is_outstanding(self) -> None:
        assert reports(*self.COPY, "316 c A 300+100", "321 s A ack 300", copies=(8,))[0] == {}

    def test_not_where_sack_would_tell(self) -> None:
        assert reports("55 s A ack 100 sack 0-100", *self.COPY, "321 s A ack 300", copies=(9,))[0] == {}


def test_nothing_said() -> None:
    assert reports(copies=()) == ({}, False)
