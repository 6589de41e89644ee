"""One direction of an HTTP connection: heads, bodies and what lies between them (RFC 9112 sections 2, 6 and 7).

A Side is in one State. It knows nothing of the other direction: its Pairing (state.py) tells which request a response
belongs to, and whether that can be told yet. Until then the Side is blocked, and holds what it is fed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from weakref import proxy

from analyzer.dissect.application.stream import NEVER, Message, Opening

from .beginning import LONGEST_START, Beginning
from .body import Body, body_of
from .framing import UNKNOWN, another_head, chunk_line, extension_goes_on, frame_request, frame_response
from .head import head_end, parse_fields, parse_head
from .held import Held
from .message import Flaw, Framing, HttpMessage, Request, Response
from .start_line import recognise
from .state import Blocked, Pairing, State

MAX_HEAD: Final = 1 << 18  #: bytes of a head or of trailers; servers accept less, but it is not for them to say here


class Side:
    """Parses one direction; `at` is the offset of the first byte that was neither looked at nor skipped."""

    __slots__ = (
        "_beginning", "_body", "_buffer", "_expecting", "_fed", "_latest", "_message", "_opening", "_pairing", "_remaining",
        "_strict", "at", "blocked", "certain", "closed", "direction", "held", "missed", "state",
    )  # fmt: skip

    def __init__(self, direction: int, opening: Opening, pairing: Pairing) -> None:
        self.direction = direction
        self.at = opening.starts[direction]
        self.certain = opening.whole[direction]  #: no message of it can have been missed
        self.missed = not self.certain  #: one may have been since the last one
        self.closed: bool | None = None  #: True: by the end of the stream
        self.blocked = Blocked.NOT
        self.held = Held()  #: what was fed while blocked; it begins at `at`
        self.state = State.HEAD if self.certain else State.LOST
        self._fed = self.at  #: where the bytes end that were not skipped
        self._opening = opening
        self._pairing = proxy(pairing)  #: the conversation that holds this side: no cycle, which only the collector would free
        self._buffer = bytearray()  #: the beginning of a head, of a chunk line or of trailers; it ends at `at`
        self._beginning = Beginning(opening.ports)
        self._strict = False  #: behind a gap, what looks like a method may be the rest of another word
        self._message: HttpMessage | None = None  #: whose body is being read
        self._latest: HttpMessage | None = None  #: the last one that began
        self._body: Body | None = None
        self._remaining = 0
        self._expecting = False  #: the body will come only if the server asks for it (Expect: 100-continue)

    @property
    def wanted(self) -> int:
        """The offset of the next byte to be fed."""
        return NEVER if self.state == State.OVER else self.at + self.held.size

    @property
    def between(self) -> bool:
        """The next byte begins a message, as far as anybody knows."""
        return self.state == State.HEAD and not self._buffer and not self.blocked

    def feed(self, data: bytes, out: list[Message]) -> None:
        """The next bytes; messages that begin go to `out`."""
        if self.blocked:
            self.held.data(data)
        elif data:
            self._run(data, out)

    def gap(self, size: int, out: list[Message]) -> None:
        """The next bytes are missing."""
        if self.blocked:
            self.held.gap(size)
            return
        if self.state == State.BODY:
            known = min(size, self._remaining)
            self._remaining -= known
            self.at += known
            size -= known
            if self._message is not None and self._message.framing == Framing.CLOSE:
                self._message.body_bytes += known
            if self._body is not None:
                out += self._body.gap(known)
            if not self._remaining:
                self._next(self.at, out)
        if size:
            self._lose(out)
            self.at += size

    def close(self, ended: bool, out: list[Message]) -> None:
        """Nothing more will come; a blocked side ends when it is resumed."""
        if self.closed is None:
            self.closed = ended
        if self.blocked or self.state == State.OVER:
            return
        message = self._message
        short = message is not None or (self.at > self._fed and self.state != State.LOST)
        if ended and self._latest is not None and short:
            self._latest.flaws |= Flaw.CUT_BODY  # unless it is complete: of skipped bytes only the flow knows whether they came
        if self.state == State.HEAD and self._buffer:
            self._cut_head(out)
        elif isinstance(message, Request) and self._expecting and self._pairing.answered(message):
            message.flaws &= ~Flaw.CUT_BODY  # nobody asked for the body
            message.end, message.body_bytes = message.head_end, 0
        elif message is not None:
            if message.framing == Framing.LENGTH:
                message.end = self.at + self._remaining
            else:
                message.end = self.at
                whole = ended and (message.framing == Framing.CLOSE or self.state == State.TRAILER)
                message.complete = message.complete and whole
            if self._body is not None:
                out += self._body.close(message.framing == Framing.CLOSE and message.complete)
        self._message = self._body = None
        self.state = State.OVER

    def resume(self, out: list[Message]) -> None:
        """Go on with what was held. It may block again."""
        held, self.held, self.blocked = self.held, Held(), Blocked.NOT
        end = self.at
        while held.size and not self.blocked and self.state != State.OVER:
            size, data = held.take()
            start, end = end, end + size
            if self.at < end and data:
                self._run(data[self.at - start :], out)
            elif self.at < end:
                self.gap(end - self.at, out)
        if self.blocked:
            held.put_before(self.held)
            self.held = held
        if self.closed is not None and not self.blocked:
            self.close(self.closed, out)

    def rest(self) -> tuple[int, bytes, bool]:
        """(offset, the bytes from there on that were fed already but not looked at, whether that is where they begin).

        It is not if a gap is among them (then they are those behind it), or if the place was lost before.
        """
        offset, data, whole = self.held.rest(self.at, bytes(self._buffer))
        return offset, data, whole and (self.state != State.LOST or offset == self._opening.starts[self.direction])

    def block(self, why: Blocked) -> None:
        """Hold everything from `at` on."""
        self.blocked = why

    def stop(self) -> None:
        """Nothing of this direction is of interest any more."""
        self.state = State.OVER
        self.held = Held()

    def _run(self, data: bytes, out: list[Message]) -> None:
        i, base = 0, self.at
        if self.state == State.LOST:
            if not self._beginning.possible(data):
                self.at = self._fed = self.at + len(data)
                return
            self.state = State.HEAD
            self._beginning.sure = False
        if self._expecting:
            self._give_up_expecting(data, out)
        while i < len(data) and self.state < State.LOST:
            i = STEPS[self.state](self, data, i, base, out)
            if self.blocked:
                self.held.data(data[max(self.at - base, 0) :])
                return
        self._fed = base + len(data)
        if self.state != State.OVER:
            self.at = base + max(i, len(data))

    def _head(self, data: bytes, i: int, base: int, out: list[Message]) -> int:
        """Index behind the head if it is complete; else everything goes to the buffer."""
        buffer = self._buffer
        if not buffer:
            while data[i] in b"\r\n":
                i += 1
                if i == len(data):
                    return i
            origin, end = base + i, head_end(data, i)
            if 0 <= end <= i + MAX_HEAD:
                return self._begin(data[i:end], origin, data, base, out)
        else:
            origin, scanned = base + i - len(buffer), max(len(buffer) - 3, 0)
            buffer += data[i : i + MAX_HEAD + 1]
            end = head_end(buffer, scanned)
            if 0 <= end <= MAX_HEAD:
                head = bytes(buffer[:end])
                buffer.clear()
                return self._begin(head, origin, data, base, out)
        if not buffer:
            buffer += data[i : i + MAX_HEAD + 1]
        self.at = base + len(data)
        if not self._beginning.goes_on(buffer, data, self._rests(origin < base)):
            return self._no_head(data, origin < base, out)
        if len(buffer) > MAX_HEAD:
            self.at = origin + len(buffer)
            self._cut_head(out, Flaw.LONG_HEAD)
            self._lose(out)
        return len(data)

    def _rests(self, begun: bool) -> bool:
        """What looks like a method may be the rest of another word, or have one before it that came earlier (`begun`)."""
        return self._strict or (begun and self.missed and not self._beginning.sure)

    def _no_head(self, data: bytes, begun: bool, out: list[Message]) -> int:
        """The place is lost, unless the bytes before these (`begun`) were something else, and these begin a message."""
        self._buffer.clear()
        self._lose(out)
        if not begun or not self._beginning.possible(data):
            return len(data)
        self.state = State.HEAD
        self._beginning.sure = False
        return 0

    def _cut_head(self, out: list[Message], flaw: Flaw = Flaw.CUT_HEAD) -> None:
        """A message of whose head the end is missing."""
        origin, head = self.at - len(self._buffer), bytes(self._buffer)
        self._buffer.clear()
        head = head[: head.rfind(b"\n") + 1]  # a field that is cut is none
        message = parse_head(self.direction, head, origin, self._beginning.lenient, self._strict)
        if message is None:
            return
        message.flaws |= flaw
        message.complete = False
        message.end = message.head_end = self.at
        if isinstance(message, Response):
            self._pairing.response(self, message)
        elif isinstance(message, Request):
            message.digest = None
            self._pairing.request(self, message)
        out.append(message)

    def _begin(self, head: bytes, origin: int, data: bytes, base: int, out: list[Message]) -> int:
        """A message with this head, whose first byte has the offset `origin`. Index of the first byte that it does not skip."""
        behind = origin + len(head) - base
        pairing = self._pairing
        if head.startswith(b"HTTP/1.") and not pairing.ready(self):
            self.at = origin
            if origin < base:
                self.held.data(head[: base - origin])
            self.blocked = Blocked.REQUEST
            return behind
        message = parse_head(self.direction, head, origin, self._beginning.lenient, self._rests(origin < base))
        if message is None:
            return self._no_head(data, origin < base, out)
        self._beginning.sure = self._strict = False
        self.at = origin + len(head)
        if isinstance(message, Response):
            method = pairing.response(self, message)
            length = frame_response(message, method)
            if not method and length and another_head(message, data, behind):
                length, message.framing = 0, Framing.NONE
        else:
            pairing.request(self, message)
            length = frame_request(message)
        out.append(message)
        self._latest = message
        pairing.begun(self, message, length)
        if length == UNKNOWN and self.state != State.OVER:
            self._lose(out)
            return len(data)
        if self.state == State.OVER or self.blocked or not length:
            return behind
        body = self._body = body_of(message, length, self._opening)
        message.end = NEVER
        if length < NEVER:
            message.body_bytes = length
            self._expecting = message.fields.get("expect", "").lower() == "100-continue" and isinstance(message, Request)
            if body is None and not self._expecting:
                message.end = self.at + length
                return behind + length
        self._message = message
        self._remaining = 0 if message.framing == Framing.CHUNKED else length
        self.state = State.CHUNK if message.framing == Framing.CHUNKED else State.BODY
        return behind

    def _give_up_expecting(self, data: bytes, out: list[Message]) -> None:
        """A client that is not asked to go on may send another request instead of the body (RFC 9110 section 10.1.1)."""
        self._expecting = False
        request = self._message
        if not isinstance(request, Request) or self._remaining != request.body_bytes or not self._pairing.answered(request):
            return
        if recognise(data[:LONGEST_START], self._opening.ports):
            request.body_bytes = self._remaining = 0
            self._next(request.head_end, out)

    def _bytes(self, data: bytes, i: int, base: int, out: list[Message]) -> int:
        """Of a body or chunk: index behind what there is of it."""
        size = min(self._remaining, len(data) - i)
        message, body = self._message, self._body
        if body is not None:
            out += body.feed(data[i : i + size], base + i)
            if not body.wanted:
                self._body = None
        self._remaining -= size
        i += size
        if message is not None and message.framing == Framing.CLOSE:
            message.body_bytes += size
        elif self._body is None:  # nobody wants the rest
            i += self._remaining
            self._remaining = 0
        if not self._remaining:
            self._next(base + i, out)
        return i

    def _next(self, end: int, out: list[Message]) -> None:
        """A body or chunk is at its end, at this offset."""
        if self._message is not None:
            if self._message.framing == Framing.CHUNKED:
                self.state = State.CHUNK
                return
            self._message.end = end
        if self._body is not None:
            out += self._body.close(True)
        self._message = self._body = None
        self.state = State.HEAD

    def _chunk(self, data: bytes, i: int, base: int, out: list[Message]) -> int:
        """The line before a chunk: index behind it, or behind the whole chunk if nobody wants that."""
        buffer = self._buffer
        message = self._message
        assert message is not None
        before = len(buffer)
        if extension_goes_on(before, data):
            buffer += data
            return len(data)
        line = bytes(buffer) + data[i : i + LONGEST_START] if before else data[i : i + LONGEST_START]
        found = chunk_line(line)
        if found is None:
            self.at = base + i
            message.flaws |= Flaw.CHUNK
            buffer.clear()
            self._lose(out)
            return len(data)
        size, length = found
        if size < 0:
            buffer += data[i:]
            return len(data)
        buffer.clear()
        i += length - before
        if not size:
            self.state = State.TRAILER
            return i
        message.body_bytes += size
        if self._body is None:
            return i + size
        self._remaining = size
        self.state = State.BODY
        return i

    def _trailer(self, data: bytes, i: int, base: int, out: list[Message]) -> int:
        """The end of a chunked body: index behind the empty line."""
        buffer = self._buffer
        before = len(buffer)
        buffer += data[i : i + MAX_HEAD + 1]
        first = 2 if buffer.startswith(b"\r\n") else 1 if buffer.startswith(b"\n") else 0
        end = first or head_end(buffer, max(before - 3, 0))
        message = self._message
        assert message is not None
        if end < 0:
            if len(buffer) > MAX_HEAD:
                self.at = base + len(data)
                message.flaws |= Flaw.LONG_HEAD
                buffer.clear()
                self._lose(out)
            return len(data)
        if not first:
            message.trailers = parse_fields(bytes(buffer[:end])).headers
        buffer.clear()
        i += end - before
        message.end = base + i
        if self._body is not None:
            out += self._body.close(True)
        self._message = self._body = None
        self.state = State.HEAD
        return i

    def _lose(self, out: list[Message]) -> None:
        """The place is lost until a segment begins with a message."""
        if self.state == State.HEAD and self._buffer:
            self._cut_head(out)
        message = self._message
        if message is not None:
            message.complete = False
            message.end = self.at
            if self._body is not None:
                out += self._body.close(False)
        self._buffer.clear()
        self._message = self._body = None
        self._expecting = False
        self.certain = False
        self.missed = self._strict = True
        if self.state != State.OVER:
            self.state = State.LOST


STEPS: Final[dict[State, Callable[[Side, bytes, int, int, list[Message]], int]]] = {
    State.HEAD: Side._head, State.BODY: Side._bytes, State.CHUNK: Side._chunk, State.TRAILER: Side._trailer,
}  # fmt: skip
