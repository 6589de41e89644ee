"""What was lost before the capture point without leaving a hole: identifications that are missing betray it."""

from __future__ import annotations

import random

import pytest

from analyzer.flow.tcp.ledger.ledger import judge
from tests.flow.tcp.ledger.path import PLACES, Ids, check, going_on, no_ids, own_ids, proof, seen, told

TAIL = going_on("""
    30   c A 0+100
    40   s A ack 100
    50   c A 100+100
    50.1 c A 200+100 lost 0.2
    60   s A ack 200
    110  c A 200+100            = retransmission tlp needed lost_downstream | {up} | {up}
    120  s A ack 300
""").replace("{up}", "retransmission tlp needed lost_upstream")
FIN = TAIL.replace("c A 1200+100", "c FA 1200+0").replace("ack 1300", "ack 1201")
BEHIND = TAIL.replace("lost 0.2", "lost 0.7").replace(
    "lost_downstream | retransmission tlp needed lost_upstream", "lost_downstream | {}", 1
)
BEHIND = BEHIND.format("retransmission tlp needed lost_downstream")


def swapped(side: str, sent: int) -> int:
    """A counter in the byte order of a little-endian machine."""
    number = own_ids(side, sent)
    return (number & 0xFF) << 8 | number >> 8


def wrapping(side: str, sent: int) -> int:
    return (own_ids(side, sent) - 104) & 0xFFFF


def shared(seed: int) -> Ids:
    """A counter for all connections of a host: what is missing went elsewhere."""
    chance = random.Random(seed)
    numbers = [300]
    numbers += [numbers[-1] + chance.choice((1, 2, 3, 5, 9)) for _ in range(99)]
    for at in range(1, 100):
        numbers[at] = numbers[at - 1] + chance.choice((1, 2, 3, 5, 9))
    return lambda side, sent: numbers[sent]


def constant(side: str, sent: int) -> int:
    return 0


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("ids", [own_ids, swapped, wrapping])
class TestOwnCounter:
    def test_tail(self, where: str, ids: Ids) -> None:
        check(TAIL, where, ids=ids)

    def test_fin(self, where: str, ids: Ids) -> None:
        check(FIN, where, ids=ids)

    def test_behind_the_middle(self, where: str, ids: Ids) -> None:
        check(BEHIND, where, ids=ids)


def test_proof_is_the_packet_before_the_lost_one() -> None:
    assert proof(check(TAIL, "receiver"), 29) == [26]


@pytest.mark.parametrize("ids", [no_ids, constant, *map(shared, range(5))])
@pytest.mark.parametrize("where", ["middle", "receiver"])
def test_without_a_counter_of_its_own_nothing_is_claimed(where: str, ids: Ids) -> None:
    made, _ = seen(TAIL, where, ids=ids)
    assert told(judge(made)) == {}


@pytest.mark.parametrize("where", ["middle", "receiver"])
def test_hosts_that_count_for_all_connections(where: str) -> None:
    """Windows: hop limit 128, seldom time stamps. Few packets do not show that others count, too."""
    made, _ = seen(TAIL, where, stamps=False)
    assert told(judge(made)) == {}
    made, _ = seen(TAIL, where)
    made.ttl += 64
    assert told(judge(made)) == {}


class TestNothingWasLost:
    @pytest.mark.parametrize("where", PLACES)
    def test_idle_sender(self, where: str) -> None:
        check(going_on("""
    30   c A 0+100
    40   s A ack 100
    50   c A 100+100
    60   s A ack 200
    5000 c A 200+100
    5010 s A ack 300
    """), where)  # fmt: skip

    @pytest.mark.parametrize("where", PLACES)
    def test_lost_acknowledgments_of_the_sender(self, where: str) -> None:
        """c acknowledges data of s; two of these are lost upstream, and c sends data a while later."""
        check(going_on("""
    30   c A 0+100
    40   s A ack 100
    40.1 s A 0+100 ack 100
    50.1 c A 100+0 ack 100
    60   s A 100+100 ack 100
    70   c A 100+0 ack 200 lost 0.2
    80   s A 200+100 ack 100
    90   c A 100+0 ack 300
    95   s A 300+100 ack 100
    105  c A 100+0 ack 400 lost 0.2
    150  c A 100+100 ack 400
    160  s A 400+0 ack 200
    """), where)  # fmt: skip

    @pytest.mark.parametrize("where", PLACES)
    def test_overtaken_acknowledgment(self, where: str) -> None:
        """Its identification is missing for a while only."""
        check(going_on("""
    30   c A 0+100
    40   s A 0+100 ack 100
    50   c A 100+0 ack 100 late 40    = - | old_ack | old_ack
    85   c A 100+100 ack 100
    95   s A 100+0 ack 200
    105  c A 200+100 ack 100
    115  s A 100+0 ack 300
    """), where)  # fmt: skip

    def test_repair_of_an_open_hole(self) -> None:
        check(going_on("""
    30   c A 0+100
    30.1 c A 100+100 lost 0.2
    30.2 c A 200+100                     = - | gap_open lost_upstream | gap_open lost_upstream
    30.3 c A 300+100
    30.4 c A 400+100
    40   s A ack 100
    40.2 s A ack 100 sack 200-300
    40.3 s A ack 100 sack 200-400
    40.4 s A ack 100 sack 200-500
    50.5 c A 100+100 lost 0.2
    50.6 c A 500+100
    50.7 c A 600+100
    60.6 s A ack 100 sack 200-600
    60.7 s A ack 100 sack 200-700
    76   c A 100+100                     = - | - | retransmission fast_retransmit needed lost_upstream
    86   s A ack 700
    """), "receiver")  # fmt: skip


class TestWholeTail:
    """All that was on its way is lost, and sent again after a timeout, acknowledgment by acknowledgment."""

    STORY = going_on("""
    30   c A 0+100 lost {}
    30.1 c A 100+100 lost {}
    30.2 c A 200+100 lost {}
    30.3 c A 300+100 lost {}
    255  c A 0+100        = retransmission rto needed {}
    265  s A ack 100
    275  c A 100+100      = retransmission rto_recovery needed {}
    275.1 c A 200+100     = retransmission rto_recovery needed {}
    285  s A ack 200
    285.1 s A ack 300
    295  c A 300+100      = retransmission rto_recovery needed {}
    305  s A ack 400
    """)

    @pytest.mark.parametrize("stamps", [True, False])
    @pytest.mark.parametrize("where", ["sender", "middle"])
    def test_behind_the_capture_point(self, where: str, stamps: bool) -> None:
        check(self.STORY.format(*[0.7] * 4, *["lost_downstream"] * 4), where, stamps=stamps)

    @pytest.mark.parametrize("where", ["middle", "receiver"])
    def test_before_it(self, where: str) -> None:
        check(self.STORY.format(*[0.2] * 4, *["lost_upstream"] * 4), where)
