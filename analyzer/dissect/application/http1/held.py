"""Bytes and gaps of one direction that wait until it is known what they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


class Held:
    """Pieces in the order of the stream."""

    __slots__ = ("_items", "size")

    def __init__(self) -> None:
        self.size = 0  #: of everything, gaps included
        self._items: deque[bytes | int] = deque()

    def data(self, piece: bytes) -> None:
        """Further bytes."""
        if piece:
            self._items.append(piece)
            self.size += len(piece)

    def gap(self, size: int) -> None:
        """So many bytes are missing."""
        self._items.append(size)
        self.size += size

    def take(self) -> tuple[int, bytes]:
        """(size, bytes or nothing for a gap) of the first piece, which is held no more."""
        item = self._items.popleft()
        size, piece = (item, b"") if isinstance(item, int) else (len(item), item)
        self.size -= size
        return size, piece

    def put_before(self, other: Held) -> None:
        """Take what another one holds, in front of all that is here."""
        self._items.extendleft(reversed(other._items))
        self.size += other.size

    def pieces(self, start: int) -> Iterator[tuple[int, int, bytes]]:
        """(offset, size, bytes or nothing for a gap) of each piece; the first is at the offset `start`."""
        for item in self._items:
            size, piece = (item, b"") if isinstance(item, int) else (len(item), item)
            yield start, size, piece
            start += size

    def rest(self, start: int, before: bytes) -> tuple[int, bytes, bool]:
        """(offset, bytes) of what stands behind the last gap, and whether there was none; `before` ends at the offset `start`."""
        begin, parts, whole = start - len(before), [before], True
        for offset, size, piece in self.pieces(start):
            if piece:
                parts.append(piece)
            else:
                begin, parts, whole = offset + size, [], False
        return begin, b"".join(parts), whole
