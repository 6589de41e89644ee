# cython: language_level=3
"""A connection as its application sees it: recognise the protocol by its content, feed it, and complete its messages.

A protocol is looked for at the beginning of a segment, in both directions: at the start of the stream, and in some later
segments too, since the capture may have begun in the middle, or something else may come first (a proxy's own negotiation).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Final

from analyzer.dissect import applications
from analyzer.dissect.application.stream import NEVER, Conversation, Handover, Message, Opening, Origin

from . import side
from .direction import Direction, Piece

MAX_HEAD: Final = 8192  #: bytes that may wait to be recognised; the request line of HTTP may be as long
SKIP: Final = NEVER - 1  #: a threshold that no stream reaches, of a side whose position is still followed
MAX_HANDOVERS: Final = 8  #: of one connection: CONNECT through proxies, then STARTTLS, then Upgrade are three


class Connection:
    """Both directions of a TCP connection. The messages that are complete are appended to `found`."""

    __slots__ = (
        "_body_limit", "_handovers", "_wanted", "application", "closed", "conversation", "directions", "found", "heads", "noted",
        "origin", "pending", "reset", "tries", "whole",
    )  # fmt: skip

    def __init__(self, origin: Origin, found: list[Message], wanted: frozenset[str], body_limit: int = 0) -> None:
        self.origin = origin
        self.found = found
        self.directions = (Direction(), Direction())
        self.whole = [True, True]  #: False: offset 0 is not the start of the stream
        self.closed = [False, False]
        self.reset = False  #: one side has aborted it
        self.tries = [0, 0]  #: segments in which to look for a protocol yet, in each direction
        self.conversation: Conversation | None = None
        self.application = ""  #: NAME of the protocol that was recognised first; "websocket" after an upgrade to it
        self.pending: tuple[list[Message], list[Message]] = ([], [])  #: whose end lies ahead
        self.noted = ""  #: the application that others know of already
        self.heads: list[bytes] = [b"", b""]  #: waiting to be recognised; they end at Direction.delivered
        self._handovers = 0
        self._wanted = wanted
        self._body_limit = body_limit

    def wanted(self, direction: int) -> int:
        """The offset of the next byte that somebody wants."""
        if self.closed[direction]:
            return NEVER
        if self.conversation is not None:
            return self.conversation.wanted[direction]
        return self.directions[direction].delivered if self.tries[direction] else NEVER

    def threshold(self, direction: int) -> int:
        """The offset that the stream has to reach before somebody has to look at it again."""
        if self.closed[direction]:
            return NEVER
        if self.conversation is None:
            return 0 if self.tries[direction] else SKIP if self.tries[1 - direction] else NEVER
        wanted = self.conversation.wanted[direction]
        pending = self.pending[direction]
        return min(wanted + 1, pending[0].end) if pending else min(wanted + 1, NEVER) if wanted < NEVER else NEVER

    def deliver(self, direction: int) -> None:
        """Pass on what is contiguous now."""
        one = self.directions[direction]
        while (piece := one.ready()) is not None:
            self.take(direction, piece)
        if 0 <= one.end <= one.delivered:
            self.close(direction, ended=True)

    def take(self, direction: int, piece: Piece) -> None:
        """The next bytes of a direction, or a gap."""
        pending = self.pending[direction]
        if pending:
            self._complete(direction)
        self._take(direction, piece)
        if pending:
            self._complete(direction)

    def close(self, direction: int, ended: bool) -> None:
        """This direction is over, in order (`ended`) or not."""
        if self.closed[direction]:
            return
        one = self.directions[direction]
        while one.held:
            one.give_up()
            while (piece := one.ready()) is not None:
                self.take(direction, piece)
        self.heads[direction] = b""
        until_end = [message for message in self.pending[direction] if message.end == NEVER] if ended else []
        before = len(self.found)
        if self.conversation is not None:
            self._receive(self.conversation.close(direction, ended))
        self._complete(direction)
        until_end += [message for message in self.found[before:] if message.start == message.end]
        for message in until_end if ended else ():  # only the FIN shows that they are whole, or is all there is of them
            if message.complete and message.last is not None and one.end_place is not None:
                message.last = max(message.last, one.end_place)
        self.closed[direction] = True
        pending = self.pending[direction]
        for message in pending:
            message.complete = False
            self._finish(message)
        pending.clear()

    def _take(self, direction: int, piece: Piece) -> None:
        conversation = self.conversation
        if conversation is None:
            self._recognise(direction, piece)
            return
        wanted = conversation.wanted[direction]
        if piece.end <= wanted:
            return
        if piece.place is None or piece.data is None:
            messages = conversation.gap(direction, piece.end - wanted)
        else:
            messages = conversation.feed(direction, piece.data[wanted - piece.start :] if wanted > piece.start else piece.data)
        if messages:
            self._receive(messages)
        if conversation.handover is not None:
            self._hand_over(conversation.handover)

    def _receive(self, messages: Sequence[Message]) -> None:
        """Note the beginning of each message, and finish those that are complete."""
        for message in messages:
            message.origin = self.origin
            one = self.directions[message.direction]
            message.first = one.first(message.start)
            if message.end <= one.delivered or not message.complete:
                self._finish(message)
            else:
                self.pending[message.direction].append(message)

    def _complete(self, direction: int) -> None:
        """Finish the messages whose end has been reached."""
        pending = self.pending[direction]
        while pending and pending[0].end <= self.directions[direction].delivered:
            self._finish(pending.pop(0))

    def _finish(self, message: Message) -> None:
        one = self.directions[message.direction]
        message.last, message.missing = one.last(message.start, min(message.end, one.delivered))
        if message.last is None or (message.first is not None and message.first.frame > message.last.frame):
            message.last = message.first
        if message.missing:
            message.complete = False
        if message.end <= one.delivered and not self.pending[message.direction]:
            one.forget(message.start)  # another message may begin before its end: TLS messages end with their record
        self.found.append(message)

    def _recognise(self, direction: int, piece: Piece) -> None:
        if not self.tries[direction]:
            return
        if piece.data is None or not (piece.begins or self.heads[direction]):  # the next segment begins anew
            self.heads[direction] = b""
            self.whole[direction] = False
            return
        head = self.heads[direction] + piece.data if self.heads[direction] else piece.data
        undecided = False
        for module in applications.BY_FIRST_BYTE[head[0]]:
            verdict = module.recognise(head, self.origin.ports)
            if verdict:
                self.heads[direction] = head
                self._open(module, direction)
                return
            undecided |= verdict is None
        self.heads[direction] = head if undecided and len(head) < MAX_HEAD else b""
        if not self.heads[direction]:
            self.whole[direction] = False
            self.tries[direction] -= 1

    def _open(self, module: ModuleType, sender: int, context: object = None) -> None:
        """A conversation in this protocol begins with the heads."""
        if not self.application or module.NAME == "websocket":
            self.application = module.NAME
        heads, self.heads = self.heads, [b"", b""]
        one, other = self.directions
        starts = (one.delivered - len(heads[0]), other.delivered - len(heads[1]))
        whole = (self.whole[0], self.whole[1])
        options = (self._wanted, self._body_limit, applications.BODIES)
        opening = Opening(starts, sender, self.origin.ports, whole, *options, context)
        conversation: Conversation = module.Conversation(opening)
        self.conversation = conversation
        for direction in (sender, 1 - sender):
            if heads[direction]:
                if self.conversation is not conversation:  # it has handed over already
                    self._take(direction, self._again(direction, heads[direction]))
                    continue
                self._receive(conversation.feed(direction, heads[direction]))
                if conversation.handover is not None:
                    self._hand_over(conversation.handover)

    def _again(self, direction: int, data: bytes) -> Piece:
        """Bytes that were delivered and are fed once more, to another conversation."""
        end = self.directions[direction].delivered
        return Piece(end - len(data), end, data, self.directions[direction].first(end - 1))

    def _hand_over(self, handover: Handover) -> None:
        self.conversation = None
        self._handovers += 1
        if self._handovers > MAX_HANDOVERS:
            self.closed = [True, True]
            return
        self.whole = [True, True]
        self.tries = [side.TRIES_FROM_SYN] * 2
        module = applications.STREAMS.get(handover.protocol)
        if module is None:
            self.heads = [b"", b""]
            for direction in (0, 1):
                if handover.rest[direction] and self.conversation is None:
                    self._recognise(direction, self._again(direction, handover.rest[direction]))
            return
        self.heads = list(handover.rest)
        self._open(module, 0, handover.context)
