"""Spans laid over the pieces of time of silences."""

from __future__ import annotations

import numpy as np

from analyzer.batch import Int64, views
from analyzer.flow.tcp.ledger.wait_joined import join
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_side import Piece

MOVED, ANSWER, LOST = Reason.TRANSFER, Reason.SERVER_THINKING, Reason.TAIL_LOSS


def joined(
    pieces: list[tuple[int, Reason]], spans: list[tuple[int, int, Reason]], begin: int, end: int
) -> list[tuple[int, Reason, int]]:
    """Start, reason and source of each phase."""
    below = np.zeros((len(pieces), len(Piece)), np.int64)
    below[:, [Piece.START, Piece.REASON]] = np.array(pieces, np.int64).reshape(-1, 2)
    above: Int64 = np.array(spans, np.int64).reshape(-1, 3)
    found = np.empty((3, len(pieces) + 2 * len(spans) + 1), np.int64)
    under, over, room = views(below, above, found)
    count = join(under, over, begin, end, room)
    return [(start, Reason(reason), source) for start, reason, source in found[:, :count].T.tolist()]


def test_pieces_alone() -> None:
    assert joined([(0, MOVED), (10, ANSWER)], [], 0, 30) == [(0, MOVED, 0), (10, ANSWER, 1)]


def test_a_piece_that_takes_no_time_is_none() -> None:
    assert joined([(0, MOVED), (10, ANSWER), (10, LOST)], [], 0, 30) == [(0, MOVED, 0), (10, LOST, 2)]
    assert joined([(0, MOVED), (30, ANSWER)], [], 0, 30) == [(0, MOVED, 0)]


def test_a_span_covers_and_the_piece_goes_on_behind_it() -> None:
    assert joined([(0, MOVED), (10, ANSWER)], [(5, 20, Reason.HEAD_OF_LINE)], 0, 30) == [
        (0, MOVED, 0),
        (5, Reason.HEAD_OF_LINE, -1),
        (20, ANSWER, 1),
    ]


def test_spans_that_touch() -> None:
    spans = [(0, 10, Reason.CONNECT), (10, 30, Reason.CLOSE)]
    assert joined([(0, MOVED)], spans, 0, 30) == [(0, Reason.CONNECT, -1), (10, Reason.CLOSE, -2)]


def test_tail_loss_shows_through_close_alone() -> None:
    pieces = [(0, MOVED), (10, LOST), (20, MOVED)]
    assert joined(pieces, [(5, 30, Reason.CLOSE)], 0, 30) == [
        (0, MOVED, 0),
        (5, Reason.CLOSE, -1),
        (10, LOST, 1),
        (20, Reason.CLOSE, -1),
    ]
    assert joined(pieces, [(5, 30, Reason.AFTER_RESET)], 0, 30) == [(0, MOVED, 0), (5, Reason.AFTER_RESET, -1)]


def test_from_begin_to_end_only() -> None:
    assert joined([(0, MOVED), (10, ANSWER), (40, LOST)], [], 15, 30) == [(15, ANSWER, 1)]
    assert joined([(0, MOVED)], [], 30, 30) == []
