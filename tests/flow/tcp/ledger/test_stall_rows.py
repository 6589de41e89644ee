"""Rows of stalls, and what their causes are."""

import pytest

from analyzer.flow.tcp.ledger.stall import stalls
from analyzer.flow.tcp.ledger.stall_cause import cause_of, explained
from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.stall_rows import MOST_LISTED, STALL_KEYS, Found, rows
from analyzer.flow.tcp.ledger.trace import Trace
from analyzer.flow.tcp.ledger.verdict import Kind, Need, Segments, Trigger
from analyzer.flow.tcp.ledger.victims import Span, Victim
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.receiver import Where

MS = 1_000_000
SENDER = Where((20 * MS, 0), "client")
LOSS = trace(
    """
    0   c S
    20  s SA
    20  c A
    30  c A 0+100
    31  c A 100+100
    51  s A ack 0 sack 100-200
    52  c A 0+100
    72  s A ack 200
    80  c A 200+100
    330 c A 200+100
    350 s A ack 300
    """
)
FILLER, TAIL = 6, 9


def only(of: Trace) -> Stall:
    (stall,) = stalls(of, SENDER)
    return stall


def judged(kind: Kind, trigger: Trigger = Trigger.NONE) -> Segments:
    segments = Segments.of(len(LOSS))
    segments.kind[FILLER], segments.trigger[FILLER] = kind, trigger
    return segments


@pytest.mark.parametrize(
    ("kind", "trigger", "cause"),
    [
        (Kind.RETRANSMISSION, Trigger.FAST_RETRANSMIT, "fast_retransmit"),
        (Kind.RETRANSMISSION, Trigger.RTO, "rto"),
        (Kind.RETRANSMISSION, Trigger.UNKNOWN, "unknown"),
        (Kind.RETRANSMISSION, Trigger.NONE, "unknown"),
        (Kind.REORDERED, Trigger.NONE, "reordering"),
        (Kind.LATE_ORIGINAL, Trigger.NONE, "reordering"),
        (Kind.NEW, Trigger.NONE, "reordering"),
        (Kind.NETWORK_DUPLICATE, Trigger.NONE, "unknown"),
    ],
)
def test_the_filler_decides_the_cause(kind: Kind, trigger: Trigger, cause: str) -> None:
    assert cause_of(only(LOSS), judged(kind, trigger)) == cause


def test_a_row_has_all_its_keys_in_their_order() -> None:
    stall = explained(only(LOSS), judged(Kind.RETRANSMISSION, Trigger.FAST_RETRANSMIT))
    victim = Victim(Span("http", 0, 100, 200, 5, 5, "GET /"), "complete", 21 * MS)
    (row,) = rows([Found(3, 0, stall, Need.NEEDED, [victim] * 40)])
    assert tuple(row) == STALL_KEYS
    assert row["stream"] == 3
    assert row["direction"] == "client"
    assert (row["start_ns"], row["end_ns"], row["duration_ns"]) == (51 * MS, 72 * MS, 21 * MS)
    assert (row["missing_from"], row["missing_to"], row["bytes_held"]) == (0, 100, 100)
    assert (row["first_held_frame"], row["filled_frame"], row["seen_by"], row["cause"]) == (5, 7, "sack", "fast_retransmit")
    assert row["need"] == "needed"
    assert row["confidence"] == "high"
    assert row["victim_count"] == 40
    assert len(row["victims"]) == MOST_LISTED


def test_rows_are_in_order_of_their_beginning() -> None:
    stall = only(LOSS)
    assert [row["stream"] for row in rows([Found(2, 0, stall), Found(1, 0, stall)])] == [1, 2]
