"""HTTP/1 (RFC 9112): start lines, framing and the fields of KEPT stay; hosts and paths are replaced, all other values are filled.

Every line keeps its length. Bodies are zero, but the sizes of chunks stay. Behind a body of which the end is not told, behind an
upgrade and behind what is no HTTP, nothing stays.
"""

from __future__ import annotations

import re
from http.client import responses
from typing import Final

from . import tls_stream
from .anonymizer import Anonymizer
from .websocket_stream import WebSocketStream

LONGEST_HEAD: Final = 256 << 10
LONGEST_LINE: Final = 8 << 10  #: of a chunk
MAX_WAITING: Final = 1_000  #: requests of which the response has not come
METHODS: Final = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH"))
REQUEST: Final = re.compile(rb"([A-Z]{3,7}) (\S+) (HTTP/1\.[01])\Z")
RESPONSE: Final = re.compile(rb"(HTTP/1\.[01] [1-5][0-9][0-9] ?)(.*)\Z", re.DOTALL)
TARGET: Final = re.compile(rb"(?:(https?://)([^/?]*))?(.*)\Z", re.DOTALL | re.IGNORECASE)
WORD: Final = re.compile(rb"[^/?&=.:;,#]+")
HOST: Final = re.compile(rb"(.*?)(:[0-9]*)?\Z", re.DOTALL)
CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;.*)?\Z", re.DOTALL)
FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(:[ \t]*)(.*?)([ \t]*)\Z", re.DOTALL)
DIGITS: Final = re.compile(rb"[0-9]{1,18}")
#: names of fields that stay, and whether their value does
FIELDS: Final = {
    b"content-length": True, b"transfer-encoding": True, b"connection": True, b"upgrade": True, b"content-encoding": True,
    b"keep-alive": True, b"expect": True, b"retry-after": True, b"age": True, b"cache-control": True, b"vary": True,
    b"accept-encoding": True, b"accept-ranges": True, b"date": True, b"te": True, b"content-type": False, b"accept": False,
    b"user-agent": False, b"server": False, b"cookie": False, b"set-cookie": False, b"authorization": False, b"location": False,
    b"referer": False, b"origin": False, b"etag": False, b"last-modified": False, b"if-none-match": False,
    b"if-modified-since": False, b"range": False, b"content-range": False, b"expires": False, b"pragma": False, b"via": False,
    b"x-forwarded-for": False, b"accept-language": False, b"sec-websocket-key": False, b"sec-websocket-accept": False,
    b"sec-websocket-version": True, b"sec-websocket-protocol": False, b"sec-websocket-extensions": False, b"host": False,
}  # fmt: skip
#: a value that stays has nothing but such words, which are the registered ones; else it is filled
PLAIN: Final = re.compile(rb"[A-Za-z0-9 ,;=:*/-]{0,64}\Z")
WORDS: Final = frozenset(
    re.split(
        rb"\s+",
        b"chunked gzip deflate br zstd compress identity close keep-alive upgrade websocket h2c timeout max 100-continue "
        b"no-cache no-store max-age public private must-revalidate immutable s-maxage no-transform accept-encoding accept origin "
        b"cookie user-agent authorization accept-language bytes none trailers q gmt mon tue wed thu fri sat sun jan feb mar apr "
        b"may jun jul aug sep oct nov dec http2-settings x-gzip",
    )
)
MEDIA: Final = frozenset(
    (b"text/html", b"text/plain", b"text/css", b"text/event-stream", b"text/javascript", b"application/json", b"application/xml",
     b"application/javascript", b"application/octet-stream", b"image/png", b"image/jpeg", b"image/gif", b"image/svg+xml",
     b"image/webp", b"video/mp4", b"font/woff2", b"multipart/form-data", b"application/x-www-form-urlencoded")
)  # fmt: skip


def begins(data: bytes) -> bool:
    """A stream, or the rest of one, begins with a message."""
    return data.startswith(b"HTTP/1.") or data.partition(b" ")[0] in METHODS


def may_begin(data: bytes) -> bool:
    """The same of so few bytes that nobody can tell."""
    return any(word.startswith(data) for word in (*METHODS, b"HTTP/1."))


class Exchanges:
    """What responses have to know of their requests."""

    def __init__(self) -> None:
        self.methods: list[bytes] = []
        self.websocket = False  #: what follows the heads in both directions


class HttpStream:
    """One direction."""

    def __init__(self, anonymizer: Anonymizer, exchanges: Exchanges) -> None:
        self._anonymizer = anonymizer
        self._exchanges = exchanges
        self._held = b""
        self._skip = 0
        self._inside: WebSocketStream | tls_stream.TlsStream | None = None  #: what follows behind the heads
        self._chunked = False
        self._last = False  #: the chunk of size 0 has come: trailer fields may follow, then an empty line
        self.over = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        before = len(self._held)
        held = self._held + data
        at = 0
        patches: list[tuple[int, bytes]] = []
        while at < len(held) and not self.over:
            if self._exchanges.websocket and self._inside is None:  # the head that said so was the last one
                self._inside = WebSocketStream()
            elif self._inside is None and not self._skip and not self._chunked and tls_stream.begins(held[at:]):
                self._inside = tls_stream.TlsStream(self._anonymizer)  # behind CONNECT
            if self._inside is not None:
                patches += [(at - before + place, octets) for place, octets in self._inside.feed(held[at:])]
                at, self.over = len(held), self._inside.over
                break
            if self._skip:
                taken = min(self._skip, len(held) - at)
                at, self._skip = at + taken, self._skip - taken
                continue
            step = self._chunk(held, at) if self._chunked else self._head(held, at)
            if step is None:
                break
            if step:
                patches.append((at - before, step))
                at += len(step)
        self._held = b"" if self.over else held[at:]
        return patches

    def _chunk(self, held: bytes, at: int) -> bytes | None:
        """The line before a chunk; None: it is not all there."""
        stop = held.find(b"\n", at)
        if stop < 0:
            self.over = len(held) - at > LONGEST_LINE
            return None
        line = held[at : stop + 1]
        text = line.rstrip(b"\r\n")
        end = line[len(text) :]
        if not text:  # behind the last chunk, or behind the one before
            self._chunked = self._chunked and not self._last
            return line
        match = CHUNK.match(text)
        if match is None:
            if not self._last:
                self.over = True
                return None
            return self._field(text) + end
        size = int(match[1], 16)
        self._last = size == 0
        self._skip = size
        return match[1] + (b";" + _filled(text[len(match[1]) + 1 :]) if len(text) > len(match[1]) else b"") + end

    def _head(self, held: bytes, at: int) -> bytes | None:
        """A head with its empty line; None: it is not all there. b"" is never a head."""
        ends = [place + size for mark, size in ((b"\r\n\r\n", 4), (b"\n\n", 2)) if (place := held.find(mark, at)) >= 0]
        if not ends:
            self.over = len(held) - at > LONGEST_HEAD
            return None
        head = held[at : min(ends)]
        if head.startswith((b"\r\n", b"\n")):  # an empty line before a request (RFC 9112 section 2.2)
            return head[: head.index(b"\n") + 1]
        lines = head.splitlines(keepends=True)
        start, fields = lines[0].rstrip(b"\r\n"), lines[1:]
        first = self._request(start) or self._response(start)
        if first is None:
            self.over = True
            return None
        made = [first + lines[0][len(start) :]]
        values: dict[bytes, bytes] = {}
        for line in fields:
            text = line.rstrip(b"\r\n")
            match = FIELD.match(text)
            if match is not None:
                values.setdefault(match[1].lower(), match[3].lower())
            made.append(self._field(text) + line[len(text) :])
        self._frame(start, values)
        return b"".join(made)

    def _request(self, line: bytes) -> bytes | None:
        match = REQUEST.match(line)
        if match is None:
            return None
        method = match[1] if match[1] in METHODS else b"X" * len(match[1])
        target = self._host(match[2]) if method == b"CONNECT" else self._target(match[2])
        return b" ".join((method, target, match[3]))

    def _target(self, text: bytes) -> bytes:
        """A path, or an address with a scheme and a host."""
        match = TARGET.match(text)
        assert match is not None  # it matches everything
        scheme, host, path = match.groups(b"")
        return scheme + self._host(host) + WORD.sub(lambda word: self._anonymizer.label(word[0]), path)

    def _response(self, line: bytes) -> bytes | None:
        match = RESPONSE.match(line)
        if match is None:
            return None
        known = responses.get(int(match[1][9:12]), "").encode()
        reason = match[2] if match[2] == known else _filled(match[2])
        return match[1] + reason

    def _field(self, line: bytes) -> bytes:
        match = FIELD.match(line)
        if match is None:
            return _filled(line)
        name, colon, value, blanks = match.groups()
        lower = name.lower()
        kept = FIELDS.get(lower)
        if kept is None:
            name = self._anonymizer.label(name)
        if lower == b"host":
            value = self._host(value)
        elif lower == b"location":
            value = self._target(value)
        elif lower == b"content-type":
            media = value.partition(b";")[0].strip().lower()
            value = value[: len(media)] + _filled(value[len(media) :]) if media in MEDIA else _filled(value)
        elif not (kept and self._is_plain(value)):
            value = _filled(value)
        return name + colon + value + blanks

    @staticmethod
    def _is_plain(value: bytes) -> bool:
        if not PLAIN.match(value):
            return False
        return all(not word or word.isdigit() or word in WORDS for word in re.split(rb"[ ,;=:*/]+", value.lower()))

    def _host(self, host: bytes) -> bytes:
        match = HOST.match(host)
        assert match is not None  # it matches everything
        return self._anonymizer.labels(match[1]) + (match[2] or b"")

    def _frame(self, start: bytes, values: dict[bytes, bytes]) -> None:
        """How long the body is (RFC 9112 section 6.3)."""
        self._chunked = self._last = False
        exchanges = self._exchanges
        request = not start.startswith(b"HTTP/")
        if request:
            if len(exchanges.methods) >= MAX_WAITING:
                self.over = True
                return
            exchanges.methods.append(start.partition(b" ")[0])
        else:
            status = start[9:12]
            if status[:1] == b"1" and status != b"101":
                return
            method = exchanges.methods.pop(0) if exchanges.methods else b""
            if status == b"101":
                exchanges.websocket = values.get(b"upgrade", b"") == b"websocket"
            if status == b"101":
                self.over = not exchanges.websocket
                return
            if method == b"CONNECT" and status[:1] == b"2":
                return
            if method == b"HEAD" or status in (b"204", b"304"):
                return
        length = values.get(b"content-length", b"")
        if values.get(b"transfer-encoding", b"").endswith(b"chunked"):
            self._chunked = True
        elif DIGITS.fullmatch(length):
            self._skip = int(length)
        elif not request:
            self.over = True


def _filled(text: bytes) -> bytes:
    """As many letters."""
    return b"x" * len(text)
