"""Where the records of a direction lie once nothing in them can be read any more (RFC 8446 section 5.1).

Only headers are looked at. Behind a gap over a header nobody knows where the next one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analyzer.dissect.application.stream import NEVER, Message

from .record import HEADER, plausible


@dataclass(slots=True, kw_only=True, eq=False)
class Record(Message):
    """An encrypted record: the receiver must have all of it before it can use any of it."""

    PROTOCOL: ClassVar[str] = "tls_record"

    type: int  #: content type in its header; from TLS 1.3 on application data whatever it is


class Following:
    """The records of one direction from an offset on."""

    def __init__(self, direction: int, at: int) -> None:
        self.wanted = at  #: as Conversation.wanted
        self._direction = direction
        self._held = b""

    def feed(self, data: bytes) -> list[Record]:
        """The bytes at `wanted`, and the records whose headers they complete; those end further on."""
        held = self._held + data
        start = self.wanted - len(self._held)
        p = 0
        found: list[Record] = []
        while len(held) - p >= HEADER:
            if not plausible(held, p):
                self._held, self.wanted = b"", NEVER
                return found
            length = HEADER + (held[p + 3] << 8 | held[p + 4])
            found.append(Record(direction=self._direction, start=start + p, end=start + p + length, type=held[p]))
            p += length
        self._held = held[p:]
        self.wanted = start + max(p, len(held))
        return found

    def stop(self) -> None:
        """A gap, or the end of the stream."""
        self._held, self.wanted = b"", NEVER
