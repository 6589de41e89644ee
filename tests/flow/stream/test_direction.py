"""Holes in a direction of a stream that are given up."""

from __future__ import annotations

from analyzer.dissect.application.stream import Place
from analyzer.flow.stream.direction import Direction

PATIENT = 1_000_000_000  #: ns


def acknowledged_hole() -> Direction:
    one = Direction()
    one.insert(10, 20, b"b" * 10, Place(2, 0))
    assert not one.hopeless(20, 0)
    assert one.hopeless(20, PATIENT)
    return one


def test_an_acknowledged_hole_is_a_gap() -> None:
    one = acknowledged_hole()
    one.give_up()
    assert (one.gaps, one.gap_bytes) == (1, 10)


def test_a_hole_that_was_filled_meanwhile_is_none() -> None:
    one = acknowledged_hole()
    one.advance(0, 10, b"a" * 10, Place(3, 1))
    one.give_up()
    assert (one.gaps, one.gap_bytes) == (0, 0)
    piece = one.ready()
    assert piece is not None and (piece.start, piece.end) == (10, 20)
