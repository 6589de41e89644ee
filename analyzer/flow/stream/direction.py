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
from typing import Final, NamedTuple

import cython

from analyzer.dissect.application.stream import Place

MAX_HELD_BYTES: Final = 1 << 22  #: of segments behind holes, in one direction; the largest usual receive window
MAX_HELD: Final = 8192  #: such segments
MAX_PIECES: Final = 1024  #: delivered pieces that are told apart, for messages that are not complete yet; older ones become one
MAX_RECENT: Final = 1 << 14  #: delivered bytes that are kept to be compared with further copies
MAX_RECENT_PIECES: Final = 64  #: in so many pieces
PATIENCE_NS: Final = 100_000_000  #: a capture may show an acknowledgment before what it acknowledges; packets overtake no longer
SHOWN: Final = 16  #: bytes of a conflict that are kept


@cython.cclass
class Piece:
    """Bytes of a stream as one segment brought them; data None: not wanted, or cut off by the capture; place None: missing."""

    start = cython.declare(cython.longlong, visibility="readonly")
    end = cython.declare(cython.longlong, visibility="readonly")
    data = cython.declare(bytes, visibility="readonly")
    place = cython.declare(object, visibility="readonly")
    begins = cython.declare(cython.bint, visibility="readonly")  #: its first byte is also the first of its segment
    missing = cython.declare(cython.longlong, visibility="readonly")  #: bytes of it that no segment brought

    def __init__(
        self, start: cython.longlong, end: cython.longlong, data: bytes | None, place: Place | None, begins: bool = True
    ) -> None:
        self.start, self.end, self.data, self.place, self.begins = start, end, data, place, begins
        self.missing = end - start if place is None else 0


class Conflict(NamedTuple):
    """Two copies of the same bytes that differ; offset is that of the first such byte."""

    offset: int
    first: Place
    second: Place
    first_bytes: bytes
    second_bytes: bytes


@cython.cclass
class Direction:
    """Hand it segments with `insert`; `ready` gives what has become contiguous."""

    delivered = cython.declare(cython.longlong, visibility="public")  #: everything before it was given to `ready`
    end = cython.declare(cython.longlong, visibility="public")  #: offset of the FIN; -1: none was seen
    end_place = cython.declare(object, visibility="public")  #: its frame
    held = cython.declare(list, visibility="readonly")  #: behind holes, in order, without overlaps
    held_bytes = cython.declare(cython.longlong, visibility="readonly")
    conflicts = cython.declare(list, visibility="readonly")
    gaps = cython.declare(cython.longlong, visibility="public")  #: holes given up that the receiver had acknowledged
    gap_bytes = cython.declare(cython.longlong, visibility="public")
    gap_places = cython.declare(list, visibility="readonly")  #: what came behind each of them
    _acknowledged: cython.longlong  # offset up to which the receiver had everything when it was noticed
    _noticed: cython.longlong
    _pieces: list[Piece]  # delivered: those whose places may be asked for
    _recent: list[Piece]  # delivered: the last ones; only these keep their data
    _recent_bytes: cython.longlong

    def __init__(self) -> None:
        self.delivered = 0
        self.end = -1
        self.end_place = None
        self.held = []
        self.held_bytes = 0
        self.conflicts = []
        self.gaps = self.gap_bytes = 0
        self.gap_places = []
        self._acknowledged = -1
        self._noticed = 0
        self._pieces = []
        self._recent = []
        self._recent_bytes = 0

    def insert(self, start: cython.longlong, end: cython.longlong, data: bytes | None, place: Place) -> None:
        """A segment has come. `data` may be shorter than end - start: the rest came as well, but the capture has cut it off."""
        begins: cython.bint = True
        if start < self.delivered:
            self._compare(self._recent, 0, start, data, place)
            if end <= self.delivered:
                return
            data = None if data is None else data[self.delivered - start :]
            start, begins = self.delivered, False
        if data is not None and start + len(data) < end:
            if data:
                self._hold(Piece(start, start + len(data), data, place, begins))
            self._hold(Piece(start + len(data), end, None, place, False))
        else:
            self._hold(Piece(start, end, data, place, begins))

    def ready(self) -> Piece | None:
        """The next piece that can be delivered, which counts as delivered then; None: the rest waits, if there is any."""
        if not self.held:
            return None
        piece: Piece = self.held[0]
        if piece.start != self.delivered:
            return None
        del self.held[0]
        if piece.data is not None:
            self.held_bytes -= len(piece.data)
        self._advance(piece)
        return piece

    def advance(self, start: cython.longlong, end: cython.longlong, data: bytes, place: Place) -> Piece:
        """A segment that begins where those before it end is delivered: what `insert` and `ready` would do with it."""
        piece = Piece(start, end, data, place)
        self._advance(piece)
        return piece

    @cython.cfunc
    def _advance(self, piece: Piece) -> cython.void:
        self.delivered = piece.end
        if len(self._pieces) >= MAX_PIECES:
            self._join(MAX_PIECES // 2)
        self._pieces.append(piece)
        if piece.data is not None:
            self._recent.append(piece)
            self._recent_bytes += len(piece.data)
            while len(self._recent) > 1 and (self._recent_bytes > MAX_RECENT or len(self._recent) > MAX_RECENT_PIECES):
                self._recent_bytes -= self._forget_oldest()

    @cython.cfunc
    def _join(self, count: cython.Py_ssize_t) -> cython.void:
        """Make one of the oldest pieces: where its bytes came last, and how many are missing, is all that is kept of them."""
        piece: Piece
        latest = None
        missing: cython.longlong = 0
        for piece in self._pieces[:count]:
            missing += piece.missing
            if piece.place is not None and (latest is None or piece.place.frame > latest.frame):
                latest = piece.place
        joined = Piece(self._pieces[0].start, self._pieces[count - 1].end, None, latest)
        joined.missing = missing
        self._pieces[:count] = [joined]

    @cython.cfunc
    def _forget_oldest(self) -> cython.Py_ssize_t:
        """Of the recent pieces the oldest loses its data: so many bytes."""
        oldest: Piece = self._recent[0]
        size: cython.Py_ssize_t = len(oldest.data)
        oldest.data = None
        del self._recent[0]
        return size

    def hopeless(self, acknowledged: cython.longlong, now: cython.longlong) -> bool:
        """Whether the hole has to be given up; `acknowledged` is the offset of an acknowledgment at the time `now`, or -1."""
        if not self.held:
            return False
        if len(self.held) > MAX_HELD or self.held_bytes > MAX_HELD_BYTES:
            return True
        first: Piece = self.held[0]
        if self._acknowledged < first.start <= acknowledged:
            self._acknowledged, self._noticed = acknowledged, now
        return bool(self._acknowledged >= first.start and now - self._noticed >= PATIENCE_NS)

    def give_up(self) -> None:
        """The hole before the segments that are held will not be filled: `ready` goes on with it, as a gap."""
        if not self.held:
            return
        behind: Piece = self.held[0]
        if behind.start == self.delivered:
            return  # nothing is missing: `ready` was not asked since the hole was filled
        if self._acknowledged >= behind.start:
            self.gaps += 1
            self.gap_bytes += behind.start - self.delivered
            if behind.place is not None:
                self.gap_places.append(behind.place)
        self.held.insert(0, Piece(self.delivered, behind.start, None, None))

    def first(self, offset: cython.longlong) -> Place | None:
        """Where the byte at `offset` came; the nearest there is if it is missing or forgotten."""
        piece: Piece
        nearest = None
        for piece in reversed(self._pieces):
            if piece.place is not None:
                if nearest is None or piece.end > offset:
                    nearest = piece.place
                if piece.start <= offset:
                    break
        return nearest

    def last(self, start: cython.longlong, end: cython.longlong) -> tuple[Place | None, int]:
        """The latest place of all bytes from start to end, and how many of them are missing."""
        piece: Piece
        missing: cython.longlong = 0
        latest = None
        for piece in reversed(self._pieces):
            if piece.end <= start:
                break
            if piece.start < end:
                missing += min(piece.missing, min(piece.end, end) - max(piece.start, start))
                if piece.place is not None and (latest is None or piece.place.frame > latest.frame):
                    latest = piece.place
        return latest, missing

    def forget(self, offset: cython.longlong) -> None:
        """Nobody will ask for the frames of bytes before `offset`."""
        piece: Piece
        count: cython.Py_ssize_t = 0
        for piece in self._pieces:
            if piece.end > offset:
                break
            count += 1
        del self._pieces[:count]

    def _hold(self, piece: Piece) -> None:
        """Put a piece among the held ones, as far as these do not have its bytes already."""
        held: list[Piece] = self.held
        if not held or held[-1].end <= piece.start:
            self._put(len(held), piece)
            return
        at = bisect_right(held, piece.start, key=lambda other: other.start)
        if at and held[at - 1].end > piece.start:
            at -= 1
        start: cython.longlong = piece.start
        if piece.place is not None:
            self._compare(held, at, start, piece.data, piece.place)
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

    def _compare(self, known: list[Piece], at: int, start: int, data: bytes | None, place: Place) -> None:
        """Note where `data` differs from the copies in `known` from the one `at` on.

        A single byte may be a keep-alive (RFC 9293 section 3.8.4).
        """
        if data is None or len(data) <= 1:
            return
        for piece in known[at : at + MAX_PIECES]:
            if piece.data is None or piece.place is None or piece.end <= start or piece.start >= start + len(data):
                continue
            low, high = max(piece.start, start), min(piece.end, start + len(data))
            mine, theirs = data[low - start : high - start], piece.data[low - piece.start : high - piece.start]
            if mine != theirs:
                i = next(i for i in range(high - low) if mine[i] != theirs[i])
                self.conflicts.append(Conflict(low + i, piece.place, place, theirs[i : i + SHOWN], mine[i : i + SHOWN]))
                return
