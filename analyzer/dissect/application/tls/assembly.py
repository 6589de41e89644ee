# cython: language_level=3
"""Handshake messages out of the payloads of records (RFC 8446 section 5.1): records may split them anywhere, or hold several.

A gap inside a message of which the length is known leaves the next ones readable. After any other one the first payload counts
only if it begins with a hello or consists of whole messages.
"""

import cython

from .handshake import HEADER, MAX_MESSAGE, READABLE, tiles
from .record import hello_begins

SIZE = cython.declare(cython.int, HEADER)


@cython.cclass
class Part:
    """A message, or what there is of it."""

    kind = cython.declare(cython.int, visibility="readonly")
    body = cython.declare(bytes, visibility="readonly")  #: without type and length
    start = cython.declare(cython.longlong, visibility="readonly")  #: offset of its first byte, or of the record that it begins
    end = cython.declare(cython.longlong, visibility="readonly")
    complete = cython.declare(cython.bint, visibility="readonly")
    too_long = cython.declare(cython.bint, visibility="readonly")

    def __init__(
        self,
        kind: cython.int,
        body: bytes,
        start: cython.longlong,
        end: cython.longlong,
        complete: bool = True,
        too_long: bool = False,
    ) -> None:
        self.kind, self.body, self.start, self.end, self.complete, self.too_long = kind, body, start, end, complete, too_long


@cython.cclass
class Assembly:
    """One direction."""

    loose = cython.declare(cython.bint, visibility="readonly")  #: whether the next payload begins with a message is not known
    _pending: bytearray  # of a message that has not come whole, from its type on
    _begin: cython.longlong  # offset where it begins
    _skip: cython.Py_ssize_t  # bytes to leave out: the rest of a message with a gap, or of one that is too long

    def __init__(self, loose: bool) -> None:
        self.loose = loose
        self._pending = bytearray()
        self._begin = 0
        self._skip = 0

    def payload(self, payload: bytes, start: cython.longlong, end: cython.longlong, cut: bool = False) -> list[Part]:
        """The messages that end in a payload. It ends at `end`; a message that begins with it begins at `start`.

        Messages end with their record, before which a receiver cannot use them; where that is `cut`, with their own last byte.
        """
        p: cython.Py_ssize_t = 0
        n: cython.Py_ssize_t = len(payload)
        size: cython.Py_ssize_t
        found: list[Part] = []
        first: cython.longlong = start
        if self._skip:
            p = min(self._skip, n)
            self._skip -= p
            first = end - n + p
        elif self.loose:
            if not hello_begins(payload) and not tiles(payload):
                return found
            self.loose = False
        if self._pending and p < n:
            self._pending += payload[p:]
            if not self._whole():
                return self._limited(end)
            payload = bytes(self._pending)
            self._pending = bytearray()
            first = self._begin
            p = 0
            n = len(payload)
        while p < n:
            if payload[p] not in READABLE:
                self.loose = True
                break
            size = n + 1
            if n - p >= SIZE:
                size = SIZE + (payload[p + 1] << 16 | payload[p + 2] << 8 | payload[p + 3])
            if n - p < size:
                self._pending = bytearray(payload[p:])
                self._begin = first
                return found + self._limited(end)
            p += size
            found.append(Part(payload[p - size], payload[p - size + SIZE : p], first, end - n + p if cut else end))
            first = end - n + p
        return found

    def gap(self, at: int, size: int) -> list[Part]:
        """`size` bytes are missing inside of a record, from offset `at` on. What there is of the message that has a gap now."""
        if self._skip:
            self.loose = self._skip < size
            self._skip = max(self._skip - size, 0)
            return []
        missing = self._size() - len(self._pending)
        cut = self.abandon(at)
        self.loose = missing < size
        self._skip = max(missing - size, 0)
        return cut

    def lose(self, at: int) -> list[Part]:
        """From offset `at` on nothing is known."""
        cut = self.abandon(at)
        self.loose = True
        self._skip = 0
        return cut

    def abandon(self, end: int, too_long: bool = False) -> list[Part]:
        """The message that has begun will not come whole: what there is of it, up to offset `end`."""
        pending = bytes(self._pending)
        self._pending = bytearray()
        if len(pending) < SIZE:
            return []
        return [Part(pending[0], b"" if too_long else pending[SIZE:], self._begin, end, False, too_long)]

    def _size(self) -> int:
        """Of the message that has begun, with its header; 0 while that is not known."""
        pending = self._pending
        return SIZE + (pending[1] << 16 | pending[2] << 8 | pending[3]) if len(pending) >= SIZE else 0

    def _whole(self) -> bool:
        return 0 < self._size() <= len(self._pending)

    def _limited(self, end: int) -> list[Part]:
        """Give up a message that will have more than MAX_MESSAGE bytes, but not what follows it."""
        size = self._size()
        if size <= SIZE + MAX_MESSAGE:
            return []
        self._skip = size - len(self._pending)
        return self.abandon(end, True)
