"""Whether a segment had to be sent again."""

from __future__ import annotations

import pytest

from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.flow.tcp.ledger.verdict import Need
from tests.flow.tcp.ledger.path import PLACES, Ids, confidence, no_ids, own_ids, proof, seen

HELLO = """
    0    c S
    10   s SA
    20   c A
    30   c A 0+100
    40   s A ack 100
"""
everywhere = pytest.mark.parametrize("where", PLACES)


def needs(text: str, where: str, stamps: bool = True, ids: Ids = own_ids, sack: bool | None = True) -> dict[int, str]:
    """Need of each retransmission."""
    judged = judge(seen(text, where, stamps=stamps, ids=ids, sack=sack)[0])
    return {
        int(judged.trace.frame[row]): Need(need).name.lower() for row, need in enumerate(judged.segments.need.tolist()) if need
    }


class TestNeeded:
    STORY = (
        HELLO
        + """
    50   c A 100+100 lost {}
    50.1 c A 200+100
    60.1 s A ack 100 sack 200-300
    75.1 c A 100+100
    85.1 s A ack 300
    """
    )

    @everywhere
    @pytest.mark.parametrize("lost", [0.2, 0.7])
    @pytest.mark.parametrize("stamps", [True, False])
    def test_lost(self, where: str, lost: float, stamps: bool) -> None:
        assert needs(self.STORY.format(lost), where, stamps) == {9: "needed"}

    def test_echo_is_good_proof(self) -> None:
        assert confidence(judge(seen(self.STORY.format(0.7), "sender")[0]), 9) == "high"
        assert confidence(judge(seen(self.STORY.format(0.7), "sender", stamps=False, ids=no_ids)[0]), 9) == "medium"

    @pytest.mark.parametrize("where", ["sender", "middle"])
    def test_the_last_copy_alone_arrived(self, where: str) -> None:
        """Its echo says that none of those before did."""
        assert needs(HELLO + """
    50   c A 100+100 lost 0.7
    275  c A 100+100 lost 0.7
    735  c A 100+100
    745  s A ack 200
    """, where) == {7: "needed", 8: "needed"}  # fmt: skip


class TestNeedless:
    ANSWER_LOST = (
        HELLO
        + """
    50   c A 100+100
    60   s A ack 200 lost {0}
    300  c A 100+100
    310  s A ack 200 sack 100-200{1}
    320  c A 200+100
    330  s A ack 300
    """
    )

    @everywhere
    def test_eifel(self, where: str) -> None:
        """RFC 3522: the answer echoes the original."""
        story = (
            HELLO
            + """
    50   c A 100+100
    60   s A ack 200 late 250
    300  c A 100+100
    310  s A ack 200 sack 100-200 late 20
    340  c A 200+100
    350  s A ack 300
    """
        )
        assert needs(story, where)[8] in ("needless", "needless_crossing")

    @everywhere
    def test_dsack_and_an_older_echo(self, where: str) -> None:
        """The original is echoed again (RFC 7323: its repetition lies below the edge)."""
        assert needs(self.ANSWER_LOST.format(0.2, " ts 9310/1050"), where)[8].startswith("needless")

    @everywhere
    def test_dsack_alone(self, where: str) -> None:
        """RFC 3708: bytes came twice; without stamps the first acknowledgment that shows them reports it."""
        assert needs(self.ANSWER_LOST.format(0.2, ""), where, stamps=False)[8].startswith("needless")

    @everywhere
    def test_dsack_in_the_first_answer(self, where: str) -> None:
        """It echoes the copy, which ended at the edge; yet the bytes had come before it, or they would not have come twice."""
        assert needs(self.ANSWER_LOST.format(0.2, ""), where)[8].startswith("needless")

    def test_acknowledged_before(self) -> None:
        """The sender knew it."""
        story = (
            HELLO
            + """
    50   c A 100+100
    60   s A ack 200
    300  c A 100+100
    310  s A ack 200 sack 100-200
    """
        )
        assert needs(story, "sender") == {8: "needless"}
        assert proof(judge(seen(story, "sender")[0]), 8)[:2] == [6, 7]

    def test_crossing(self) -> None:
        """The acknowledgment had passed here, and was on its way when the copy left."""
        assert needs(HELLO + """
    50   c A 100+100
    60   s A ack 200 late 230
    299  c A 100+100
    309  s A ack 200 sack 100-200
    """, "receiver") == {8: "needless_crossing"}  # fmt: skip

    @everywhere
    def test_sacked_before(self, where: str) -> None:
        found = needs(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    50.2 c A 300+100
    60.1 s A ack 100 sack 200-300
    60.2 s A ack 100 sack 200-400
    500  c A 100+100
    500.1 c A 200+100
    510  s A ack 400
    510.1 s A ack 400 sack 200-300
    """, where)  # fmt: skip
        assert found == {11: "needed", 12: "needless"}

    def test_answer_too_early(self) -> None:
        """5 ms after the copy left, where an answer takes 20: the original was answered."""
        story = (
            HELLO
            + """
    50   c A 100+100
    60   s A ack 200 late 210
    275  c A 100+100
    285  s A ack 200
    """
        )
        assert needs(story, "sender", stamps=False, ids=no_ids, sack=False) == {8: "needless"}

    def test_at_the_receiver_what_was_seen_has_arrived(self) -> None:
        assert needs(self.ANSWER_LOST.format(0.2, ""), "receiver", stamps=False, ids=no_ids)[8] == "needless"

    @pytest.mark.parametrize("where", ["sender", "middle"])
    def test_without_sack_by_silent_acknowledgments(self, where: str) -> None:
        """RFC 9293 section 3.10.7.4: each segment that comes a second time is answered with what was said before."""
        assert needs(HELLO + """
    50   c A 100+100
    50.1 c A 200+100
    60   s A ack 200 late 226
    60.1 s A ack 300 late 226
    275  c A 100+100
    285  s A ack 300 late 2
    """, where, stamps=False, sack=False) == {10: "needless"}  # fmt: skip


class TestPremature:
    """The original arrived after all, but behind its copy."""

    STORY = (
        HELLO
        + """
    50   c A 100+100 late 250
    275  c A 100+100
    285  s A ack 200
    310  s A ack 200 sack 100-200
    320  c A 200+100
    330  s A ack 300
    """
    )

    @everywhere
    @pytest.mark.parametrize("stamps", [True, False])
    def test_late_original(self, where: str, stamps: bool) -> None:
        """At the sender the echo of the copy and a D-SACK that comes later say it."""
        assert needs(self.STORY, where, stamps)[7] == "premature"

    def test_silent_report_without_sack(self) -> None:
        story = self.STORY.replace(" sack 100-200", "")
        assert needs(story, "receiver", sack=False)[7] == "premature"
        assert needs(story, "sender", sack=False)[7] in ("premature", "needed")  # only order could tell

    def test_report_of_a_doubled_packet_is_no_proof(self) -> None:
        """The network doubled the first packet; the D-SACK is about that one."""
        found = needs("""
    0    c S
    10   s SA
    20   c A
    30   c A 0+100
    30   c A 0+100 from 0.2 ipid 102 ts 1030/9010
    40   s A ack 100
    40.1 s A ack 100 sack 0-100
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    60.1 s A ack 100 sack 200-300
    75.1 c A 100+100
    85.1 s A ack 300
    """, "middle")  # fmt: skip
        assert found == {11: "needed"}


class TestUnknown:
    def test_no_answer_at_all(self) -> None:
        assert needs(HELLO + "50 c A 100+100\n275 c A 100+100\n735 c A 100+100", "sender") == {7: "unknown", 8: "unknown"}

    def test_confidence_is_not_high(self) -> None:
        judged = judge(seen(HELLO + "50 c A 100+100\n275 c A 100+100", "sender")[0])
        assert confidence(judged, 7) in ("low", "medium")
