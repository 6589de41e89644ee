# cython: language_level=3
"""ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2; with a cookie in DTLS, RFC 6347 section 4.2.1).

Lists that are cut, and everything behind them, are left out; what stands before that is known.
"""

import struct

import cython

from .ech import ENCRYPTED_CLIENT_HELLO, ENCRYPTED_SERVER_NAME, OFFERED, judge
from .message import ClientHello

RANDOM = cython.declare(cython.int, 2)
SESSION_ID = cython.declare(cython.int, 34)

SERVER_NAME = cython.declare(cython.int, 0)
SUPPORTED_GROUPS = cython.declare(cython.int, 10)
EC_POINT_FORMATS = cython.declare(cython.int, 11)
SIGNATURE_ALGORITHMS = cython.declare(cython.int, 13)
ALPN = cython.declare(cython.int, 16)
SESSION_TICKET = cython.declare(cython.int, 35)
PRE_SHARED_KEY = cython.declare(cython.int, 41)
EARLY_DATA = cython.declare(cython.int, 42)
SUPPORTED_VERSIONS = cython.declare(cython.int, 43)
KEY_SHARE = cython.declare(cython.int, 51)
KEY_SHARE_DRAFT = cython.declare(cython.int, 40)  # up to draft 22 of TLS 1.3
ECH = cython.declare(cython.int, ENCRYPTED_CLIENT_HELLO)
ESNI = cython.declare(cython.int, ENCRYPTED_SERVER_NAME)
HOST_NAME = 0

MAX_REMEMBERED = 4_096  # lists that repeat from hello to hello
MAX_EXTENSIONS = 1_024  # of one hello: more than the registry has

_words: dict[bytes, tuple[int, ...]] = {}
_names: dict[bytes, tuple[str, ...]] = {}


def words(data: bytes) -> tuple[int, ...]:
    """Two bytes each; an odd one at the end is left out. The clients of a capture send the same few lists again and again."""
    known = _words.get(data)
    if known is None:
        known = struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])
        if len(_words) >= MAX_REMEMBERED:
            _words.clear()
        _words[data] = known
    return known


def parse(hello: ClientHello, body: bytes) -> None:
    """Fill in what the body of the message (behind type and length) says."""
    p: cython.Py_ssize_t = SESSION_ID
    n: cython.Py_ssize_t = len(body)
    size: cython.Py_ssize_t
    hello.malformed = True
    if n >= RANDOM:
        hello.version = body[0] << 8 | body[1]
    if n <= SESSION_ID:
        return
    hello.random = body[RANDOM:SESSION_ID]
    size = body[p]
    if p + 1 + size >= n:
        return
    hello.session_id = body[p + 1 : p + 1 + size]
    p += 1 + size
    if hello.datagram:
        size = body[p]
        if p + 1 + size >= n:
            return
        hello.cookie = body[p + 1 : p + 1 + size]
        p += 1 + size
    if p + 2 > n:
        return
    size = body[p] << 8 | body[p + 1]
    if p + 2 + size >= n:
        return
    hello.cipher_suites = words(body[p + 2 : p + 2 + size])
    p += 2 + size
    size = body[p]
    p += 1 + size
    if p + 2 > n:
        hello.malformed = p != n  # without extensions at all, it may end here
        return
    size = body[p] << 8 | body[p + 1]
    _extensions(hello, body, p + 2, p + 2 + size)


def _extensions(hello: ClientHello, body: bytes, p: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> None:
    n: cython.Py_ssize_t = len(body)
    size: cython.Py_ssize_t
    kind: cython.int
    kinds: list[int] = []
    ech: bytes | None = None
    whole: cython.bint = stop == n
    if stop > n:
        stop = n
    while p + 4 <= stop:
        kind = body[p] << 8 | body[p + 1]
        size = body[p + 2] << 8 | body[p + 3]
        p += 4
        kinds.append(kind)
        if p + size > stop or len(kinds) > MAX_EXTENSIONS:
            whole = False
            break
        if kind == SERVER_NAME:
            hello.sni = _server_name(body[p : p + size])
        elif kind == SUPPORTED_GROUPS:
            hello.groups = words(body[p + 2 : p + size])
        elif kind == EC_POINT_FORMATS:
            hello.point_formats = body[p + 1 : p + size]
        elif kind == SIGNATURE_ALGORITHMS:
            hello.signature_algorithms = words(body[p + 2 : p + size])
        elif kind == ALPN:
            hello.alpn = protocols(body[p : p + size])
            if size > 2:
                hello.first_protocol = body[p + 3 : min(p + 3 + body[p + 2], p + size)]
        elif kind == SESSION_TICKET:
            hello.ticket = size
        elif kind == PRE_SHARED_KEY:
            hello.pre_shared_key = True
        elif kind == EARLY_DATA:
            hello.early_data = True
        elif kind == SUPPORTED_VERSIONS:
            hello.supported_versions = words(body[p + 1 : p + size])
        elif kind in (KEY_SHARE, KEY_SHARE_DRAFT):
            hello.key_shares = _key_shares(body, p + 2, p + size)
        elif kind == ECH:
            ech = body[p : p + size]
        elif kind == ESNI:
            hello.ech = OFFERED
        p += size
    hello.extensions = tuple(kinds)
    hello.malformed = not whole or p != stop
    if ech is not None:
        hello.ech = judge(ech, hello.sni)


def _server_name(data: bytes) -> str | None:
    """The first host name of a server_name extension (RFC 6066 section 3), with U+FFFD for what is no ASCII."""
    p: cython.Py_ssize_t = 2
    size: cython.Py_ssize_t
    while p + 3 <= len(data):
        size = data[p + 1] << 8 | data[p + 2]
        if data[p] == HOST_NAME:
            return data[p + 3 : p + 3 + size].decode("ascii", "replace")
        p += 3 + size
    return None


def protocols(data: bytes) -> tuple[str, ...]:
    """The names in an ALPN extension (RFC 7301 section 3.1), with U+FFFD for what is no ASCII."""
    p: cython.Py_ssize_t = 2
    found: list[str] = []
    known = _names.get(data)
    if known is None:
        while p < len(data) and data[p]:
            found.append(data[p + 1 : p + 1 + data[p]].decode("ascii", "replace"))
            p += 1 + data[p]
        if len(_names) >= MAX_REMEMBERED:
            _names.clear()
        known = _names[data] = tuple(found)
    return known


def _key_shares(body: bytes, p: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> tuple[int, ...]:
    found: list[int] = []
    while p + 4 <= stop:
        found.append(body[p] << 8 | body[p + 1])
        p += 4 + (body[p + 2] << 8 | body[p + 3])
    return tuple(found)
