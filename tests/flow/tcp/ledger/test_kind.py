"""What a segment is to those before it, wherever it is captured."""

from __future__ import annotations

import pytest

from analyzer.flow.tcp.ledger.kind import REORDER_NS
from analyzer.flow.tcp.ledger.ledger import judge
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.path import PLACES, check, confidence, no_ids, proof, seen, told

HELLO = """
    0    c S
    10   s SA
    20   c A
"""
LOST = (
    HELLO
    + """
    30   c A 0+100
    30.1 c A 100+100 lost 0.2
    30.2 c A 200+100         = - | gap_open lost_upstream | gap_open lost_upstream
    30.3 c A 300+100
    30.4 c A 400+100
    40   s A ack 100
    40.2 s A ack 100 sack 200-300
    40.3 s A ack 100 sack 200-400
    40.4 s A ack 100 sack 200-500
    50.5 c A 100+100         = retransmission fast_retransmit needed lost_downstream | {up} | {up}
    60.5 s A ack 500
""".replace("{up}", "retransmission fast_retransmit needed lost_upstream")
)
OVERTAKEN = (
    HELLO
    + """
    30   c A 0+100
    30.1 c A 100+100 late 5  = - | reordered | reordered
    30.2 c A 200+100         = - | gap_open reordering | gap_open reordering
    40   s A ack 100
    40.2 s A ack 100 sack 200-300
    45.1 s A ack 300
    56   c A 300+100
    66   s A ack 400
"""
)
DOUBLED = (
    HELLO
    + """
    30   c A 0+100
    30.1 c A 100+100
    30.2 c A 200+100
    33.1 c A 100+100 from 0.2 ipid 103 ts 1030/9010   = - | network_duplicate | network_duplicate
    40.1 s A ack 200
    40.2 s A ack 300
    43.1 s A ack 300 sack 100-200
    60   c A 300+100
    70   s A ack 400
"""
)
everywhere = pytest.mark.parametrize("where", PLACES)


@everywhere
@pytest.mark.parametrize("stamps", [True, False])
class TestEverywhere:
    def test_lost(self, where: str, stamps: bool) -> None:
        check(LOST, where, stamps=stamps)
        check(LOST, where, stamps=stamps, ids=no_ids)

    def test_overtaken(self, where: str, stamps: bool) -> None:
        check(OVERTAKEN, where, stamps=stamps)
        check(OVERTAKEN, where, stamps=stamps, ids=no_ids)

    def test_doubled_by_the_network(self, where: str, stamps: bool) -> None:
        check(DOUBLED, where, stamps=stamps)

    def test_slow_and_fast_paths(self, where: str, stamps: bool) -> None:
        """All times of a story ten times as long."""
        longer = "".join(
            f"{float(line.split()[0]) * 10} {line.split(None, 1)[1]}\n" for line in LOST.splitlines() if line.strip()
        )
        check(longer, where, way=100, stamps=stamps)


class TestProof:
    def test_filler_and_gap_prove_each_other(self) -> None:
        judged = check(LOST, "receiver")
        assert proof(judged, 6) == [13]
        assert 6 in proof(judged, 13)
        assert confidence(judged, 13) == "high"

    def test_repair_names_the_copy_that_was_lost(self) -> None:
        assert 5 in proof(check(LOST, "sender"), 13)

    def test_without_stamps_and_identifications_time_tells(self) -> None:
        assert confidence(check(OVERTAKEN, "receiver", stamps=False, ids=no_ids), 5) == "low"
        assert confidence(check(OVERTAKEN, "receiver"), 5) == "high"


def said(*ladder: str, sack: bool | None = True) -> dict[int, str]:
    made = trace(*ladder)
    made.sack = sack
    return told(judge(made))


class TestTimeAlone:
    """Without time stamps and identifications: IPv6, and nothing but the order of the capture."""

    HOLE = ("0 c S ipid -1", "1 s SA ipid -1", "21 c A ipid -1", "30 c A 0+100 ipid -1", "30.1 c A 200+100 ipid -1")

    def test_filled_before_the_complaint_can_have_come_back(self) -> None:
        fill = ("30.2 s A ack 100 sack 200-300 ipid -1", "40 c A 100+100 ipid -1", "41 s A ack 300 ipid -1")
        assert said(*self.HOLE, *fill) == {5: "gap_open reordering", 7: "reordered"}

    def test_filled_a_round_trip_after_it(self) -> None:
        fill = ("30.2 s A ack 100 sack 200-300 ipid -1", "51 c A 100+100 ipid -1", "52 s A ack 300 ipid -1")
        assert said(*self.HOLE, *fill)[7].startswith("retransmission")

    def test_nobody_is_overtaken_for_so_long(self) -> None:
        late = 30.1 + REORDER_NS / 1e6 + 1
        assert said(*self.HOLE, f"{late} c A 100+100 ipid -1")[6].startswith("retransmission")
        assert said(*self.HOLE, f"{late - 2} c A 100+100 ipid -1")[6] == "reordered"


class TestLateOriginal:
    STORY = (
        HELLO
        + """
    30   c A 0+100
    40   s A ack 100
    50   c A 100+100 late 250          = - | late_original | late_original
    275  c A 100+100
    285  s A ack 200
    310  s A ack 200 sack 100-200
    320  c A 200+100
    330  s A ack 300
    """
    )

    @pytest.mark.parametrize("where", ["middle", "receiver"])
    def test_overtaken_by_its_repetition(self, where: str) -> None:
        judged = check(self.STORY.replace("275  c A 100+100", "275  c A 100+100  = retransmission tlp premature"), where)
        assert proof(judged, 6) == [7]
        assert confidence(judged, 6) == confidence(judged, 7) == "high"

    def test_identifications_alone_tell(self) -> None:
        check(
            self.STORY.replace("275  c A 100+100", "275  c A 100+100  = retransmission tlp premature"), "receiver", stamps=False
        )


class TestProbes:
    @everywhere
    def test_keep_alive(self, where: str) -> None:
        """With and without a byte (RFC 9293 section 3.8.4)."""
        story = (
            HELLO
            + """
    30     c A 0+100
    40     s A ack 100
    60000  c A 99+0           = keep_alive
    60010  s A ack 100
    120000 c A 99+1           = keep_alive
    120010 s A ack 100
    """
        )
        check(story, where)
        check(story, where, stamps=False, ids=no_ids, sack=False)

    @everywhere
    def test_probe_of_a_closed_window(self, where: str) -> None:
        check(HELLO + """
    30     c A 0+100
    40     s A ack 100 win 0
    300    c A 99+0           = window_probe
    310    s A ack 100 win 0
    800    c A 99+0           = window_probe
    810    s A ack 100 win 5000
    820    c A 100+100
    830    s A ack 200
    """, where)  # fmt: skip

    @everywhere
    def test_probe_with_a_byte_is_repeated(self, where: str) -> None:
        """RFC 9293 section 3.8.6.1: the byte is sent until it is accepted."""
        judged = judge(seen(HELLO + """
    30     c A 0+100
    40     s A ack 100 win 0
    300    c A 100+1
    310    s A ack 100 win 0
    800    c A 100+1
    810    s A ack 101 win 5000
    820    c A 101+100
    830    s A ack 201
    """, where)[0])  # fmt: skip
        assert told(judged)[8] == "window_probe"

    def test_probe_with_a_new_byte(self) -> None:
        assert said("0 c A 0+100", "1 s A ack 100 win 0", "300 c A 100+1", "301 s A ack 100 win 0") == {3: "window_probe"}

    def test_byte_that_was_never_acknowledged_is_no_keep_alive(self) -> None:
        assert said("0 c A 0+1", "300 c A 0+1", "320 s A ack 1")[2].startswith("retransmission")

    def test_keystroke_sent_again(self) -> None:
        """A keep-alive repeats the last byte, no other."""
        assert said("0 c A 0+1", "1 c A 1+1", "2 s A ack 2", "300 c A 0+1", "301 s A ack 2")[4].startswith("retransmission")

    def test_reset_is_none(self) -> None:
        assert said("0 c A 0+100", "1 s A ack 100", "9 c R 99+0") == {}


class TestOldAck:
    def test_overtaken_by_data(self) -> None:
        assert said("0 s A 0+100", "1 c A 0+50 ack 100", "4 c A 0+0 ack 100", "5 s A 100+0 ack 50") == {3: "old_ack"}

    def test_not_the_same_offset(self) -> None:
        assert said("0 s A 0+100", "1 c A 0+50 ack 100", "4 c A 50+0 ack 100") == {}


class TestMixed:
    """Old and new bytes in one segment: it is a retransmission for the old ones, and the new ones are seen."""

    def test_seen_before(self) -> None:
        found = said(
            "0 c S", "1 s SA", "21 c A", "30 c A 0+100", "300 c A 0+200", "301 s A ack 200", "310 c A 200+9", "311 s A ack 209"
        )
        assert found.keys() == {5}
        assert found[5].startswith("retransmission")

    def test_a_hole_and_new_ones(self) -> None:
        found = said(
            "0 c S ts 1/0", "1 s SA ts 1/1", "21 c A ts 22/1", "30 c A 0+100 ts 31/1", "30.1 c A 200+100 ts 31/1",
            "30.2 s A ack 100 sack 200-300 ts 30/31", "51 c A 100+300 ts 52/30", "51.1 s A ack 400 ts 51/52",
        )  # fmt: skip
        assert found == {5: "gap_open lost_upstream", 7: "retransmission fast_retransmit needed lost_upstream"}


class TestCaptureBegins:
    def test_data_before_its_begin(self) -> None:
        """What lies below the first byte seen was sent before."""
        assert said("0 c A 1000+100", "9 c A 500+100", "10 s A ack 1100")[2].split()[0] in ("retransmission", "reordered")

    def test_acknowledgment_of_unseen_data(self) -> None:
        assert said("0 s A ack 100", "1 c A 100+100", "2 s A ack 200") == {}

    def test_nothing_of_the_sender(self) -> None:
        assert said("0 s A ack 100", "1 s A ack 200", "2 s A ack 200") == {}
        assert said() == {}
