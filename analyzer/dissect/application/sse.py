"""Server-sent events: the body of a text/event-stream response as events (WHATWG HTML section 9.2.6).

An event is known to be whole at the blank line behind it, however long the stream stays open. Comments are what servers send to
keep a connection alive. Of a line only the value is kept that somebody wants: data is counted, unless there is a body limit.
Behind missing bytes the next event begins after the next blank line.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from analyzer.dissect.application.stream import Exchange, Message

BOM: Final = b"\xef\xbb\xbf"
LINE_END: Final = re.compile(rb"[\r\n]")
#: lines that are read at once, each with its line end (possessive: they are never matched again in another way):
#: blank ones and comments between events,
IDLE: Final = re.compile(rb"(?>(?::[^\r\n]*+)?[\r\n])++")
#: comments in an event,
COMMENTS: Final = re.compile(rb"(?>:[^\r\n]*+\r?\n)++")
#: data,
DATA_LINES: Final = re.compile(rb"(?>data:[^\r\n]*+\r?\n)++")
#: and fields that mean nothing
OTHER_LINES: Final = re.compile(rb"(?>(?!data|event|id|retry|:)[^\r\n]++\r?\n)++")
COLON: Final = b":"
DATA: Final = b"data:"
COMMENT: Final = 0x3A
LINE_FEED: Final = 0x0A
CARRIAGE_RETURN: Final = 0x0D
MAX_FIELD: Final = 8  #: bytes of a field's name that tell it from all others
MAX_VALUE: Final = 4096  #: bytes of an id or an event type that are kept; what is longer is `cut`
MAX_LINE: Final = MAX_FIELD + MAX_VALUE  #: bytes of a line that are held while the rest of it has not come
MAX_RETRY: Final = 18  #: digits
DEFAULT_TYPE: Final = "message"
INFLATE: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}  #: content coding -> window bits of zlib
PIECE: Final = 1 << 16  #: most bytes to inflate at once
ALLOWANCE: Final = 1 << 20  #: bytes that a compressed stream may inflate to, whatever it came from,
FACTOR: Final = 32  #: and how many more for each compressed one: events that are sent one by one shrink to a tenth


@dataclass(slots=True, kw_only=True, eq=False)
class Event(Message):
    """An event, or (`kind`) where a stream begins and how it ends."""

    PROTOCOL: ClassVar[str] = "sse"

    exchange: Exchange
    kind: str = "event"  #: "open"; "fields": lines that make no event, such as a new retry time; "end"
    type: str | None = None
    id: str | None = None  #: None: it sets none
    data_length: int = 0  #: bytes of the data lines, with the line ends between them
    data_lines: int = 0
    data: str | None = None  #: its beginning, where that is wanted
    retry: int | None = None  #: ms
    comments: int = 0  #: since the event before
    cut: bool = False  #: a value was longer than what is kept
    missing_before: int = 0  #: bytes of the stream that are missing since the event before
    ended: bool = False  #: the server ended the stream: at "end", and of an event that therefore is none
    unread: bool = False  #: its content coding is another one than INFLATE has, or broken: events are not seen

    @property
    def begun(self) -> bool:
        """Something was said in it."""
        return self.data_lines > 0 or self.id is not None or self.type is not None or self.retry is not None


class Reader:
    """Reads one stream of events."""

    def __init__(self, direction: int, exchange: Exchange, body_limit: int = 0) -> None:
        self._direction = direction
        self._exchange = exchange
        self._limit = body_limit
        self._line = bytearray()  #: the beginning of the line that is not whole
        self._length = 0  #: of it
        self._after_cr = False  #: a line feed that comes now belongs to the line end before
        self._begun = False
        self._fed = 0  #: bytes so far, up to those of BOM
        self._lost = False  #: skip to the next blank line
        self._position = 0  #: where the stream goes on
        self._event: Event | None = None
        self._data: list[bytes] = []
        self._kept = 0
        self._comments = 0
        self._missing = 0
        coding = exchange.response.get("content-encoding", "identity").strip().lower()
        self._inflater = zlib.decompressobj(INFLATE[coding]) if coding in INFLATE else None
        self._unread = self._inflater is None and coding not in ("", "identity")
        self._budget = ALLOWANCE

    def feed(self, data: bytes, start: int, end: int) -> Sequence[Message]:
        """A piece of the body, which the stream has from `start` to `end`."""
        found: list[Message] = []
        if not self._begun:
            self._begun = True
            found.append(self._made("open", start, start + 1))
        for piece in self._decoded(data):
            self._lines(piece, start, end, found)
        self._position = end
        return found

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        """These bytes without their content coding, in pieces."""
        inflater = self._inflater
        if inflater is None:
            if not self._unread:
                yield data
            return
        self._budget += FACTOR * len(data)
        piece = b""
        while (data or len(piece) == PIECE) and not self._unread:
            try:
                piece = inflater.decompress(data, PIECE)
            except zlib.error:
                self._unread = True
                return
            yield piece
            data = inflater.unconsumed_tail
            self._budget -= len(piece)
            self._unread = self._budget < 0 or inflater.eof

    def _lines(self, data: bytes, start: int, end: int, found: list[Message]) -> None:
        exact = len(data) == end - start and self._inflater is None  # else its parts have no places of their own
        at, size = 0, len(data)
        while at < size:
            if self._after_cr and data[at] == LINE_FEED:
                at += 1
            self._after_cr = False
            if at == size:
                break
            if self._fed and not self._length and not self._lost:
                skipped = self._at_once(data, at)
                if skipped > at:
                    at = skipped
                    self._after_cr = data[at - 1] == CARRIAGE_RETURN
                    continue
            match = LINE_END.search(data, at)
            stop = match.start() if match else size
            line, length = data[at : min(stop, at + MAX_LINE + self._limit)], stop - at
            if length and not self._length and self._event is None and not self._lost and data[at] != COMMENT:
                self._event = self._made("event", start + at if exact else start, end)
            if self._length or not match:
                self._grow(line, length)
            at = stop + 1
            if match:
                self._after_cr = data[stop] == CARRIAGE_RETURN
                if self._length:
                    line, length = self._grown()
                found += self._line_ends(line, length, start + at if exact else end)

    def _at_once(self, data: bytes, at: int) -> int:
        """Where the lines end that begin at `at` and need no look one by one."""
        event = self._event
        if event is None:
            match = IDLE.match(data, at)
            if match:
                lines = (b"\r:", b"\n:")
                self._comments += data.startswith(b":", at) + sum(data.count(line, at, match.end()) for line in lines)
        elif data[at] == COMMENT and event.begun:
            match = COMMENTS.match(data, at)
            self._comments += match[0].count(b"\n") if match else 0
        elif not data.startswith(DATA, at):
            match = OTHER_LINES.match(data, at)
        elif self._kept >= self._limit:
            match = DATA_LINES.match(data, at)
            if match:
                _count(event, match[0])
        else:
            match = None
        return match.end() if match else at

    def gap(self, size: int) -> Sequence[Message]:
        """So many bytes of the body are missing."""
        found = self._broken()
        self._lost = True
        self._missing += size
        self._after_cr = False
        self._length = self._fed = 1  # what comes next is the rest of a line
        self._line = bytearray()
        self._unread = self._unread or self._inflater is not None
        return found

    def close(self, ended: bool) -> Sequence[Message]:
        """The body is at its end, or cut off. An event without its blank line is none (section 9.2.6)."""
        found = self._broken(ended)
        if self._begun:
            last = self._made("end", self._position, self._position)
            last.complete, last.ended, last.unread = False, ended, self._unread
            last.comments, last.missing_before = self._comments, self._missing
            found.append(last)
        return found

    def _grow(self, piece: bytes, size: int) -> None:
        """The line that is not whole grows by `size` bytes, which begin with `piece`."""
        room = MAX_LINE + self._limit - len(self._line)
        if room > 0:
            self._line += piece[:room]
        self._length += size

    def _grown(self) -> tuple[bytes, int]:
        """The line that was not whole, which it is now, and its length."""
        line, length = bytes(self._line), self._length
        self._line, self._length = bytearray(), 0
        return line, length

    def _line_ends(self, line: bytes, length: int, end: int) -> list[Message]:
        """The line is whole; `end` lies behind it."""
        if not self._fed:
            self._fed = 1
            if line.startswith(BOM):
                line, length = line[len(BOM) :], length - len(BOM)
        if self._lost:
            if not length:
                self._lost = False
            return []
        if length:
            self._field(line, length)
            return []
        return self._dispatch(end)

    def _field(self, line: bytes, length: int) -> None:
        event = self._event
        if event is None or line[0] == COMMENT:
            self._comments += 1
            if event is not None and not event.begun:
                self._event = None
            return
        name, _, value = line.partition(COLON)
        skipped = len(name) + 1
        if value.startswith(b" "):
            value, skipped = value[1:], skipped + 1
        size = max(length - skipped, 0)
        if name == b"data":
            event.data_length += size + (event.data_lines > 0)
            event.data_lines += 1
            self._keep(value)
        elif name == b"event":
            event.type = self._value(event, value, size)
        elif name == b"id" and b"\0" not in value:
            event.id = self._value(event, value, size)
        elif name == b"retry" and value.isdigit() and size <= MAX_RETRY:
            event.retry = int(value)

    def _keep(self, value: bytes) -> None:
        if self._kept < self._limit:
            self._data.append(value[: self._limit - self._kept])
            self._kept += len(self._data[-1]) + 1

    def _value(self, event: Event, value: bytes, size: int) -> str:
        event.cut = event.cut or size > MAX_VALUE
        return value[:MAX_VALUE].decode(errors="replace")

    def _dispatch(self, end: int) -> list[Message]:
        """A blank line: what was read is an event if it has data."""
        event, self._event = self._event, None
        data, self._data, self._kept = self._data, [], 0
        if event is None:
            return []
        if not event.data_lines:
            if not event.begun:
                return []
            event.kind, event.type = "fields", None
        else:
            event.type = event.type or DEFAULT_TYPE
            if self._limit:
                text = b"\n".join(data)
                event.data = text[: self._limit].decode(errors="replace")
                event.cut = event.cut or event.data_length > self._limit
        event.end = end
        event.comments, self._comments = self._comments, 0
        event.missing_before, self._missing = self._missing, 0
        return [event]

    def _broken(self, ended: bool = False) -> list[Message]:
        """The event of which the rest does not come, if there is any sign of one."""
        if self._event is not None and self._line.startswith(DATA):  # of an id, a part would be another id
            self._field(bytes(self._line), self._length)
        event, self._event = self._event, None
        self._data, self._kept = [], 0
        if event is None or not event.begun:
            return []
        event.end, event.complete, event.ended = max(self._position, event.start + 1), False, ended
        event.comments, self._comments = self._comments, 0
        return [event]

    def _made(self, kind: str, start: int, end: int) -> Event:
        return Event(direction=self._direction, start=start, end=end, exchange=self._exchange, kind=kind)


def _count(event: Event, lines: bytes) -> None:
    """Lines of data of which nothing is kept."""
    number = lines.count(b"\n")
    spaces = lines.startswith(DATA + b" ") + lines.count(b"\n" + DATA + b" ")
    # the line ends between lines belong to the data, the one behind the last does not
    event.data_length += len(lines) - number * len(DATA) - spaces - lines.count(b"\r") - (event.data_lines == 0)
    event.data_lines += number
