"""A connection that speaks HTTP/1.x: which response answers which request, and when it stops to be HTTP (RFC 9110, RFC 9112).

Responses come in the order of the requests (RFC 9112 section 9.3.2). Where a gap has swallowed heads, that order helps only if
the client did not pipeline: then at most one request waits, and an older one has lost its response. If it did, nobody can tell
from there on, and responses have no request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from analyzer.dissect.application.stream import NEVER, Exchange, Handover, Message, Opening

from .beginning import LONGEST_START
from .body import exchange
from .message import Flaw, HttpMessage, Request, Response, tokens
from .side import Side
from .start_line import recognise
from .state import Blocked, State

MAX_PENDING: Final = 1024  #: requests that wait for their response
NOBODY: Final = -1  #: in place of a direction
MAX_HELD: Final = 1 << 18  #: bytes that wait for the other direction
SHOWING_MESSAGES: Final = frozenset(("http", "sse", "websocket"))  #: rows for which every message has to be parsed


class Conversation:
    """Both directions of a connection."""

    def __init__(self, opening: Opening) -> None:
        self.handover: Handover | None = None
        self.wanted = list(opening.starts)
        self._opening = opening
        self._sides = (Side(0, opening, self), Side(1, opening, self))
        self._pending: deque[Request] = deque()
        self._last: Request | None = None  #: the one whose final response began last
        self._pipelined = False  #: a response came although its request was not the only one that waited
        self._doubtful: Request | None = None  #: behind a gap that may have swallowed requests, while others waited already
        self._pairing = True
        self._patient = True  #: responses wait for requests that come late
        self._switching: Request | None = None  #: asks to speak something else
        self._shortest = NEVER  #: bytes of the shortest request
        self._passed = NOBODY  #: the direction of requests behind a gap, of which the next is to be fed yet
        self._orphan = False  #: the next response answers the one request that the gap swallowed
        self._look_again = 0  #: bytes that have to be held before they are looked at once more
        self._all = bool(opening.wanted & SHOWING_MESSAGES)

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        """The next bytes of a direction."""
        out: list[Message] = []
        side = self._sides[direction]
        side.feed(data, out)
        if self._passed == direction:
            self._passed = NOBODY
        if side.blocked or self._sides[1 - direction].blocked or self.handover is not None:
            self._settle(out)
        self.wanted[direction] = side.wanted
        return out

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        """Bytes are missing.

        A response that waits has lost its request with them. Those behind it wait for the request behind the gap, if it can have
        swallowed only one: two would be longer.
        """
        out: list[Message] = []
        side = self._sides[direction]
        between = side.between
        side.gap(size, out)
        other = self._sides[1 - direction]
        if other.blocked == Blocked.REQUEST and between and self._patient and size < 2 * self._shortest:
            self._passed, self._orphan = direction, True
        self._settle(out)
        return out

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        """A direction is over."""
        out: list[Message] = []
        self._sides[direction].close(ended, out)
        self._passed = NOBODY
        self._settle(out)
        return out

    def ready(self, side: Side) -> bool:
        """Whether the request of the next response is there, or will not come."""
        if self._pending or not (self._patient and self._pairing):
            return True
        other = self._sides[1 - side.direction]
        if self._passed == other.direction and not self._orphan:
            return False
        return not other.certain or other.closed is not None or other.state >= State.LOST

    def request(self, side: Side, request: Request) -> None:
        """Put it into the queue."""
        if side.missed and self._pending:
            self._doubtful = self._doubtful or request
        side.missed = False
        self._shortest = min(self._shortest, request.head_end - request.start)
        if len(self._pending) >= MAX_PENDING:
            self._give_up_pairing()
        if self._pairing:
            self._pending.append(request)

    def answered(self, request: Request) -> bool:
        """Whether its final response has begun."""
        return request is self._last

    def response(self, side: Side, response: Response) -> str:
        """Find its request."""
        pending = self._pending
        if pending and pending[0].direction == side.direction:  # both directions send both: no pair
            return ""
        if self._orphan:
            self._orphan = response.status < 200
            return ""
        if len(pending) > 1:
            if not side.missed:
                self._pipelined = True
            elif self._pipelined:
                self._give_up_pairing()
            while len(pending) > 1 and side.missed:
                pending.popleft()
        if pending and pending[0] is self._doubtful:
            if side.missed:
                self._doubtful = None
            else:
                self._give_up_pairing()
        side.missed = False
        request = pending[0] if pending else None
        if request is not None and (response.status >= 200 or response.status == 101):
            pending.popleft()
            self._last = request
        response.request = request
        if request is None and not (self._pairing and self._patient):
            response.flaws |= Flaw.UNPAIRED
        return request.method if request else ""

    def _give_up_pairing(self) -> None:
        """From here on responses have no request."""
        self._pending.clear()
        self._pairing = False

    def begun(self, side: Side, message: HttpMessage, length: int) -> None:
        """See whether the connection changes its protocol, or is of no interest any more."""
        if isinstance(message, Request):
            if (message.method == "CONNECT" or message.upgrade) and not length:
                self._switching, self._look_again = message, 0
                side.block(Blocked.ANSWER)
            elif not self._all:
                self._stop()
        elif isinstance(message, Response):
            request = message.request
            if message.status == 101:
                self._switch(side, tokens(message.fields.get("upgrade", ""))[:1], message)
            elif request is not None and request.method == "CONNECT" and 200 <= message.status < 300:
                self._switch(side, [], message)
            elif message.status >= 200:
                if request is self._switching:
                    self._switching = None
                if not self._all and request is None:
                    self._stop()

    def _switch(self, side: Side, protocols: list[str], response: Response) -> None:
        """Hand over what follows in both directions, once the bytes that are here are cut off from HTTP."""
        side.block(Blocked.ANSWER)
        self.handover = Handover("websocket" if protocols == ["websocket"] else "", (0, 0), context=exchange(response))

    def _stop(self) -> None:
        for side in self._sides:
            side.stop()
        self.wanted[:] = [side.wanted for side in self._sides]

    def _settle(self, out: list[Message]) -> None:
        """Let each side go on that has waited long enough."""
        again = True
        while again and self.handover is None:
            again = False
            for side in self._sides:
                if side.blocked and self.handover is None and self._may_go_on(side):
                    side.resume(out)
                    again = True
        if self.handover is not None:
            seen = self.handover.whole
            (first, one, known), (second, two, known_too) = (side.rest() for side in self._sides)
            whole = (known and seen[0], known_too and seen[1])
            self.handover = Handover(self.handover.protocol, (first, second), (one, two), self.handover.context, whole)
        self.wanted[:] = [side.wanted for side in self._sides]

    def _may_go_on(self, side: Side) -> bool:
        if side.blocked == Blocked.REQUEST:
            if side.held.size > MAX_HELD:
                self._patient = False
            return self.ready(side)
        if self._switching is None:
            return True
        other = self._sides[1 - side.direction]
        if other.certain and other.closed is None and side.held.size <= MAX_HELD:
            return False
        if side.held.size < self._look_again and side.closed is None:
            return False
        text = side.rest()[1]  # the answer will not come: the bytes themselves have to tell
        verdict = recognise(text[:LONGEST_START], self._opening.ports) if text else None
        if verdict is False or (verdict is None and len(text) >= LONGEST_START):
            request, self._switching = self._switching, None
            protocol = "websocket" if tokens(request.upgrade)[:1] == ["websocket"] else ""
            context = Exchange(side.direction, request.target, request.host or "", request.fields, {})
            whole = (side.direction == 0, side.direction == 1)  # the other begins behind the answer, wherever that is
            self.handover = Handover(protocol, (0, 0), context=context, whole=whole)
            return False
        if verdict or side.closed is not None:
            self._switching = None
            return True
        self._look_again = 2 * len(text)
        return False
