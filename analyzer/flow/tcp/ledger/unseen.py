"""The bytes of one direction that should have been seen already, as intervals below the highest byte seen."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import Final, NamedTuple

from .sender import NOWHERE

MOST_HOLES: Final = 10_000  #: intervals that are kept; beyond that the lowest ones are forgotten, and count as seen


class Hole(NamedTuple):
    """Missing bytes [start, end); `opener` is the first row that lay above them."""

    start: int
    end: int
    opener: int


class Unseen:
    """Holes in the order of their offsets; they never touch."""

    def __init__(self) -> None:
        self.holes: list[Hole] = []
        self.forgotten = 0

    def open(self, start: int, end: int, opener: int) -> None:
        """Everything in between was passed over by a row."""
        insort(self.holes, Hole(start, end, opener))
        if len(self.holes) > MOST_HOLES:
            del self.holes[0]
            self.forgotten += 1

    def count(self) -> int:
        """How many there are, but for what was sent before the capture began."""
        return len(self.holes) - (bool(self.holes) and self.holes[0].start == NOWHERE)

    def within(self, start: int, end: int) -> list[Hole]:
        """The holes that a segment fills, in part or whole."""
        holes = self.holes
        at = bisect_right(holes, (start,))
        if at and holes[at - 1].end > start:
            at -= 1
        found = []
        while at < len(holes) and holes[at].start < end:
            found.append(holes[at])
            at += 1
        return found

    def fill(self, start: int, end: int) -> None:
        """A segment brought these bytes."""
        found = self.within(start, end)
        if not found:
            return
        at = bisect_right(self.holes, (found[0].start,)) - 1
        at = at if at >= 0 and self.holes[at] == found[0] else at + 1
        rest = []
        if found[0].start < start:
            rest.append(Hole(found[0].start, start, found[0].opener))
        if found[-1].end > end:
            rest.append(Hole(end, found[-1].end, found[-1].opener))
        self.holes[at : at + len(found)] = rest
