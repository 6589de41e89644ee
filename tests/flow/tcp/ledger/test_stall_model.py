"""The stall ledger against a receiver that keeps book byte by byte (receiver.py)."""

from random import Random

import pytest

from analyzer.flow.tcp.ledger.stall import stalls
from analyzer.flow.tcp.ledger.stall_record import Stall
from tests.flow.tcp.ledger.receiver import TURN, Waited, captured, scenario

PATTERNS = 10_000


def counted(one: Stall) -> tuple[int, int | None, int]:
    """Bytes held at most, summed up (of a stall that ended), and released."""
    return one.bytes_held, one.held_byte_ns if one.ended else None, one.released


def true(one: Waited) -> tuple[int, int | None, int]:
    return one.most, None if one.end is None else one.area, one.released


def test_arrivals_at_the_receiver_are_told_exactly() -> None:
    random = Random(1)
    waited = 0
    for _ in range(PATTERNS // 2):
        stamps = random.random() < 0.5
        happened = scenario(random, sack=False, stamps=stamps)
        found = stalls(*captured(happened, random, share=1, stamps=stamps))
        assert [
            (one.start_ns, one.end_ns, counted(one), [(hole.missing_from, hole.missing_to, hole.opened_ns) for hole in one.holes])
            for one in found
        ] == [(one.start, one.end, true(one), one.holes) for one in happened.waited]
        assert {one.seen_by for one in found} <= {"gap"}
        waited += len(found)
    assert waited > PATTERNS // 4


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("blocks", [3, 4])
def test_acknowledgments_with_sack_tell_the_duration_exactly(share: float, blocks: int) -> None:
    random = Random(2 + blocks)
    waited = 0
    for _ in range(PATTERNS // 12):
        stamps = random.random() < 0.5
        happened = scenario(random, blocks, stamps=stamps)
        found = stalls(*captured(happened, random, share, stamps=stamps))
        assert [(one.duration_ns, counted(one)) for one in found] == [
            (None if one.end is None else one.end - one.start, true(one)) for one in happened.waited
        ]
        for one, was in zip(found, happened.waited, strict=True):
            assert one.seen_by == "sack"
            assert one.shift_ns is not None
            assert abs(one.start_ns - one.shift_ns - was.start) <= TURN
            assert [hole[:2] for hole in was.holes] == [(hole.missing_from, hole.missing_to) for hole in one.holes]
        waited += len(found)
    assert waited > PATTERNS // 24


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_with_lost_acknowledgments_nothing_is_made_up(share: float) -> None:
    random = Random(3)
    told = 0
    for _ in range(PATTERNS // 20):
        happened = scenario(random)
        for one in stalls(*captured(happened, random, share, ack_loss=0.3)):
            told += 1
            start = one.start_ns - (one.shift_ns or 0) - TURN
            end = one.end_ns - (one.shift_ns or 0) + TURN if one.end_ns is not None else 1 << 62
            assert any(was.start <= end and (was.end is None or was.end >= start) for was in happened.waited)
    assert told > PATTERNS // 40
