# cython: language_level=3
"""One direction of a connection: its segments in the order of the stream, each byte once, holes as holes (RFC 9293 section 3.4).

The first copy of a byte wins: it is what the receiver took, unless it dropped that segment. A later copy that differs is not
used; it is a Conflict, since a receiver may have taken the other one, and since honest stacks do not send such copies.

A segment that begins behind what was delivered is held until the hole before it is filled, or given up as a gap: when the
receiver has acknowledged it and it still has not come after PATIENCE (the capture missed it), when there is no room to hold
more, when the connection ends, or after a silence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from analyzer.dissect.application.stream import Place

MAX_HELD_BYTES: Final = 1 << 22  #: of segments behind holes, in one direction; the largest usual receive window
MAX_HELD: Final = 8192  #: such segments
MAX_PIECES: Final = 1024  #: delivered pieces whose frames are remembered, for a message that is not complete yet
MAX_RECENT: Final = 1 << 14  #: delivered bytes that are kept to be compared with further copies
MAX_RECENT_PIECES: Final = 64  #: in so many pieces
PATIENCE_NS: Final = 100_000_000  #: a capture may show an acknowledgment before what it acknowledges; packets overtake no longer
SHOWN: Final = 16  #: bytes of a conflict that are kept


class Piece(NamedTuple):
    """Bytes of a stream as one segment brought them; data None: nobody wants them; place None: they are missing."""

    start: int
    end: int
    data: bytes | None
    place: Place | None
    begins: bool = True  #: its first byte is also the first of its segment


class Conflict(NamedTuple):
    """Two copies of the same bytes that differ; offset is that of the first such byte."""

    offset: int
    first: Place
    second: Place
    first_bytes: bytes
    second_bytes: bytes


class Direction:
    """Hand it segments with `insert`; `ready` gives what has become contiguous."""

    __slots__ = (
        "acknowledged", "conflicts", "delivered", "end", "end_place", "held", "held_bytes", "noticed", "pieces", "recent",
        "recent_bytes",
    )  # fmt: skip

    def __init__(self, delivered: int = 0) -> None:
        self.delivered = delivered  #: everything before it was given to `ready`
        self.end = -1  #: offset of the FIN; -1: none was seen
        self.end_place: Place | None = None  #: its frame
        self.held: list[Piece] = []  #: behind holes, in order, without overlaps
        self.held_bytes = 0
        self.acknowledged = -1  #: offset up to which the receiver had everything when it was `noticed`
        self.noticed = 0
        self.pieces: deque[tuple[int, int, Place | None]] = deque(maxlen=MAX_PIECES)  #: delivered: start, end, place
        self.recent: deque[Piece] = deque(maxlen=MAX_RECENT_PIECES)
        self.recent_bytes = 0
        self.conflicts: list[Conflict] = []

    def insert(self, start: int, end: int, data: bytes | None, place: Place) -> None:
        """A segment has come. `data` may be shorter than end - start: the capture has cut the rest, which will never come."""
        begins = True
        if start < self.delivered:
            self._compare(self.recent, start, data, place)
            if end <= self.delivered:
                return
            data = None if data is None else data[self.delivered - start :]
            start, begins = self.delivered, False
        if data is not None and start + len(data) < end:
            if data:
                self._hold(Piece(start, start + len(data), data, place, begins))
            self._hold(Piece(start + len(data), end, None, None))
        else:
            self._hold(Piece(start, end, data, place, begins))

    def ready(self) -> Piece | None:
        """The next piece that can be delivered, which counts as delivered then; None: the rest waits, if there is any."""
        held = self.held
        if not held or held[0].start != self.delivered:
            return None
        piece = held.pop(0)
        if piece.data is not None:
            self.held_bytes -= len(piece.data)
        self.advance(piece)
        return piece

    def advance(self, piece: Piece) -> None:
        """A piece that begins where those before it end is delivered."""
        self.delivered = piece.end
        self.pieces.append((piece.start, piece.end, piece.place))
        if piece.data is not None:
            self._remember(piece)

    def missing(self) -> Piece | None:
        """The hole before the segments that are held."""
        return Piece(self.delivered, self.held[0].start, None, None) if self.held else None

    def hopeless(self, acknowledged: int, now: int) -> bool:
        """Whether the hole has to be given up; `acknowledged` is the offset of an acknowledgment at the time `now`, or -1."""
        if not self.held:
            return False
        if len(self.held) > MAX_HELD or self.held_bytes > MAX_HELD_BYTES:
            return True
        if acknowledged > self.delivered and self.acknowledged <= self.delivered:
            self.acknowledged, self.noticed = acknowledged, now
        return self.acknowledged >= self.held[0].start and now - self.noticed >= PATIENCE_NS

    def give_up(self) -> None:
        """The hole before the segments that are held will not be filled: `ready` goes on with it, as a gap."""
        if self.held:
            self.held.insert(0, Piece(self.delivered, self.held[0].start, None, None))

    def first(self, offset: int) -> Place | None:
        """Where the byte at `offset` came; the nearest there is if it is missing or forgotten."""
        behind = None
        for _, end, place in self.pieces:
            if place is not None and end > offset:
                return place
            behind = place or behind
        return behind

    def last(self, start: int, end: int) -> tuple[Place | None, int]:
        """The latest place of all bytes from start to end, and how many of them are missing."""
        latest, missing = None, 0
        for first, behind, place in reversed(self.pieces):
            if behind <= start:
                break
            if first < end:
                if place is None:
                    missing += min(behind, end) - max(first, start)
                elif latest is None or place.frame > latest.frame:
                    latest = place
        return latest, missing

    def forget(self, offset: int) -> None:
        """Nobody will ask for the frames of bytes before `offset`."""
        pieces = self.pieces
        while pieces and pieces[0][1] <= offset:
            pieces.popleft()

    def _hold(self, piece: Piece) -> None:
        """Put a piece among the held ones, as far as these do not have its bytes already."""
        held = self.held
        if not held or held[-1].end <= piece.start:
            self._put(len(held), piece)
            return
        at = bisect_right(held, piece.start, key=lambda other: other.start)
        if at and held[at - 1].end > piece.start:
            at -= 1
        start = piece.start
        if piece.data is not None and piece.place is not None:
            self._compare(islice(held, at, at + MAX_PIECES), start, piece.data, piece.place)
        while start < piece.end:
            if at < len(held) and held[at].start <= start:
                start = max(start, held[at].end)
            else:
                end = min(piece.end, held[at].start) if at < len(held) else piece.end
                if start < end:
                    data = None if piece.data is None else piece.data[start - piece.start : end - piece.start]
                    self._put(at, Piece(start, end, data, piece.place, piece.begins and start == piece.start))
                start = end
            at += 1

    def _put(self, at: int, piece: Piece) -> None:
        self.held.insert(at, piece)
        self.held_bytes += 0 if piece.data is None else len(piece.data)

    def _remember(self, piece: Piece) -> None:
        if len(self.recent) == MAX_RECENT_PIECES:
            self.recent_bytes -= len(self.recent.popleft().data or b"")
        self.recent.append(piece)
        self.recent_bytes += len(piece.data or b"")
        while self.recent_bytes > MAX_RECENT and len(self.recent) > 1:
            self.recent_bytes -= len(self.recent.popleft().data or b"")

    def _compare(self, known: Iterable[Piece], start: int, data: bytes | None, place: Place) -> None:
        """Note where `data` differs from the copies that are known. A single byte may be a keep-alive (RFC 9293 3.8.4)."""
        if data is None or len(data) <= 1:
            return
        for piece in known:
            if piece.data is None or piece.place is None or piece.end <= start or piece.start >= start + len(data):
                continue
            low, high = max(piece.start, start), min(piece.end, start + len(data))
            mine, theirs = data[low - start : high - start], piece.data[low - piece.start : high - piece.start]
            if mine != theirs:
                i = next(i for i in range(high - low) if mine[i] != theirs[i])
                self.conflicts.append(Conflict(low + i, piece.place, place, theirs[i : i + SHOWN], mine[i : i + SHOWN]))
                return
