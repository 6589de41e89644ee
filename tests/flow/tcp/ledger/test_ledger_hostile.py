"""Connections that nobody has but who means harm: every list that a verdict grows is capped, and so is the time."""

from __future__ import annotations

import random
from collections.abc import Iterable

from analyzer.flow.tcp.ledger.ledger import Judged, judge
from analyzer.flow.tcp.ledger.trace import ACK, NONE, Trace
from analyzer.flow.tcp.ledger.unseen import MOST_HOLES
from analyzer.flow.tcp.ledger.verdict import MOST_PROOFS, Kind
from tests.flow.tcp.ledger.making import assembled
from tests.soon import soon

LIMIT = 20.0  #: seconds, of about 2 that these take: four times the packets of a quadratic loop would take longer
SIZE = 100  #: bytes of a segment


def sent(segments: Iterable[tuple[int, int]], over: bool = True) -> Trace:
    """A connection of which one side is seen: its segments as (first byte, length), each a packet of its own."""
    rows = [
        {
            "frame": n + 1, "time": 100_000 * n, "direction": 0, "start": start, "end": start + length, "length": length,
            "acked": 0, "flags": ACK, "window": 65_535, "tsval": NONE, "tsecr": NONE, "ip_id": n & 0xFFFF, "ttl": 64, "link": 0,
        }
        for n, (start, length) in enumerate(segments)
    ]  # fmt: skip
    return assembled(rows, [], client=0, stream=0, over=over)


def proofs(judged: Judged) -> int:
    return max(map(len, judged.segments.evidence.values()))


def test_one_packet_that_everything_proves() -> None:
    """The last byte first: all others fill the hole that it opened."""
    order = list(range(1, 30_000))
    random.Random(1).shuffle(order)
    with soon(LIMIT):
        judged = judge(sent([(0, SIZE), (30_000 * SIZE, SIZE), *((SIZE * n, SIZE) for n in order)]))
    assert proofs(judged) == MOST_PROOFS


def test_one_byte_again_and_again() -> None:
    with soon(LIMIT):
        judged = judge(sent([(0, 1)] * 10_000))
    assert (judged.segments.kind[1:] == Kind.RETRANSMISSION).all()
    assert set(judged.segments.repeats) == set(range(1, 10_000))


def test_more_holes_than_are_kept() -> None:
    """What fills a forgotten one counts as seen, though nobody knows in which packet."""
    holes = MOST_HOLES + 1_000
    made = sent([*((2 * SIZE * n, SIZE) for n in range(holes + 1)), *((2 * SIZE * n + SIZE, SIZE) for n in range(holes))])
    with soon(LIMIT):
        judged = judge(made)
    assert -1 in judged.segments.repeats.values()
