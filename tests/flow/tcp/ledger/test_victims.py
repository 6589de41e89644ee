"""Messages behind a hole."""

import pytest

from analyzer.dissect.application.stream import NEVER
from analyzer.flow.tcp.ledger.stall import stalls
from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.stall_sent import Sent
from analyzer.flow.tcp.ledger.victims import Span, Victim, victims
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.receiver import Where

MS = 1_000_000
OPENING = """
    0   c S
    20  s SA
    20  c A
"""
AT_RECEIVER = trace(
    OPENING,
    """
    40    c A 0+100
    42    c A 200+100
    42.1  s A ack 100
    43    c A 300+100
    43.1  s A ack 100
    44    c A 500+100
    44.1  s A ack 100
    64    c A 100+100
    64.1  s A ack 400
    70    c A 400+100
    70.1  s A ack 600
    """,
)


def span(start: int, end: int, direction: int = 0) -> Span:
    return Span("http", direction, start, end, 1, 2, "")


def seen() -> tuple[Stall, Sent]:
    (stall,) = stalls(AT_RECEIVER, Where((0, 20 * MS), "server"))
    return stall, Sent(AT_RECEIVER, 0)


@pytest.mark.parametrize(
    ("start", "end", "state", "delayed"),
    [
        (200, 300, "complete", 22),  # whole at 42, readable at 64
        (200, 400, "complete", 21),  # its last byte at 43
        (150, 300, "begun", 22),  # its first bytes came last, at 64; the rest waited from 42
        (50, 150, None, None),  # nothing of it waited: it ends in the hole
        (0, 100, None, None),  # before the hole
        (300, 600, "begun", 27),  # from 43; its hole was filled at 70
        (500, 600, "complete", 26),
        (550, 900, "begun", 26),
        (200, NEVER, "begun", 28),
        (600, 700, None, None),  # behind all that was held
    ],
)
def test_how_long_a_message_waited(start: int, end: int, state: str | None, delayed: int | None) -> None:
    found = victims(seen()[0], [span(start, end)], seen()[1])
    assert found == ([] if state is None or delayed is None else [Victim(span(start, end), state, delayed * MS)])


def test_messages_of_the_other_direction_do_not_wait() -> None:
    stall, sent = seen()
    assert victims(stall, [span(200, 300, direction=1)], sent) == []


def test_at_the_sender_arrivals_are_counted_as_acknowledgments_are() -> None:
    far = trace(
        OPENING,
        """
        30  c A 0+100                               # lost
        31  c A 100+100
        33  c A 200+100
        51  s A ack 0 sack 100-200
        53  s A ack 0 sack 100-300
        54  c A 0+100
        74  s A ack 300
        """,
    )
    (stall,) = stalls(far, Where((20 * MS, 0), "client"))
    (victim,) = victims(stall, [span(100, 300)], Sent(far, 0))
    assert (victim.state, victim.delayed_ns) == ("complete", (74 - 53) * MS)


def test_of_a_stall_without_an_end_nothing_is_known() -> None:
    cut = trace(OPENING, "40 c A 0+100", "42 c A 200+100", "42.1 s A ack 100", "43 c A 300+10", "43.1 s A ack 100")
    (stall,) = stalls(cut, Where((0, 20 * MS), "server"))
    assert victims(stall, [span(200, 300)], Sent(cut, 0)) == []
