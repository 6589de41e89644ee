"""Head-of-line stalls in small connections, seen in each of the three ways."""

import pytest

from analyzer.flow.tcp.ledger.stall import stalls
from analyzer.flow.tcp.ledger.stall_record import Stall
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.receiver import Where

MS = 1_000_000
RTT = 20 * MS
SENDER = Where((RTT, 0), "client")
RECEIVER = Where((0, RTT), "server")
UNKNOWN = Where((None, None), None)
OPENING = """
    0   c S
    20  s SA
    20  c A
"""


def times(stall: Stall) -> tuple[float, float | None]:
    return stall.start_ns / MS, None if stall.end_ns is None else stall.end_ns / MS


def test_a_loss_told_by_sack_at_the_sender() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            30    c A 0+100
            31    c A 100+100                           # lost
            32    c A 200+100
            33    c A 300+100
            50    s A ack 100
            52    s A ack 100 sack 200-300
            53    s A ack 100 sack 200-400
            54    c A 100+100
            74.1  s A ack 400
            """,
        ),
        SENDER,
    )
    assert times(stall) == (52, 74.1)
    assert (stall.direction, stall.shift_ns, stall.seen_by) == (0, RTT // 2, "sack")
    assert (stall.first_held_frame, stall.opened_frame, stall.filled_frame, stall.closed_frame) == (6, 9, 11, 12)
    assert (stall.bytes_held, stall.released, stall.held_to) == (200, 200, 400)
    assert stall.held_byte_ns == 100 * MS + 200 * 21.1 * MS
    assert [(hole.missing_from, hole.missing_to, hole.filled_frame) for hole in stall.holes] == [(100, 200, 11)]
    assert stall.begun


def test_the_same_at_the_receiver_begins_and_ends_with_the_segments() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            40    c A 0+100
            42    c A 200+100
            42.1  s A ack 100 sack 200-300
            64    c A 100+100
            64.1  s A ack 300
            """,
        ),
        RECEIVER,
    )
    assert times(stall) == (42, 64)
    assert (stall.shift_ns, stall.opened_frame, stall.closed_frame) == (0, 6, 8)


def test_it_goes_on_while_another_hole_remains() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            50  s A ack 100 sack 200-300
            51  s A ack 100 sack 400-500,200-300
            60  s A ack 300 sack 400-500
            70  s A ack 500
            """,
        ),
        SENDER,
    )
    assert times(stall) == (50, 70)
    assert [(hole.missing_from, hole.missing_to, hole.opened_ns // MS, hole.filled_ns) for hole in stall.holes] == [
        (100, 200, 50, 60 * MS),
        (300, 400, 51, 70 * MS),
    ]
    assert stall.filled_frame is None


@pytest.mark.parametrize(
    ("acks", "why"),
    [
        ("50 s A ack 300 sack 100-200", "duplicate data below the edge (RFC 2883)"),
        ("50 s A ack 300\n 51 s A ack 100 sack 200-300", "an acknowledgment that was overtaken"),
        ("50 s A ack 100 sack 9000000-9000100", "bytes that nobody sent"),
        ("50 s RA ack 100 sack 200-300", "a reset"),
    ],
)
def test_blocks_that_tell_of_no_stall(acks: str, why: str) -> None:
    data = "\n".join(f"{30 + i} c A {100 * i}+100" for i in range(5))
    assert stalls(trace(OPENING, data, acks, "90 s A ack 500"), SENDER) == [], why


def test_lost_acknowledgments_are_made_up_for_by_the_segments_that_passed() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            30  c A 0+100                               # lost; the next ones come, and what is said of the first two is lost
            31  c A 100+100
            33  c A 200+100
            36  c A 300+100
            56  s A ack 0 sack 100-400
            57  c A 0+100                               # what is said of it is lost
            67  c A 400+100
            68  c A 500+100
            88  s A ack 600
            """,
        ),
        SENDER,
    )
    assert times(stall) == (51, 77)
    assert (stall.first_held_frame, stall.filled_frame) == (5, 9)


def test_an_acknowledgment_of_duplicate_data_is_not_the_one_of_the_filler() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            30   c A 0+100
            31   c A 100+100
            51   s A ack 0 sack 100-200
            52   c A 0+100                              # comes; its acknowledgment is lost
            300  c A 0+100                              # comes too
            320  s A ack 200 sack 0-100
            """,
        ),
        SENDER,
    )
    assert times(stall) == (51, 72)
    assert stall.filled_frame == 7


def test_an_overtaken_acknowledgment_tells_two_stalls_apart() -> None:
    lines = """
        30  c A 0+100
        31  c A 100+100
        51  s A ack 0 sack 100-200
        52  c A 0+100
        53  c A 200+100                             # lost
        54  c A 300+100
        74  s A ack 200 sack 300-400
    """
    overtaken = "75 s A ack 200"
    end = "76 c A 200+100\n 96 s A ack 400"
    first, second = stalls(trace(OPENING, lines, overtaken, end), SENDER)
    assert (times(first), times(second)) == ((51, 74), (74, 96))
    (one,) = stalls(trace(OPENING, lines, end), SENDER)
    assert times(one) == (51, 96)


def test_a_receiver_may_throw_away_what_it_held() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            50  s A ack 100 sack 300-400
            70  s A ack 200
            """,
        ),
        SENDER,
    )
    assert times(stall) == (50, 70)
    assert stall.holes[0].filled_ns is None


def test_segments_with_data_may_have_no_blocks() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            50  s A ack 100 sack 300-400
            60  s A 0+10 ack 200
            70  s A ack 200 sack 300-400
            80  s A ack 400
            """,
        ),
        SENDER,
    )
    assert times(stall) == (50, 80)


def test_acknowledgments_that_were_delayed_are_put_back_by_their_own_clock() -> None:
    quiet = "\n".join(f"{21 + i} s A ack 0 ts {121 + i}/1" for i in range(5))
    found = stalls(
        trace(
            OPENING,
            quiet,
            """
            50    s A ack 100 sack 200-300 ts 150/1
            79.9  s A ack 300 ts 172/1                  # 7.9 ms late
            """,
        ),
        SENDER,
    )
    assert [times(stall) for stall in found] == [(50, 72.5)]


def test_open_stalls_have_no_end() -> None:
    (stall,) = stalls(trace(OPENING, "40 c A 100+100", "60 s A ack 0 sack 100-200"), SENDER)
    assert times(stall) == (60, None)
    assert not stall.ended
    assert stall.duration_ns is None
    assert (stall.closed_frame, stall.filled_frame, stall.released) == (None, None, 0)


def test_a_capture_may_begin_in_a_stall() -> None:
    (stall,) = stalls(trace("0 s A ack 100 sack 200-300", "5 c A 100+100", "25 s A ack 300"), SENDER)
    assert not stall.begun


def test_arrivals_where_sack_is_not_spoken() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            40    c A 0+100
            42    c A 200+100
            42.1  s A ack 100
            43    c A 400+100
            43.1  s A ack 100
            50    c A 100+100
            50.1  s A ack 300
            64    c A 300+100
            64.1  s A ack 500
            """,
        ),
        RECEIVER,
    )
    assert times(stall) == (42, 64)
    assert stall.seen_by == "gap"
    assert [(hole.missing_from, hole.missing_to, hole.filled_frame) for hole in stall.holes] == [(100, 200, 9), (300, 400, 11)]


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ("42 c A 200+100\n 80 s A ack 300", "the capture missed a segment, which the receiver has"),
        ("42 c A 200+100\n 42.04 c A 100+100\n 42.1 s A ack 300", "the capture has two segments in the wrong order"),
        ("42 c A 200+100\n 43 s A ack 300\n 60 c A 100+100", "sent again though it had come: the acknowledgment was lost"),
    ],
)
def test_holes_that_only_the_capture_has(rest: str, why: str) -> None:
    assert stalls(trace(OPENING, "40 c A 0+100", rest), RECEIVER) == [], why


def test_a_filler_that_the_capture_missed() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            40    c A 0+100
            40.1  s A ack 100
            42    c A 200+100
            42.1  s A ack 100
            60    s A ack 300
            """,
        ),
        RECEIVER,
    )
    assert times(stall) == (42, 60)
    assert stall.filled_frame is None


def test_segments_that_are_too_old_fill_nothing() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            40    c A 0+100 ts 8/1
            40.1  s A ack 100
            42    c A 200+100 ts 8/1
            42.1  s A ack 100
            43    c A 100+100 ts 6/1                    # discarded (PAWS)
            43.1  s A ack 100
            60    c A 100+100 ts 27/1
            60.1  s A ack 300
            """,
        ),
        RECEIVER,
    )
    assert times(stall) == (42, 60)


def test_only_one_direction_was_captured() -> None:
    (stall,) = stalls(trace("0 c A 0+100", "1 c A 200+100", "9 c A 100+100"), UNKNOWN)
    assert times(stall) == (1, 9)


def test_duplicate_acknowledgments_at_the_sender() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            30  c A 0+100
            31  c A 100+100                             # lost
            32  c A 200+100
            33  c A 300+100
            34  c A 400+100
            51  s A ack 100                             # caused by the segment behind the hole
            53  s A ack 100
            54  s A ack 100
            55  c A 100+100
            75  s A ack 500
            """,
        ),
        SENDER,
    )
    assert times(stall) == (53, 75)
    assert (stall.seen_by, stall.first_held_frame, stall.filled_frame) == ("duplicate_ack", 6, 12)
    assert stall.released == 200


def test_a_stall_goes_on_behind_a_partial_acknowledgment() -> None:
    (stall,) = stalls(
        trace(
            OPENING,
            """
            30  c A 0+100                               # lost
            31  c A 100+100
            32  c A 200+100                             # lost
            33  c A 300+100
            34  c A 400+100
            51  s A ack 0
            53  s A ack 0
            54  s A ack 0
            55  c A 0+100
            75  s A ack 200
            76  c A 200+100
            96  s A ack 500
            """,
        ),
        SENDER,
    )
    assert times(stall) == (51, 96)
    assert [(hole.missing_from, hole.missing_to) for hole in stall.holes] == [(0, 100), (200, 300)]


def test_a_repeated_acknowledgment_with_nothing_held() -> None:
    data = "\n".join(f"{30 + 20 * i} c A {100 * i}+100" for i in range(3))
    acks = "50 s A ack 100\n 51 s A ack 100\n 70 s A ack 200\n 90 s A ack 300"  # the first segment came twice
    assert stalls(trace(OPENING, data, acks), SENDER) == []


def test_other_directions_have_stalls_of_their_own() -> None:
    lines = """
        40  s A 0+100
        41  s A 200+100
        41  c A ack 100 sack 200-300
        60  s A 100+100
        60  c A ack 300
    """
    (stall,) = stalls(trace(OPENING, lines), SENDER)
    assert stall.direction == 1
    assert times(stall) == (41, 60)
    assert stall.shift_ns == 0
