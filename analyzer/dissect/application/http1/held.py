"""Bytes and gaps of one direction that wait until it is known what they are."""

from __future__ import annotations

from collections.abc import Iterator


class Held:
    """Pieces in the order of the stream."""

    __slots__ = ("_items", "size")

    def __init__(self) -> None:
        self.size = 0  #: of everything, gaps included
        self._items: list[bytes | int] = []

    def data(self, piece: bytes) -> None:
        """Further bytes."""
        if piece:
            self._items.append(piece)
            self.size += len(piece)

    def gap(self, size: int) -> None:
        """So many bytes are missing."""
        self._items.append(size)
        self.size += size

    def pieces(self, start: int) -> Iterator[tuple[int, int, bytes]]:
        """(offset, size, bytes or nothing for a gap) of each piece; the first is at the offset `start`."""
        for item in self._items:
            size, piece = (item, b"") if isinstance(item, int) else (len(item), item)
            yield start, size, piece
            start += size

    def rest(self, start: int, before: bytes) -> tuple[int, bytes]:
        """(offset, bytes) of what stands behind the last gap; `before` are the bytes that end at the offset `start`."""
        begin, parts = start - len(before), [before]
        for offset, size, piece in self.pieces(start):
            if piece:
                parts.append(piece)
            else:
                begin, parts = offset + size, []
        return begin, b"".join(parts)
