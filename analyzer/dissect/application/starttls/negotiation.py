"""From the clear to TLS on one connection (RFC 8314 calls it STARTTLS): where it begins in each direction.

TLS begins in the direction of the client behind the message that asks for it, and in the other behind the one that consents.
The messages themselves say which is which. Each direction is read apart from the other, since the capture may show an answer
before its question, or a ClientHello before the consent: one in which TLS may have begun waits for the other. If what follows
there cannot be TLS, it had not begun: the request was refused, or this was the answer to something else.

Where request or consent is missing (a gap, a capture that begins later), a record with a hello where a message should begin
says as much, or any record at the beginning of a segment behind a gap. Where nothing of one direction was captured, the other
one is enough as soon as more follows its hello: then the peer must have answered, and its answer is not merely late.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Final, NamedTuple

from analyzer.dissect.application.stream import NEVER, Handover, Message, Opening

MAX_WATCHED: Final = 1 << 14  #: bytes of a direction; who has not begun TLS by then, will not: all of them do so before the login

MAY_BEGIN_TLS: Final = frozenset(
    (*range(0x14, 0x18), *range(0x80, 0x100))
)  #: a record, or a ClientHello in the format of SSL 2.0
RECORD_TYPES: Final = range(0x14, 0x18)
MAJOR_VERSION: Final = 3
LAST_MINOR: Final = 4
HELLOS: Final = (1, 2)  #: types of handshake messages
LENGTH: Final = 3  #: of a record
RECORD_HEADER: Final = 5
HELLO: Final = 6  #: bytes that show one: record header, type
HANDSHAKE_HEADER: Final = 4  #: type, length


class Step(NamedTuple):
    """What a message means for the way to TLS."""

    kind: str  #: "request", "consent", "record" (TLS itself) or "over" (it goes on without TLS, for sure)
    key: Hashable = None  #: that of a request and of its consent are equal


RECORD: Final = Step("record")
OVER: Final = Step("over")
PAIR: Final = frozenset(("request", "consent"))


class Side:
    """One direction."""

    __slots__ = ("held", "lost", "messages", "offset", "replies", "step", "watched", "whole")

    def __init__(self, offset: int, whole: bool) -> None:
        self.offset = offset  #: of the first byte that is held
        self.held = bytearray()  #: not read yet
        self.step: Step | None = None  #: TLS may begin at `offset`
        self.whole = whole  #: nothing is missing so far
        self.lost = False  #: after a gap: a segment, too, may begin with a record
        self.messages = 0  #: read so far
        self.replies = 0  #: those of them that answer something, where a protocol counts them
        self.watched = 0

    def silent(self) -> bool:
        """Nothing of it has come."""
        return not (self.watched or self.lost)


class Negotiation(ABC):
    """A Conversation without messages, that only hands over. A protocol says where its messages end, and what they mean."""

    def __init__(self, opening: Opening) -> None:
        self.wanted = list(opening.starts)
        self.handover: Handover | None = None
        self._sides = (Side(opening.starts[0], opening.whole[0]), Side(opening.starts[1], opening.whole[1]))

    @abstractmethod
    def end_of_message(self, held: bytearray) -> int:
        """Where the first message ends; 0: not in here; -1: these bytes are no message."""

    @abstractmethod
    def read(self, side: Side, message: bytes) -> Step | None:
        """What a message means."""

    def feed(self, direction: int, data: bytes) -> tuple[Message, ...]:
        """Read on in this direction."""
        if self.wanted[direction] == NEVER:
            return ()
        self.wanted[direction] += len(data)
        side = self._sides[direction]
        at_record = side.lost and _is_record(data)
        if at_record:
            side.offset += len(side.held)
            side.held.clear()
        side.held += data
        side.watched += len(data)
        if at_record:
            side.step = RECORD
        self._advance(side)
        one, other = self._sides
        agreed = one.step is not None and other.step is not None and _agree(one.step, other.step)
        if agreed or (side.step not in (None, OVER) and self._sides[1 - direction].silent() and _goes_on(side.held)):
            self.handover = Handover("tls", (one.offset, other.offset), (bytes(one.held), bytes(other.held)))
            self.handover.whole = (agreed or direction == 0, agreed or direction == 1)
        elif side.step is OVER or side.watched > MAX_WATCHED:
            self._give_up()
        return ()

    def gap(self, direction: int, size: int) -> tuple[Message, ...]:
        """Bytes are missing: what is held leads nowhere."""
        if self.wanted[direction] == NEVER:
            return ()
        self.wanted[direction] += size
        side = self._sides[direction]
        side.offset = self.wanted[direction]
        side.held.clear()
        side.step = None
        side.whole, side.lost = False, True
        return ()

    def close(self, direction: int, ended: bool) -> tuple[Message, ...]:
        """Nothing to finish."""
        self.wanted[direction] = NEVER
        return ()

    def _advance(self, side: Side) -> None:
        """Read messages up to where TLS may begin."""
        while True:
            if side.step is not None:
                if not side.held or side.held[0] in MAY_BEGIN_TLS:
                    return
                side.step = None
            hello = _is_hello(side.held)
            if hello is not False:
                side.step = RECORD if hello else None
                return
            end = self.end_of_message(side.held)
            if not end:
                return
            if end < 0:
                side.step = None if side.lost else OVER
                side.offset += len(side.held)
                side.held.clear()
                return
            message = bytes(side.held[:end])
            del side.held[:end]
            side.offset += end
            side.messages += 1
            side.step = self.read(side, message)
            if side.step is OVER and side.lost:
                side.step = None
            elif side.step is OVER:
                return

    def _give_up(self) -> None:
        self.wanted = [NEVER, NEVER]
        for side in self._sides:
            side.held.clear()


def _agree(one: Step, other: Step) -> bool:
    if RECORD in (one, other):
        return OVER not in (one, other)
    return {one.kind, other.kind} == PAIR and one.key == other.key


def _is_record(data: bytes) -> bool:
    return len(data) > 2 and data[0] in RECORD_TYPES and data[1] == MAJOR_VERSION and data[2] <= LAST_MINOR


def _is_hello(held: bytearray) -> bool | None:
    """Whether a record begins here, with a hello in it; None: it may, more bytes are needed."""
    if bytes(held[:2]) not in (b"\x16", b"\x16\x03"):
        return False
    if len(held) < HELLO:
        return None
    return held[2] <= LAST_MINOR and held[HELLO - 1] in HELLOS


def _goes_on(held: bytearray) -> bool:
    """Whether a record with a whole hello stands here, and more behind it."""
    if not _is_hello(held):
        return False
    end = RECORD_HEADER + int.from_bytes(held[LENGTH:RECORD_HEADER], "big")
    size = RECORD_HEADER + HANDSHAKE_HEADER + int.from_bytes(held[HELLO : HELLO + 3], "big")
    return size <= end < len(held)


class Lines(Negotiation):
    """A protocol of lines."""

    def end_of_message(self, held: bytearray) -> int:
        """Behind the line feed."""
        return held.find(b"\n") + 1
