"""Messages of a handshake with frames, as the flow layer hands them on."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.dissect.application.stream import Message, Origin, Place
from analyzer.flow.application.rows import Row
from analyzer.flow.application.tls import Rows
from tests.dissect.application.tls.build import Turn, fed

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
STEP = 10_000_000  #: ns between the turns


def messages(turns: list[Turn], stream: int = 3, slow: int = 0) -> list[Message]:
    """Each turn is a frame, from 1 on; the first bytes of the first one came `slow` ns earlier, in a frame 0."""
    found = fed(turns)
    origin = Origin("tcp", stream, ("10.0.0.1", "10.0.0.2"), (50000, 443), 0)
    for one in found:
        one.origin = origin
        one.first, one.last = place(turns, one.direction, one.start), place(turns, one.direction, one.end - 1)
        if slow and one is found[0]:
            one.first = Place(0, one.last.time - slow)
    return found


def place(turns: list[Turn], direction: int, offset: int) -> Place:
    for number, (sender, data) in enumerate(turns):
        if sender == direction:
            if offset < len(data):
                return Place(number + 1, START + number * STEP)
            offset -= len(data)
    raise AssertionError


def rows(found: Iterable[Message]) -> list[Row]:
    made = Rows()
    return [row for one in found for row in made.rows(one)]
