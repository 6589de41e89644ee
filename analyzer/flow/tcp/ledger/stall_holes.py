"""What a receiver has and lacks, event by event: holes below the highest byte that it has, and the bytes held above them.

Let r be the edge below which the receiver has everything. Bytes above r that have arrived are held: the application cannot
read them before the holes under them are filled. A stall lasts as long as bytes are held. A FIN counts as a byte: the end
of the stream waits as well.

An event is a segment that arrives, or an acknowledgment that says what has arrived. `arrived` tells of one range at a time;
`settle` closes the event, since one acknowledgment may fill a hole and report bytes above another, so that the stall goes on.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

MOST_HOLES: Final = 1_024  #: open at a time, and remembered of one stall; of more, the two highest become one


@dataclass(slots=True)
class OpenHole:
    """Missing bytes, as they were when the first byte above them arrived."""

    start: int
    end: int
    opened_ns: int
    opened_row: int
    left: int  #: bytes that are still missing
    filled_ns: int | None = None
    filled_row: int = -1  #: of the event that filled it


@dataclass(slots=True)
class Draft:
    """A stall while it lasts."""

    opened_ns: int
    opened_row: int
    holes: list[OpenHole] = field(default_factory=list)  #: the first MOST_HOLES
    count: int = 0  #: of all holes
    last: OpenHole | None = None  #: the one that was filled last
    most: int = 0  #: bytes held at most
    area: int = 0  #: bytes held times ns, summed up
    released: int = 0  #: bytes held just before it ended
    top: int = 0  #: behind the highest byte that the receiver was known to have while it lasted
    shown_row: int = -1  #: the latest event that showed it open
    closed_ns: int | None = None
    closed_row: int = -1


class Holes:
    """One direction of a connection, beginning with the edge `top`."""

    __slots__ = ("_ends", "_last", "_missing", "_owner", "_starts", "capped", "draft", "held", "top")

    def __init__(self, top: int) -> None:
        self.top = top  #: behind the highest byte that the receiver has
        self.held = 0
        self.draft: Draft | None = None  #: the stall that is open
        self.capped = False  #: there were more than MOST_HOLES at a time
        self._starts: list[int] = []  #: pieces that are missing, ascending
        self._ends: list[int] = []
        self._owner: list[OpenHole] = []  #: of each piece the hole that it is left of
        self._missing = 0  #: bytes of these pieces
        self._last = 0  #: time of the event before

    @property
    def edge(self) -> int:
        """r: below it nothing is missing."""
        return self._starts[0] if self._starts else self.top

    def arrived(self, start: int, end: int, time: int, row: int) -> None:
        """The receiver has these bytes."""
        if end <= start:
            return
        if end > self.top:
            if start > self.top:
                self._open(start, time, row)
            self.top = end
        if self._starts and start < self._ends[-1]:
            self._fill(start, end, time, row)

    def acknowledged(self, acked: int, time: int, row: int) -> None:
        """The receiver has everything below `acked`."""
        if acked > self.edge:
            self.arrived(self.edge, acked, time, row)

    def forgotten(self, acked: int, time: int, row: int) -> None:
        """The receiver holds nothing above `acked`: it threw away what it had reported (RFC 2018 section 8)."""
        if self._starts:
            self._starts.clear()
            self._ends.clear()
            self._owner.clear()
            self._missing = 0
        self.top = acked

    def settle(self, time: int, row: int) -> Draft | None:
        """The event is over: the stall that it ended, if it ended one."""
        draft = self.draft
        if draft is None:
            return None
        draft.area += self.held * (time - self._last)
        self._last = time
        if not self._starts:
            draft.released, draft.closed_ns, draft.closed_row = self.held, time, row
            self.held, self.draft = 0, None
            return draft
        self.held = self.top - self._starts[0] - self._missing
        draft.most = max(draft.most, self.held)
        draft.shown_row, draft.top = row, self.top
        return None

    def _open(self, start: int, time: int, row: int) -> None:
        """Bytes from `start` on arrived, and those between the highest byte so far and `start` did not."""
        if self.draft is None:
            self.draft = Draft(time, row)
            self._last = time
        self._missing += start - self.top
        if len(self._starts) >= MOST_HOLES:
            self.capped = True
            hole = self._owner[-1]
            hole.left += start - self._ends[-1]
            self._missing += self.top - self._ends[-1]
            hole.end = self._ends[-1] = start
            return
        hole = OpenHole(self.top, start, time, row, start - self.top)
        self.draft.count += 1
        if len(self.draft.holes) < MOST_HOLES:
            self.draft.holes.append(hole)
        else:
            self.capped = True
        self._starts.append(hole.start)
        self._ends.append(hole.end)
        self._owner.append(hole)

    def _fill(self, start: int, end: int, time: int, row: int) -> None:
        """Take the bytes out of the missing pieces."""
        first = at = bisect_right(self._ends, start)
        if first == len(self._starts) or self._starts[first] >= end:
            return
        pieces: list[tuple[int, int, OpenHole]] = []
        if len(self._starts) >= MOST_HOLES and self._starts[first] < start and end < self._ends[first]:
            self.capped = True
            return  # it would make two of one
        while at < len(self._starts) and self._starts[at] < end:
            left, right, hole = self._starts[at], self._ends[at], self._owner[at]
            found = min(right, end) - max(left, start)
            hole.left -= found
            self._missing -= found
            if left < start:
                pieces.append((left, start, hole))
            if right > end:
                pieces.append((end, right, hole))
            if not hole.left:
                hole.filled_ns, hole.filled_row = time, row
                if self.draft is not None:
                    self.draft.last = hole
            at += 1
        self._starts[first:at] = [piece[0] for piece in pieces]
        self._ends[first:at] = [piece[1] for piece in pieces]
        self._owner[first:at] = [piece[2] for piece in pieces]
