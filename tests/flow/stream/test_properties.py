"""Any order, repetition, overlap and loss of segments: what is told is true, and nothing is lost that came."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .wire import Reading, Segment, handshake, lines

__all__ = ["lines"]
pytestmark = pytest.mark.usefixtures("lines")

TEXT = b"".join(b"line %d %s\n" % (i, b"x" * (i * 7 % 23)) for i in range(40))
ENDS = [i + 1 for i, byte in enumerate(TEXT) if byte == 10]
TRUE = {(start, end): TEXT[start : end - 1] for start, end in zip([0, *ENDS[:-1]], ENDS, strict=True)}


@st.composite
def cuts(draw: st.DrawFn) -> list[tuple[int, int]]:
    """The text in pieces, some of which begin or end farther out than they must."""
    at = sorted({0, len(TEXT), *draw(st.lists(st.integers(1, len(TEXT) - 1), max_size=30))})
    pieces = []
    for start, end in itertools.pairwise(at):
        before, behind = draw(st.sampled_from((0, 0, 0, 1, 40))), draw(st.sampled_from((0, 0, 0, 1, 40)))
        pieces.append((max(0, start - before), min(len(TEXT), end + behind)))
    return pieces


def segments(pieces: list[tuple[int, int]]) -> list[Segment]:
    return [Segment(0, start, TEXT[start:end]) for start, end in pieces]


@settings(max_examples=150, deadline=None)
@given(cuts().flatmap(lambda pieces: st.permutations(pieces + pieces[: len(pieces) // 3])))
def test_every_line_is_told_once_with_its_frames(pieces: list[tuple[int, int]]) -> None:
    reading = Reading()
    told = reading.read([*handshake(), *segments(pieces)]) + reading.finish()
    assert {(m.start, m.end): m.text for m in told} == TRUE
    assert len(told) == len(TRUE)
    for message in told:
        owner = {}
        for frame, (start, end) in enumerate(pieces, 4):
            for at in range(max(start, message.start), min(end, message.end)):
                owner.setdefault(at, frame)
        assert message.first.frame == owner[message.start]
        assert message.last.frame == max(owner.values())
        assert message.complete


@settings(max_examples=150, deadline=None)
@given(cuts().flatmap(st.permutations), st.integers(1, 10))
def test_with_losses_nothing_wrong_is_told(pieces: list[tuple[int, int]], every: int) -> None:
    kept = [piece for i, piece in enumerate(pieces) if i % every or not i]
    there = {at for start, end in kept for at in range(start, end)}
    reading = Reading()
    told = reading.read([*handshake(), *segments(kept)]) + reading.finish()
    ends = {start for start, _ in kept}
    for message in told:
        if message.complete and message.missing == 0:
            assert set(range(message.start, message.end)) <= there
            if message.start not in ends:  # else a segment began in the middle of a line, behind a loss
                assert TRUE[message.start, message.end] == message.text


@settings(max_examples=60, deadline=None)
@given(cuts().flatmap(st.permutations), st.integers(0, 2**32 - 1))
def test_batches_and_sequence_numbers_make_no_difference(pieces: list[tuple[int, int]], origin: int) -> None:
    one, many = Reading(), Reading()
    whole = [*handshake(), *segments(pieces)]
    together = one.read(whole) + one.finish()
    apart = [message for segment in whole for message in many.read([segment], (origin, 7))] + many.finish()
    assert [(m.text, m.first, m.last) for m in together] == [(m.text, m.first, m.last) for m in apart]
