"""The words of verdicts and what proves them."""

from __future__ import annotations

from analyzer.flow.tcp.ledger.verdict import Confidence, HoleCause, Kind, Need, Segments, Trigger, word


def test_words() -> None:
    assert word(Kind.NETWORK_DUPLICATE) == "network_duplicate"
    assert word(Need.NEEDLESS_CROSSING) == "needless_crossing"
    assert [word(one(0)) for one in (Kind, Trigger, Need, HoleCause, Confidence)] == [None] * 5


def test_proofs_are_sorted_and_told_once() -> None:
    segments = Segments.of(9)
    segments.prove(5, 7, 2)
    segments.prove(5, 2, -1, 3)
    assert segments.evidence == {5: (2, 3, 7)}


def test_columns_are_independent() -> None:
    segments = Segments.of(3)
    segments.kind[1] = Kind.RETRANSMISSION
    assert (
        segments.trigger.tolist() == segments.need.tolist() == segments.hole.tolist() == segments.confidence.tolist() == [0, 0, 0]
    )
