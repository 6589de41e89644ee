"""Why bytes were missing at the capture point."""

from __future__ import annotations

import pytest

from analyzer.flow.tcp.ledger.hole import COMPLAINTS
from analyzer.flow.tcp.ledger.ledger import Judged, judge
from analyzer.flow.tcp.ledger.verdict import HoleCause, word
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.path import PLACES, confidence, proof, seen

HELLO = ("0 c S ts 1/0", "10 s SA ts 1/1", "20 c A ts 21/1", "30 c A 0+100 ts 31/1")
GAP = (*HELLO, "30.2 c A 200+100 ts 31/1")


def causes(*ladder: str) -> dict[int, str]:
    return of(judge(trace(*ladder)))


def of(judged: Judged) -> dict[int, str]:
    """Hole cause by frame."""
    found = zip(judged.trace.frame.tolist(), judged.segments.hole.tolist(), strict=True)
    return {frame: str(word(HoleCause(cause))) for frame, cause in found if cause}


class TestUnfilled:
    def test_capture_loss(self) -> None:
        """Acknowledged at once: only the capture does not have it."""
        ladder = (*GAP, "50 s A ack 300 ts 50/31")
        assert causes(*ladder) == {5: "capture_loss"}
        assert proof(judge(trace(*ladder)), 5) == [6]
        assert confidence(judge(trace(*ladder)), 5) == "high"

    def test_two_holes_of_one_burst(self) -> None:
        assert causes(*GAP, "30.3 c A 400+100 ts 31/1", "50 s A ack 500 ts 50/31") == {5: "capture_loss", 6: "capture_loss"}

    def test_filler_missed(self) -> None:
        """The receiver complained, and then it had the bytes."""
        ladder = (*GAP, "50 s A ack 100 sack 200-300 ts 50/31", "70 s A ack 300 ts 70/51")
        assert causes(*ladder) == {5: "filler_missed"}
        assert proof(judge(trace(*ladder)), 5) == [7]

    def test_filler_missed_without_sack(self) -> None:
        ladder = (
            "39 s A ack 100 ts 39/31",
            *GAP[4:],
            "50 s A ack 100 ts 39/31",
            "51 s A ack 100 ts 39/31",
            "70 s A ack 300 ts 70/51",
        )
        assert causes(*HELLO, *ladder)[6] == "filler_missed"

    def test_complaint_about_another_hole(self) -> None:
        """It was about the one above; this one had been acknowledged."""
        ladder = (*GAP, "30.3 c A 400+100 ts 31/1", "50 s A ack 300 sack 400-500 ts 50/31", "70 s A ack 500 ts 70/51")
        assert causes(*ladder) == {5: "capture_loss", 6: "filler_missed"}

    def test_unresolved(self) -> None:
        assert causes(*GAP) == {5: "unresolved"}
        assert causes(*GAP, "50 s A ack 100 sack 200-300 ts 50/31") == {5: "unresolved"}
        assert confidence(judge(trace(*GAP)), 5) == "medium"

    def test_before_the_capture_began(self) -> None:
        """No SYN: what lies below the first byte is no hole."""
        assert causes("0 c A 5000+100", "1 s A ack 5100") == {}

    def test_search_for_complaints_is_bounded(self) -> None:
        repeated = [f"{40 + i / 1000} s A ack 100 win {60000 + i % 2} ts 40/31" for i in range(COMPLAINTS)]
        late = ("50 s A ack 100 sack 200-300 ts 50/31", "60 s A ack 300 ts 60/31")
        assert causes(*GAP, *repeated[1:], *late)[5] == "filler_missed"
        assert causes(*GAP, *repeated, *late)[5] == "capture_loss"


class TestFilled:
    def test_by_one_that_was_overtaken(self) -> None:
        assert causes(*GAP, "30.3 c A 100+100 ts 31/1 ipid 5") == {5: "reordering"}

    def test_by_a_repair(self) -> None:
        ladder = (*GAP, "30.4 s A ack 100 sack 200-300 ts 30/31", "50.5 c A 100+100 ts 51/30", "50.7 s A ack 300 ts 50/51")
        assert causes(*ladder) == {5: "lost_upstream", 7: "lost_upstream"}

    def test_in_part(self) -> None:
        """The first half was sent again; the rest was acknowledged, and never seen."""
        ladder = (*GAP, "30.4 s A ack 100 sack 200-300 ts 30/31", "50.5 c A 100+50 ts 51/30", "50.7 s A ack 300 ts 50/51")
        assert causes(*ladder)[5] in ("lost_upstream", "filler_missed")

    def test_by_several(self) -> None:
        ladder = (*HELLO, "30.2 c A 300+100 ts 31/1", "30.4 s A ack 100 sack 300-400 ts 30/31", "50.5 c A 100+100 ts 51/30")
        more = ("50.6 c A 200+100 ts 51/30", "50.7 s A ack 400 ts 50/51")
        assert causes(*ladder, *more) == {5: "lost_upstream", 7: "lost_upstream", 8: "lost_upstream"}


class TestWhere:
    STORY = """
    0    c S
    10   s SA
    20   c A
    30   c A 0+100
    30.1 c A 100+100 lost 0.7
    30.2 c A 200+100
    40   s A ack 100
    40.2 s A ack 100 sack 200-300
    55.5 c A 100+100
    65.5 s A ack 300
    """

    @pytest.mark.parametrize("where", PLACES)
    def test_up_or_down(self, where: str) -> None:
        found = of(judge(seen(self.STORY, where)[0]))
        assert found == ({6: "lost_upstream", 9: "lost_upstream"} if where == "receiver" else {9: "lost_downstream"})

    def test_what_was_not_needed_was_not_lost(self) -> None:
        story = (
            self.STORY.replace(" lost 0.7", "")
            .replace("100 sack 200-300", "300")
            .replace("65.5 s A ack 300", "65.5 s A ack 300 sack 100-200")
        )
        assert of(judge(seen(story, "sender")[0])) == {}
