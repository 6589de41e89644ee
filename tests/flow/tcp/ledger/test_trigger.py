"""Why a segment was sent again."""

from __future__ import annotations

import pytest

from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.flow.tcp.ledger.verdict import Kind, Trigger
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.path import PLACES, Ids, check, going_on, no_ids, own_ids, proof, seen, told

HELLO = """
    0    c S
    10   s SA
    20   c A
    30   c A 0+100
    40   s A ack 100
"""
everywhere = pytest.mark.parametrize("where", PLACES)
inside = pytest.mark.parametrize("where", ["sender", "middle"])


def triggers(text: str, where: str, stamps: bool = True, ids: Ids = own_ids, sack: bool | None = True) -> dict[int, str]:
    """Trigger of each retransmission."""
    judged = judge(seen(text, where, stamps=stamps, ids=ids, sack=sack)[0])
    return {
        int(judged.trace.frame[row]): Trigger(trigger).name.lower()
        for row, trigger in enumerate(judged.segments.trigger.tolist())
        if trigger
    }


class TestHandshake:
    @inside
    def test_syn(self, where: str) -> None:
        """RFC 6298 section 2.1: after a second, then twice as long."""
        check("""
    0    c S lost 0.7
    1000 c S lost 0.7         = retransmission syn_timer needed lost_downstream
    3000 c S                  = retransmission syn_timer needed lost_downstream
    3010 s SA
    3020 c A
    3030 c A 0+100
    3040 s A ack 100
    """, where)  # fmt: skip

    @everywhere
    def test_answer_lost(self, where: str) -> None:
        """The second SYN/ACK answers the second SYN, and echoes the first (Linux): the capture sees that one was lost."""
        check("""
    0    c S
    10   s SA lost 0.2
    1000 c S                   = retransmission syn_timer needless
    1010 s SA ts 10010/1000    = {} | {} | retransmission synack_timer needed lost_downstream
    1020 c A
    1030 c A 0+100
    1040 s A ack 100
    """.format(*["retransmission synack_timer needed lost_upstream"] * 2), where)  # fmt: skip

    @everywhere
    def test_third_ack_lost(self, where: str) -> None:
        check("""
    0    c S
    10   s SA
    20   c A lost 0.7
    1010 s SA                  = retransmission synack_timer needless
    1020 c A ts 2020/9010
    1030 c A 0+100 ts 2030/9010
    1040 s A ack 100
    """, where)  # fmt: skip


class TestFast:
    THREE = (
        HELLO
        + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    50.2 c A 300+100
    50.3 c A 400+100
    60.1 s A ack 100{0}
    60.2 s A ack 100{1}
    60.3 s A ack 100{2}
    70.4 c A 100+100
    80.4 s A ack 500
    """
    )
    SACKED = THREE.format(" sack 200-300", " sack 200-400", " sack 200-500")
    SILENT = THREE.format("", "", "")

    @everywhere
    @pytest.mark.parametrize("stamps", [True, False])
    def test_sack(self, where: str, stamps: bool) -> None:
        assert triggers(self.SACKED, where, stamps) == {13: "fast_retransmit"}

    @everywhere
    @pytest.mark.parametrize("stamps", [True, False])
    def test_three_duplicates(self, where: str, stamps: bool) -> None:
        """RFC 5681 section 3.2."""
        assert triggers(self.SILENT, where, stamps, sack=False) == {13: "fast_retransmit"}

    @everywhere
    def test_two_are_too_few_without_sack(self, where: str) -> None:
        two = "\n".join(line for line in self.SILENT.splitlines() if "400+100" not in line and "60.3" not in line)
        assert triggers(two, where, sack=False) == {11: "unknown"}

    @everywhere
    def test_rack(self, where: str) -> None:
        """RFC 8985 section 6.2: one SACK, and the reordering window is over."""
        assert triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    60.1 s A ack 100 sack 200-300
    75.1 c A 100+100
    85.1 s A ack 300
    """, where) == {9: "fast_retransmit"}  # fmt: skip

    def test_proof_is_the_acknowledgment(self) -> None:
        assert 12 in proof(judge(seen(self.SACKED, "sender")[0]), 13)

    @everywhere
    def test_further_holes(self, where: str) -> None:
        """RFC 6675 section 5: one episode."""
        assert triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    50.2 c A 300+100 lost 0.7
    50.3 c A 400+100
    50.4 c A 500+100
    60.1 s A ack 100 sack 200-300
    60.3 s A ack 100 sack 400-500,200-300
    60.4 s A ack 100 sack 400-600,200-300
    70.5 c A 100+100
    70.6 c A 300+100
    80.5 s A ack 300 sack 400-600
    80.6 s A ack 600
    """, where) == {14: "fast_retransmit", 15: "fast_recovery"}  # fmt: skip

    @everywhere
    def test_partial_acknowledgment(self, where: str) -> None:
        """RFC 6582: without SACK it shows the next hole."""
        assert triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    50.2 c A 300+100 lost 0.7
    50.3 c A 400+100
    50.4 c A 500+100
    60.1 s A ack 100
    60.3 s A ack 100
    60.4 s A ack 100
    70.5 c A 100+100
    80.5 s A ack 300
    90.5 c A 300+100
    100.5 s A ack 600
    """, where, sack=False) == {14: "fast_retransmit", 16: "fast_recovery"}  # fmt: skip

    @inside
    def test_repair_lost_again(self, where: str) -> None:
        """RACK sees that what was sent after the repair arrived: no timeout."""
        found = triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    50.2 c A 300+100
    50.3 c A 400+100
    60.1 s A ack 100 sack 200-300
    60.2 s A ack 100 sack 200-400
    60.3 s A ack 100 sack 200-500
    70.4 c A 100+100 lost 0.7
    70.5 c A 500+100
    80.5 s A ack 100 sack 200-600
    95.5 c A 100+100
    105.5 s A ack 600
    """, where)  # fmt: skip
        assert found[13] == "fast_retransmit"
        assert found[16] in ("fast_retransmit", "fast_recovery")


class TestTimeout:
    @inside
    @pytest.mark.parametrize("ids", [own_ids, no_ids])
    def test_backoff(self, where: str, ids: Ids) -> None:
        """RFC 6298 section 5.5: each is a timeout of its own."""
        story = (
            HELLO
            + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100 lost 0.7
    275  c A 100+100 lost 0.7
    735  c A 100+100 lost 0.7
    1655 c A 100+100
    1665 s A ack 200
    1675 c A 200+100
    1685 s A ack 300
    """
        )
        expected = {8: "rto", 9: "rto", 10: "rto", 12: "rto_recovery"}
        assert triggers(story, where, ids=ids) == expected
        assert triggers(story, where, stamps=False, ids=ids, sack=False) == expected

    @inside
    def test_single_segment_without_sack(self, where: str) -> None:
        """There are no probes without SACK (RFC 8985 section 7.1)."""
        story = (
            HELLO
            + """
    50   c A 100+100 lost 0.7
    275  c A 100+100
    285  s A ack 200
    """
        )
        assert triggers(story, where, sack=False) == {7: "rto"}
        assert triggers(story, where) == {7: "tlp"}

    @inside
    def test_with_old_sack(self, where: str) -> None:
        """What was selectively acknowledged long ago is no reason now."""
        assert triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100
    60.1 s A ack 100 sack 200-300
    500  c A 100+100
    510  s A ack 300
    """, where) == {9: "rto"}  # fmt: skip

    @inside
    def test_probe_then_timeouts(self, where: str) -> None:
        assert triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100 lost 0.7
    100  c A 200+100 lost 0.7
    340  c A 100+100
    350  s A ack 200
    360  c A 200+100
    370  s A ack 300
    """, where) == {8: "tlp", 9: "rto", 11: "rto_recovery"}  # fmt: skip

    @inside
    def test_new_trouble_is_a_new_episode(self, where: str) -> None:
        assert triggers(HELLO + """
    50   c A 100+100 lost 0.7
    50.1 c A 200+100 lost 0.7
    275  c A 100+100
    285  s A ack 200
    295  c A 200+100
    305  s A ack 300
    315  c A 300+100 lost 0.7
    315.1 c A 400+100
    315.2 c A 500+100
    315.3 c A 600+100
    325.1 s A ack 300 sack 400-500
    325.2 s A ack 300 sack 400-600
    325.3 s A ack 300 sack 400-700
    335.4 c A 300+100
    345.4 s A ack 700
    """, where) == {8: "rto", 10: "rto_recovery", 19: "fast_retransmit"}  # fmt: skip


class TestProbe:
    @everywhere
    @pytest.mark.parametrize("stamps", [True, False])
    def test_then_recovery(self, where: str, stamps: bool) -> None:
        """RFC 8985 section 7: the probe repeats the last segment, and its SACK starts the recovery of those before it."""
        found = triggers(going_on("""
    30   c A 0+100
    40   s A ack 100
    50   c A 100+100 lost 0.7
    50.1 c A 200+100 lost 0.7
    50.2 c A 300+100 lost 0.7
    100  c A 300+100
    110  s A ack 100 sack 300-400
    120.1 c A 100+100
    120.2 c A 200+100
    130.1 s A ack 200 sack 300-400
    130.2 s A ack 400
    """), where, stamps)  # fmt: skip
        probe = {29: "tlp"} if stamps or where != "receiver" else {}  # only time stamps tell that the counter is its own
        assert found == {**probe, 31: "fast_retransmit", 32: "fast_recovery"}

    @inside
    def test_answered_and_the_next_one(self, where: str) -> None:
        """Each flight may have one."""
        assert triggers(HELLO + """
    50   c A 100+100
    50.1 c A 200+100 lost 0.7
    60   s A ack 200
    100  c A 200+100
    110  s A ack 300
    120  c A 300+100
    120.1 c A 400+100 lost 0.7
    130  s A ack 400
    170  c A 400+100
    180  s A ack 500
    """, where) == {9: "tlp", 14: "tlp"}  # fmt: skip


class TestUnknown:
    @everywhere
    def test_no_reason_and_no_time(self, where: str) -> None:
        """1 ms after it was sent, more behind it: nobody had a reason."""
        judged = judge(seen(HELLO + """
    50   c A 100+100
    50.1 c A 200+100
    51   c A 100+100
    60   s A ack 200
    60.1 s A ack 300
    61   s A ack 300 sack 100-200
    """, where)[0])  # fmt: skip
        assert told(judged)[8].startswith("retransmission unknown needless")


def test_only_retransmissions_have_one() -> None:
    judged = judge(trace("0 c S", "1 s SA", "2 c A", "3 c A 0+10", "3.1 c A 20+10", "3.2 c A 10+10", "4 s A ack 30"))
    assert ((judged.segments.trigger != Trigger.NONE) <= (judged.segments.kind == Kind.RETRANSMISSION)).all()
