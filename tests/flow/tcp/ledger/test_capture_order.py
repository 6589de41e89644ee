"""Which packets only the capture has in the wrong order."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.capture_order import in_order
from tests.flow.tcp.ledger.making import trace

OPENING = """
0    c S  ts 1000/0
20   s SA ts 9000/1000
20.1 c A  ts 1020/9000
"""


def frames(text: str) -> list[int]:
    """The frames behind the opening, in the order in which they passed."""
    made = trace(OPENING + text)
    ordered = in_order(made)
    assert sorted(ordered.frame.tolist()) == made.frame.tolist()
    assert (np.diff(ordered.time) >= 0).all()
    return ordered.frame[3:].tolist()


ACKED = "120 s A ack 300 ts 9100/1100\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100 c A 100+100 ts 1100/9000\n100.04 c A 0+100 ts 1100/9000\n", [5, 4, 6]),  # two queues
        ("100 c A 100+100 ts 1100/9000\n100.06 c A 0+100 ts 1100/9000\n", [4, 5, 6]),  # too far apart
        ("100 c A 100+100 ts 1100/9000\n100.04 c A 0+100 ts 1101/9000\n", [4, 5, 6]),  # sent later
        (  # three in the reverse order
            "100 c A 200+100 ts 1100/9000\n100.01 c A 100+100 ts 1100/9000\n100.02 c A 0+100 ts 1100/9000\n",
            [6, 5, 4, 7],
        ),
    ],
)
def test_data_of_one_side(text: str, expected: list[int]) -> None:
    assert frames(text + ACKED) == expected


@pytest.mark.parametrize(
    "sign",
    [
        "119 s A ack 0 sack 100-200 ts 9099/1020",
        "119 s A ack 0 ts 9099/1020\n119.1 s A ack 0 ts 9099/1020\n119.2 s A ack 0 ts 9099/1020",
    ],
)
def test_what_the_receiver_noticed_is_no_fault_of_the_capture(sign: str) -> None:
    assert frames(f"100 c A 100+100 ts 1100/9000\n100.04 c A 0+100 ts 1100/9000\n{sign}\n{ACKED}")[:2] == [4, 5]


def test_without_the_other_side_nobody_knows() -> None:
    assert frames("100 c A 100+100 ts 1100/9000\n100.04 c A 0+100 ts 1100/9000\n") == [4, 5]


def test_an_acknowledgment_before_its_data() -> None:
    assert frames("100 s A ack 100 ts 9100/1100\n100.01 c A 0+100 ts 1100/9000") == [5, 4]
    assert frames("100 s A ack 100 ts 9100/1100\n100.06 c A 0+100 ts 1100/9000") == [4, 5]


def test_retransmissions_stay_where_they_are() -> None:
    text = "100 c A 0+100 ts 1100/9000\n300 c A 100+100 ts 1300/9000\n300.01 c A 0+100 ts 1300/9000\n" + ACKED.replace(
        "120", "320"
    )
    assert frames(text) == [4, 5, 6, 7]


def test_acks_of_one_side() -> None:
    data = "100 c A 0+100 ts 1100/9000\n101 c A 100+100 ts 1101/9000\n"
    assert frames(data + "120 s A ack 200 ts 9100/1101\n120.02 s A ack 100 ts 9100/1100") == [4, 5, 7, 6]


def test_sack_blocks_move_with_their_packets() -> None:
    text = "100 c A 200+100 ts 1100/9000\n120 s A ack 0 sack 200-300 ts 9100/1020\n120.01 s PA 0+50 ack 0 ts 9100/1020\n"
    made = in_order(
        trace(
            OPENING + "100 c A 100+100 ts 1100/9000\n100.02 c A 0+100 ts 1100/9000\n" + ACKED + text.replace("ack 0", "ack 200")
        )
    )
    assert made.sack_row.tolist() == np.flatnonzero(made.frame == 8).tolist()


def test_anything_goes() -> None:
    rng = np.random.default_rng(5)
    for count in (0, 1, 2, 30):
        for _ in range(100):
            made = trace(*["0 c A" for _ in range(max(count, 1))]).take(np.arange(count))
            for name in ("time", "start", "length", "acked", "tsval"):
                setattr(made, name, rng.integers(-3, 9, count))
            made.direction = rng.integers(0, 2, count)
            made.end = made.start + made.length
            made.sack_row = np.sort(rng.integers(0, max(count, 1), 5 if count else 0))
            made.sack_from, made.sack_to = rng.integers(0, 9, len(made.sack_row)), rng.integers(0, 9, len(made.sack_row))
            assert sorted(in_order(made).frame.tolist()) == made.frame.tolist()
