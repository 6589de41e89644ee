"""What the messages of one direction say: the beginning of each, unmasked and decompressed, where somebody wants it."""

from __future__ import annotations

from .deflate import Agreement, Inflater
from .frame import Frame


class Content:
    """Fed the unmasked payloads of one message after the other; keeps at most `limit` bytes of each."""

    def __init__(self, limit: int, agreed: Agreement | None) -> None:
        self._limit = limit
        self._inflater = Inflater(agreed) if limit and agreed else None
        self._compressed = False
        self._kept = bytearray()
        self._cut = False
        self._whole = False  #: nothing of the message is missing so far

    def begin(self, compressed: bool) -> None:
        """A message begins."""
        self._compressed = compressed
        self._kept = bytearray()
        self._cut = False
        self._whole = self._limit > 0 and (not compressed or self._inflater is not None)
        if compressed and self._inflater:
            self._inflater.begin()
            self._whole = not self._inflater.broken

    @property
    def wanted(self) -> bool:
        """Whether the next bytes of the message matter."""
        if not self._whole:
            return False
        return not self._cut or (self._compressed and self._inflater is not None and self._inflater.takeover)

    def add(self, data: bytes) -> None:
        """The next bytes of the message."""
        if self._compressed and self._inflater:
            more = self._inflater.add(data, self._kept, self._limit)
            self._whole = not self._inflater.broken
        else:
            room = self._limit - len(self._kept)
            self._kept += data[:room]
            more = len(data) > room
        self._cut = self._cut or more

    def skip(self, size: int) -> None:
        """The next bytes of the message, which were not wanted or are missing."""
        if size and self.wanted:
            self.damage()

    def damage(self) -> None:
        """A part of the message is missing."""
        if self._compressed:
            self.lose()
        self._whole = False

    def lose(self) -> None:
        """Maybe whole messages are missing."""
        self._whole = False
        if self._inflater:
            self._inflater.damage()

    def finish(self, frame: Frame, text: bool) -> None:
        """The message is at its end with this frame: put what it says there."""
        if self._compressed and self._inflater and self.wanted:
            self._cut = self._inflater.finish(self._kept, self._limit) or self._cut
            self._whole = not self._inflater.broken
        if self._whole or self._cut:
            frame.content, frame.content_cut, frame.text = bytes(self._kept), self._cut, text
        self._kept = bytearray()
        self._whole = False
