# cython: language_level=3
"""A connection as its application sees it: recognise the protocol by its content, feed it, and complete its messages.

A protocol is looked for at the beginning of a segment, in both directions: at the start of the stream, and in some later
segments too, since the capture may have begun in the middle, or something else may come first (a proxy's own negotiation).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Final

import cython

from analyzer.dissect import applications
from analyzer.dissect.application.stream import NEVER, Handover, Message, Opening, Origin, Place

from . import side
from .direction import Direction, Piece

MAX_HEAD: Final = 8192  #: bytes that may wait to be recognised; the request line of HTTP may be as long
UNDECIDED: Final = ModuleType("undecided")  #: stands for any of several protocols
SKIP: Final = NEVER - 1  #: a threshold that no stream reaches, of a side whose position is still followed
MAX_HANDOVERS: Final = 8  #: of one connection: CONNECT through proxies, then STARTTLS, then Upgrade are three


def promising(head: bytes, ports: tuple[int, int]) -> ModuleType | None:
    """The protocol that begins with these bytes; UNDECIDED: it takes more of them to know; None: none that is known."""
    undecided = None
    for module in applications.BY_FIRST_BYTE[head[0]]:
        verdict = module.recognise(head, ports)
        if verdict:
            return module
        if verdict is None:
            undecided = UNDECIDED
    return undecided


@cython.cclass
class Connection:
    """Both directions of a TCP connection. The messages that are complete are appended to `found`."""

    origin = cython.declare(object, visibility="readonly")
    directions = cython.declare(tuple, visibility="readonly")
    whole = cython.declare(list, visibility="readonly")  #: of each direction: False: offset 0 is not the start of the stream
    closed = cython.declare(list, visibility="public")
    reset = cython.declare(cython.bint, visibility="public")  #: one side has aborted it
    counted = cython.declare(cython.longlong, visibility="public")  #: held bytes of both directions that others know of
    tries = cython.declare(list, visibility="public")  #: segments in which to look for a protocol yet, in each direction
    conversation = cython.declare(object, visibility="public")  #: a Conversation, once there is one
    application = cython.declare(str, visibility="readonly")  #: the protocol recognised first; "websocket" after an upgrade to it
    noted = cython.declare(str, visibility="public")  #: the application that others know of already
    heads = cython.declare(list, visibility="readonly")  #: waiting to be recognised; they end at Direction.delivered
    _found: list[Message]
    _pending: tuple[list[Message], list[Message]]  # of each direction: the messages whose end lies ahead
    _starts: list[int]  # of each direction: where a protocol begins, whatever segment brings it
    _handovers: cython.int
    _wanted: frozenset[str]
    _body_limit: int

    def __init__(self, origin: Origin, found: list[Message], wanted: frozenset[str], body_limit: int = 0) -> None:
        self.origin = origin
        self.directions = (Direction(), Direction())
        self.whole = [True, True]
        self.closed = [False, False]
        self.reset = False
        self.counted = 0
        self._starts = [0, 0]
        self.tries = [0, 0]
        self.conversation = None
        self.application = self.noted = ""
        self.heads = [b"", b""]
        self._found = found
        self._pending = ([], [])
        self._handovers = 0
        self._wanted = wanted
        self._body_limit = body_limit

    def wanted(self, direction: cython.int) -> cython.longlong:
        """The offset of the next byte that somebody wants."""
        if self.closed[direction]:
            return NEVER
        if self.conversation is not None:
            return self.conversation.wanted[direction]
        return self.directions[direction].delivered if self.tries[direction] else NEVER

    def threshold(self, direction: cython.int) -> cython.longlong:
        """The offset that the stream has to reach before somebody has to look at it again."""
        if self.closed[direction]:
            return NEVER
        if self.conversation is None:
            return 0 if self.tries[direction] else SKIP if self.tries[1 - direction] else NEVER
        wanted: cython.longlong = self.conversation.wanted[direction]
        pending: list[Message] = self._pending[direction]
        wanted = min(wanted + 1, NEVER)
        if pending and pending[0].end < wanted:
            wanted = pending[0].end
        end: cython.longlong = self.directions[direction].end
        return end if 0 <= end < wanted else wanted

    def bring(self, direction: cython.int, start: cython.longlong, end: cython.longlong, data: bytes, place: Place) -> None:
        """The usual segment: it begins where those before it end, and nothing is held behind a hole."""
        self._take(direction, self.directions[direction].advance(start, end, data, place))

    def deliver(self, direction: cython.int) -> None:
        """Pass on what is contiguous now."""
        one = self.directions[direction]
        while (piece := one.ready()) is not None:
            self._take(direction, piece)
        if 0 <= one.end <= one.delivered:
            self.close(direction, ended=True)

    def close(self, direction: cython.int, ended: bool) -> None:
        """This direction is over, in order (`ended`) or not."""
        if self.closed[direction]:
            return
        one = self.directions[direction]
        while one.held:
            one.give_up()
            while (piece := one.ready()) is not None:
                self._take(direction, piece)
        self.heads[direction] = b""
        until_end = [message for message in self._pending[direction] if message.end == NEVER] if ended else []
        before = len(self._found)
        for _ in range(MAX_HANDOVERS):
            conversation = self.conversation
            if conversation is None:
                break
            self._receive(conversation.close(direction, ended))
            if conversation.handover is None:
                break
            self._hand_over(conversation.handover)  # the end has shown that nothing else will
        self._complete(direction)
        until_end += [message for message in self._found[before:] if message.start == message.end]
        for message in until_end if ended else ():  # only the FIN shows that they are whole, or is all there is of them
            if message.complete and message.last is not None and one.end_place is not None:
                message.last = max(message.last, one.end_place)
        self.closed[direction] = True
        pending = self._pending[direction]
        for message in pending:
            message.complete = False
            self._finish(message)
        pending.clear()

    @cython.cfunc
    def _take(self, direction: cython.int, piece: Piece) -> None:
        """The next bytes of a direction, or a gap."""
        pending: list[Message] = self._pending[direction]
        if pending:
            self._complete(direction)
        self._feed(direction, piece)
        if pending:
            self._complete(direction)

    @cython.cfunc
    def _feed(self, direction: cython.int, piece: Piece) -> None:
        conversation = self.conversation
        if conversation is None:
            self._recognise(direction, piece)
            return
        start: cython.longlong = piece.start
        end: cython.longlong = piece.end
        wanted: cython.longlong = conversation.wanted[direction]
        if end <= wanted:
            return
        data: bytes | None = piece.data
        if data is None or piece.place is None:
            messages = conversation.gap(direction, end - wanted)
        else:
            messages = conversation.feed(direction, data[wanted - start :] if wanted > start else data)
        if messages:
            self._receive(messages)
        if conversation.handover is not None:
            self._hand_over(conversation.handover)

    @cython.cfunc
    def _receive(self, messages: Sequence[Message]) -> None:
        """Note the beginning of each message, and finish those that are complete."""
        for message in messages:
            message.origin = self.origin
            one = self.directions[message.direction]
            message.first = one.first(message.start)
            if message.end <= one.delivered or not message.complete:
                self._finish(message)
            else:
                self._pending[message.direction].append(message)

    @cython.cfunc
    def _complete(self, direction: cython.int) -> None:
        """Finish the messages whose end has been reached."""
        pending: list[Message] = self._pending[direction]
        while pending and pending[0].end <= self.directions[direction].delivered:
            self._finish(pending.pop(0))

    @cython.cfunc
    def _finish(self, message: Message) -> None:
        one = self.directions[message.direction]
        delivered: cython.longlong = one.delivered
        start: cython.longlong = message.start
        end: cython.longlong = message.end
        first = message.first
        last, missing = one.last(start, min(end, delivered))
        if last is None or (first is not None and first is not last and first.frame > last.frame):
            last = first
        message.last = last
        if missing:
            message.missing = missing
            message.complete = False
        if end <= delivered and not self._pending[message.direction]:
            one.forget(start)  # another message may begin before its end: TLS messages end with their record
        self._found.append(message)

    @cython.cfunc
    def _recognise(self, direction: cython.int, piece: Piece) -> None:
        if not self.tries[direction]:
            return
        begins: cython.bint = piece.begins or piece.start == self._starts[direction]
        before: bytes = self.heads[direction]
        if piece.data is None or not (begins or before):  # the next segment begins anew
            self.heads[direction] = b""
            self.whole[direction] = False
            return
        for head in (before + piece.data, piece.data) if before and begins else (before + piece.data,):
            module = promising(head, self.origin.ports)
            if module is None:
                self.whole[direction] = False  # if it begins, then with a later segment
                self.tries[direction] -= 1
                if not self.tries[direction]:
                    break
                continue
            self.heads[direction] = head
            if module is not UNDECIDED:
                self._open(module, direction, None)
                return
            if len(head) < MAX_HEAD:
                return
            self.tries[direction] -= 1
            break
        self.heads[direction] = b""
        self.whole[direction] = False

    @cython.cfunc
    def _open(self, module: ModuleType, sender: cython.int, context: object) -> None:
        """A conversation in this protocol begins with the heads."""
        if not self.application or module.NAME == "websocket":
            self.application = module.NAME
        heads, self.heads = self.heads, [b"", b""]
        one, other = self.directions
        starts = (one.delivered - len(heads[0]), other.delivered - len(heads[1]))
        whole = (self.whole[0], self.whole[1])
        opening = Opening(starts, sender, self.origin.ports, whole, self._wanted, self._body_limit, applications.BODIES, context)
        conversation = module.Conversation(opening)
        self.conversation = conversation
        for direction in (sender, 1 - sender):
            if heads[direction]:
                if self.conversation is not conversation:  # it has handed over already
                    self._feed(direction, self._again(direction, heads[direction]))
                    continue
                self._receive(conversation.feed(direction, heads[direction]))
                if conversation.handover is not None:
                    self._hand_over(conversation.handover)

    def _again(self, direction: cython.int, data: bytes) -> Piece:
        """Bytes that were delivered and are fed once more, to another conversation."""
        end = self.directions[direction].delivered
        return Piece(end - len(data), end, data, self.directions[direction].first(end - 1))

    @cython.cfunc
    def _hand_over(self, handover: Handover) -> None:
        self.conversation = None
        self._handovers += 1
        if self._handovers > MAX_HANDOVERS:
            self.closed = [True, True]
            return
        self.whole = list(handover.whole)
        self._starts = list(handover.starts)
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
