# cython: language_level=3
"""TLS over a byte stream: records (RFC 8446 section 5, RFC 5246 section 6), and which of them can be read.

What is read is what is not encrypted: up to a ChangeCipherSpec before TLS 1.3, up to the ServerHello in TLS 1.3. Behind that a
direction wants nothing more, except the headers of records where those are asked for (following.py). A gap inside a record
leaves the records in step, since its length is known; after any other one a record is looked for at the beginning of each feed.
"""

import cython

from analyzer.dissect.application.stream import NEVER, Message, Opening

from . import sslv2
from .assembly import Assembly, Part
from .following import Following, Record
from .handshake import CLIENT_HELLO, KINDS, SERVER_HELLO, fill, tiles
from .message import Alert, ClientHello, Finished, ServerHello, TlsMessage
from .names import is_1_3
from .record import (
    ALERT,
    ALERT_LENGTH,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    HEADER,
    SSLV2_FIXED,
    SSLV2_FLAG,
    SSLV2_HEADER,
    begins_record,
    hello_begins,
    plausible,
    recognise_sslv2,
    sslv2_length,
)

# as C types, for what is asked of every record and message
NOTHING = cython.declare(cython.longlong, NEVER)
RECORD = cython.declare(cython.int, HEADER)
SPEC = cython.declare(cython.int, CHANGE_CIPHER_SPEC)
ALERTED = cython.declare(cython.int, ALERT)
HANDSHAKEN = cython.declare(cython.int, HANDSHAKE)
APPLICATION = cython.declare(cython.int, APPLICATION_DATA)
CLIENT = cython.declare(cython.int, CLIENT_HELLO)
SERVER = cython.declare(cython.int, SERVER_HELLO)

MAX_MESSAGES = 100  # of one connection: a handshake has some ten
MAX_LOST = 1 << 16  # bytes in which a record is looked for after a gap: a handshake is shorter


@cython.cclass
class _Side:
    """One direction."""

    held: bytes  # of a record that has not come whole, from its header on
    parts: list[bytes]  # what came after that
    size: cython.Py_ssize_t  # bytes of both
    need: cython.Py_ssize_t  # bytes of it without which nothing can be done
    lost: cython.bint  # where records begin is not known
    searched: cython.Py_ssize_t  # bytes that were looked through for one
    rest: cython.bint  # the held record is the rest of one that has a gap: its header is not in the stream
    messages: Assembly  # in the records
    ciphered: cython.bint  # it sent ChangeCipherSpec
    begun: cython.bint  # a record was read

    def __init__(self, whole: bool) -> None:
        self.held = b""
        self.parts = []
        self.size = 0
        self.need = HEADER
        self.lost = not whole
        self.searched = 0
        self.rest = False
        self.messages = Assembly(not whole)
        self.ciphered = False
        self.begun = not whole


@cython.cclass
class Conversation:
    """See analyzer/dissect/application/stream.py for the contract."""

    wanted = cython.declare(list, visibility="readonly")
    handover = cython.declare(object, visibility="readonly")
    _every: cython.bint  # all messages are wanted, not only hellos
    _follow: cython.bint  # and where encrypted records lie
    _following: list[Following | None]  # of each direction: behind what can be read
    _client: cython.int
    _count: cython.int
    _client_hello: ClientHello | None
    _server_hello: ServerHello | None
    _tls13: cython.bint  # the ServerHello chose TLS 1.3
    _sides: tuple[_Side, _Side]
    _found: list[Message]

    def __init__(self, opening: Opening) -> None:
        self.wanted = list(opening.starts)
        self.handover = None
        self._every = "tls" in opening.wanted
        self._follow = self._every and Record.PROTOCOL in opening.wanted
        self._following = [None, None]
        self._client = -1
        self._count = 0
        self._client_hello = None
        self._server_hello = None
        self._tls13 = False
        self._sides = (_Side(opening.whole[0]), _Side(opening.whole[1]))
        sender: _Side = self._sides[opening.sender]
        sender.lost = False  # it was recognised by a record
        self._found = []

    def feed(self, direction: cython.int, data: bytes) -> list[Message]:
        """The bytes at wanted[direction]."""
        if self._following[direction] is not None:
            return self._followed(direction, data)
        side: _Side = self._sides[direction]
        at: cython.longlong = self.wanted[direction]
        if side.lost:
            if len(data) < HEADER or not plausible(data):
                side.searched += len(data)
                self.wanted[direction] = NOTHING if side.searched > MAX_LOST else at + len(data)
                return []
            side.lost = False
        if side.size:
            side.parts.append(data)
            side.size += len(data)
            self.wanted[direction] = at + len(data)
            if side.size < side.need:
                return []
            at -= side.size - len(data)
            data = self._take(side)
        self._found = []
        self._records(side, direction, data, at)
        return self._found

    def gap(self, direction: cython.int, size: cython.longlong) -> list[Message]:
        """The `size` bytes at wanted[direction] will never come."""
        if self._following[direction] is not None:
            return self._followed(direction, None)
        side: _Side = self._sides[direction]
        at: cython.longlong = self.wanted[direction]
        data = self._take(side)
        left = HEADER + _length(data) - len(data) - size if len(data) >= HEADER else -1
        self._found = []
        self._flush(side, direction, data, at)
        if self.wanted[direction] >= NOTHING:
            return self._found
        if left < 0 or data[0] != HANDSHAKE or side.ciphered:
            self._messages(direction, side.messages.lose(at))
            side.lost = left < 0
        else:
            self._messages(direction, side.messages.gap(at, size))
        self.wanted[direction] = at + size + max(left, 0)
        if left > 0 and not side.messages.loose:
            # the rest is read as if it were a record of its own
            self.wanted[direction] = at + size
            side.held = bytes((HANDSHAKE, 3, 3, left >> 8, left & 255))
            side.size = HEADER
            side.need = HEADER + left
            side.rest = True
        return self._found

    def close(self, direction: cython.int, ended: bool) -> list[Message]:
        """Nothing more will come: messages that are whole count although their record is not, others are cut."""
        if self._following[direction] is not None:
            return self._followed(direction, None)
        side: _Side = self._sides[direction]
        self._found = []
        if self.wanted[direction] < NOTHING:
            at: cython.longlong = self.wanted[direction]
            self._flush(side, direction, self._take(side), at)
            self._messages(direction, side.messages.abandon(at))
            self.wanted[direction] = NOTHING
        return self._found

    @cython.cfunc
    def _flush(self, side: _Side, direction: cython.int, data: bytes, at: cython.longlong) -> None:
        """Read what there is of a record, up to offset `at`, of which the rest does not come."""
        if len(data) > HEADER and data[0] == HANDSHAKE and not side.ciphered:
            start = at - len(data)
            self._messages(direction, side.messages.payload(data[HEADER:], start + HEADER if side.rest else start, at, True))
        side.rest = False

    @cython.cfunc
    def _take(self, side: _Side) -> bytes:
        """The held bytes, which are then held no longer."""
        data = b"".join([side.held, *side.parts]) if side.size else b""
        side.held = b""
        side.parts = []
        side.size = 0
        return data

    @cython.cfunc
    def _records(self, side: _Side, direction: cython.int, data: bytes, at: cython.longlong) -> None:
        """All whole records in these bytes, of which the first is at offset `at`; the rest is held."""
        p: cython.Py_ssize_t = 0
        n: cython.Py_ssize_t = len(data)
        length: cython.Py_ssize_t
        kind: cython.int
        start: cython.longlong
        wanted: list[int] = self.wanted
        wanted[direction] = at + n
        while True:
            if n - p < RECORD:
                if p < n and not begins_record(data[p:]) and (side.begun or data[p] < SSLV2_FLAG):
                    self._lose(side, direction, at + p)
                    return
                side.need = HEADER
                break
            kind = data[p]
            length = data[p + 3] << 8 | data[p + 4]
            if not plausible(data, p):
                old = not side.begun and recognise_sslv2(data[p:])
                if old is False:
                    self._lose(side, direction, at + p)
                    return
                length = SSLV2_HEADER + (SSLV2_FIXED if old is None else sslv2_length(data[p:]))
                if n - p < length:
                    side.need = length
                    break
                self._sslv2(side, direction, data[p + SSLV2_HEADER : p + length], at + p, at + p + length)
                p += length
                continue
            side.begun = True
            if kind == APPLICATION:
                p += RECORD + length
                self._encrypted(direction, at + p - RECORD - length, at + p)
            elif n - p < RECORD + length:
                side.need = RECORD + length
                break
            else:
                p += RECORD + length
                if kind == HANDSHAKEN:
                    start = at + p - length if side.rest else at + p - length - RECORD
                    side.rest = False
                    self._handshake(side, direction, data[p - length : p], start, at + p)
                elif kind == SPEC:
                    side.ciphered = True
                elif kind == ALERTED and length == ALERT_LENGTH and self._every:
                    alert = Alert(direction=direction, start=at + p - length - RECORD, end=at + p)
                    alert.level, alert.description = data[p - 2], data[p - 1]
                    self._add(self._place(alert))
            if wanted[direction] >= NOTHING:
                if self._follow and self._count < MAX_MESSAGES:
                    self._following[direction] = Following(direction, at + p)
                    self._found += self._followed(direction, data[p:])
                return
            if p >= n:
                wanted[direction] = at + p
                return
        if p < n:
            side.held = data[p:] if p else data
            side.size = n - p

    def _followed(self, direction: int, data: bytes | None) -> list[Message]:
        """The encrypted records that begin in these bytes; None: nothing more can be followed."""
        following = self._following[direction]
        assert following is not None
        found: list[Message] = []
        if data is None:
            following.stop()
        elif data:
            found += following.feed(data)
        self.wanted[direction] = following.wanted
        return found

    @cython.cfunc
    def _sslv2(self, side: _Side, direction: cython.int, body: bytes, start: cython.longlong, end: cython.longlong) -> None:
        hello = ClientHello(direction=direction, start=start, end=end)
        sslv2.parse(hello, body)
        side.begun = True
        self._client = direction
        self._found.append(self._place(hello))
        self._client_hello = hello

    @cython.cfunc
    def _encrypted(self, direction: cython.int, start: cython.longlong, end: cython.longlong) -> None:
        """A record of application data: in TLS 1.3, whatever is encrypted. Nothing readable follows it in this direction."""
        client: ClientHello | None = self._client_hello
        server: ServerHello | None = self._server_hello
        early: cython.bint = client is not None and client.early_data and direction == self._client
        unknown: cython.bint = client is None or not client.complete
        if early and (server is None or server.hello_retry_request):
            return  # a second ClientHello may be asked for
        if unknown and server is not None and server.pre_shared_key:
            early = True  # nobody knows whether: its data looks like Finished
        if self._every and direction == self._client and not early and self._tls13:
            self._found.append(self._place(Finished(direction=direction, start=start, end=end)))
        self._done(direction)

    @cython.cfunc
    def _handshake(
        self, side: _Side, direction: cython.int, payload: bytes, start: cython.longlong, end: cython.longlong
    ) -> None:
        """A whole record of handshake, from `start` to `end`.

        Behind a ChangeCipherSpec it is the Finished message, encrypted. In TLS 1.3 a ChangeCipherSpec means nothing (RFC 8446
        appendix D.4), and a second ClientHello may follow it.
        """
        server: ServerHello | None = self._server_hello
        if side.ciphered:
            readable = hello_begins(payload) and tiles(payload) if server is None else server.hello_retry_request
            if not readable:
                if self._every and not self._tls13:
                    self._found.append(self._place(Finished(direction=direction, start=start, end=end)))
                self._done(direction)
                return
        self._messages(direction, side.messages.payload(payload, start, end))

    @cython.cfunc
    def _messages(self, direction: cython.int, parts: list[Part]) -> None:
        kind: cython.int
        for part in parts:
            kind = part.kind
            if kind in (CLIENT, SERVER) or (self._every and kind in KINDS):
                self._message(direction, kind, part)
                if self.wanted[direction] >= NOTHING:
                    return

    @cython.cfunc
    def _message(self, direction: cython.int, kind: cython.int, part: Part) -> None:
        message: TlsMessage = KINDS[kind](direction=direction, start=part.start, end=part.end, complete=part.complete)
        if part.too_long:
            message.limit = "length"
        if kind == CLIENT:
            self._client = direction
        elif kind == SERVER:
            self._client = 1 - direction
        self._place(message)
        fill(message, part.body)
        self._add(message)
        if isinstance(message, ClientHello):
            if self._server_hello is None or not self._server_hello.hello_retry_request:
                message.client_hello = message.server_hello = self._server_hello = None
                self._tls13 = False
            self._client_hello = message
        elif isinstance(message, ServerHello) and part.complete:
            self._hello_of_server(direction, message)

    @cython.cfunc
    def _add(self, message: TlsMessage) -> None:
        self._found.append(message)
        self._count += 1
        if self._count == MAX_MESSAGES:
            message.limit = "count"
            self._done(0)
            self._done(1)

    @cython.cfunc
    def _hello_of_server(self, direction: cython.int, hello: ServerHello) -> None:
        self._server_hello = hello
        self._tls13 = hello.version is not None and is_1_3(hello.version)
        if hello.hello_retry_request or hello.version is None:
            return
        if not self._every:
            self._done(0)
            self._done(1)
        elif self._tls13:
            self._done(direction)

    @cython.cfunc
    def _place(self, message: TlsMessage) -> TlsMessage:
        message.client = self._client
        message.client_hello = self._client_hello
        message.server_hello = self._server_hello
        return message

    @cython.cfunc
    def _lose(self, side: _Side, direction: cython.int, at: cython.longlong) -> None:
        """From offset `at` on it is not known where records begin."""
        self._messages(direction, side.messages.lose(at))
        side.lost = True

    @cython.cfunc
    def _done(self, direction: cython.int) -> None:
        """Nothing more of this direction can be read."""
        self.wanted[direction] = NOTHING
        side: _Side = self._sides[direction]
        side.held = b""
        side.parts = []
        side.size = 0


def _length(data: bytes) -> int:
    """Of the record that begins here."""
    return data[3] << 8 | data[4]
