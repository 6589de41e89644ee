"""DNS over a byte stream (RFC 1035 section 4.2.2, RFC 7766): each message stands behind its length in two bytes.

Several may be on their way at once, and be answered in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analyzer.dissect.application.stream import Handover, Opening

from .message import DnsMessage
from .placing import placed
from .recognise import LENGTH_SIZE, protocol_of, recognise

MAX_MESSAGE: Final = LENGTH_SIZE + 0xFFFF


class Conversation:
    """Both directions; each is read on its own."""

    def __init__(self, opening: Opening) -> None:
        self.handover: Handover | None = None
        self.wanted = list(opening.starts)
        protocol = protocol_of(opening.ports)
        self._directions = tuple(_Direction(d, protocol, opening.ports, opening.whole[d]) for d in (0, 1))

    def feed(self, direction: int, data: bytes) -> Sequence[DnsMessage]:
        found = self._directions[direction].feed(self.wanted[direction], data)
        self.wanted[direction] += len(data)
        return found

    def gap(self, direction: int, size: int) -> Sequence[DnsMessage]:
        found = self._directions[direction].gap(self.wanted[direction], size)
        self.wanted[direction] += size
        return found

    def close(self, direction: int, ended: bool) -> Sequence[DnsMessage]:
        return self._directions[direction].cut()


class _Direction:
    """Holds the bytes of one message that is not there as a whole: at most MAX_MESSAGE of them and one segment."""

    def __init__(self, direction: int, protocol: str, ports: tuple[int, int], in_step: bool) -> None:
        self._direction = direction
        self._protocol = protocol
        self._ports = ports
        self._held = b""
        self._start = 0  #: where in the stream `_held` begins
        self._skip = 0  #: bytes of a message with a hole that are still to come
        self._judged = 0  #: while messages are looked for: `_held` is worth another look when it has so many bytes
        self._in_step = in_step  #: messages are known to begin at `_start`; else the beginning of each segment is tried

    def feed(self, at: int, data: bytes) -> list[DnsMessage]:
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            at, data = at + skipped, data[skipped:]
            if not data:
                return []
        if not self._in_step:
            self._seek(at, data)
        elif self._held:
            self._held += data
        else:
            self._held, self._start = data, at
        return self._whole() if self._in_step else []

    def _seek(self, at: int, data: bytes) -> None:
        """Messages begin at the start of a segment, if the first of them is whole and every part of it makes sense.

        What is held is looked at when it has doubled or is whole: at every segment, small ones would take quadratic time.
        """
        if self._held and len(self._held) + len(data) < self._judged:
            self._held += data
            return
        for start, held in ((self._start, self._held + data), (at, data)) if self._held else ((at, data),):
            verdict = self._whole_message(held)
            if verdict is not False:
                self._start, self._held, self._in_step = start, held, bool(verdict)
                self._judged = 2 * len(held)
                if len(held) >= LENGTH_SIZE:
                    self._judged = min(self._judged, LENGTH_SIZE + (held[0] << 8 | held[1]))
                return
        self._held = b""

    def _whole_message(self, held: bytes) -> bool | None:
        if len(held) >= LENGTH_SIZE and len(held) < LENGTH_SIZE + (held[0] << 8 | held[1]):
            return None if recognise(held, self._ports) is not False else False
        return recognise(held, self._ports)

    def _whole(self) -> list[DnsMessage]:
        held, at, found = self._held, 0, []
        while at + LENGTH_SIZE <= len(held):
            end = at + LENGTH_SIZE + (held[at] << 8 | held[at + 1])
            if end > len(held):
                break
            if end > at + LENGTH_SIZE:  # an empty one says nothing
                found.append(self._message(held[at + LENGTH_SIZE : end], self._start + at, self._start + end))
            at = end
        self._held, self._start = held[at:], self._start + at
        return found

    def gap(self, at: int, size: int) -> list[DnsMessage]:
        if self._skip:
            self._in_step = size <= self._skip
            self._skip = max(self._skip - size, 0)
            return []
        held, start = self._held, self._start
        found = self.cut()
        end = start + LENGTH_SIZE + (held[0] << 8 | held[1]) if self._in_step and len(held) >= LENGTH_SIZE else 0
        self._in_step = end >= at + size
        self._skip = end - at - size if self._in_step else 0
        return found

    def cut(self) -> list[DnsMessage]:
        """The message of which the beginning is held, without the rest."""
        held, self._held = self._held, b""
        if not self._in_step or len(held) <= LENGTH_SIZE:
            return []
        end = self._start + LENGTH_SIZE + (held[0] << 8 | held[1])
        return [self._message(held[LENGTH_SIZE:], self._start, end, False)]

    def _message(self, data: bytes, start: int, end: int, complete: bool = True) -> DnsMessage:
        return placed(data, self._protocol, self._direction, start, end, complete)
