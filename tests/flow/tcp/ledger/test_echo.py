"""Time stamps and their first echoes."""

from __future__ import annotations

from analyzer.flow.tcp.ledger.echo import pairs
from tests.flow.tcp.ledger.making import trace


def found(*ladder: str) -> list[tuple[int, int]]:
    """Frames of the time stamps and of their echoes."""
    sent, echoed = pairs(trace(*ladder))
    return [(sent_row + 1, row + 1) for sent_row, row in zip(sent.tolist(), echoed.tolist(), strict=True)]


def test_first_of_each() -> None:
    assert found("0 c A ts 7/1", "1 c A ts 7/1", "20 s A ts 3/7", "21 s A ts 3/7", "22 c A ts 8/3") == [(1, 3), (3, 5)]


def test_skipped_values_are_never_answered_later() -> None:
    assert found("0 c A ts 7/1", "1 c A ts 8/1", "2 c A ts 9/1", "20 s A ts 3/8", "21 s A ts 3/7", "30 s A ts 4/9") == [
        (2, 4),
        (3, 6),
    ]


def test_overtaken_stamp_is_not_new() -> None:
    assert found("0 c A ts 8/1", "1 c A ts 7/1", "20 s A ts 3/7", "21 s A ts 3/8") == [(1, 4)]


def test_wrap() -> None:
    high = (1 << 32) - 2
    assert found(f"0 c A ts {high}/1", "1 c A ts 3/1", f"20 s A ts 5/{high}", "21 s A ts 5/3") == [(1, 3), (2, 4)]


def test_echo_of_what_was_not_captured() -> None:
    assert found("0 c A ts 8/1", "1 s A ts 3/9", "2 c A ts 10/3", "3 s A ts 4/10") == [(2, 3), (3, 4)]


def test_repeated_syn() -> None:
    assert found("0 c S ts 1/0", "9 c S ts 2/0", "10 s SA ts 5/1") == []
    assert found("0 c S ts 1/0", "9 c S ts 2/0", "10 s SA ts 5/2") == [(2, 3)]


def test_without_time_stamps_and_resets() -> None:
    assert found("0 c A", "1 s A", "2 c A ts 7/1", "3 s RA ts 3/7") == []
