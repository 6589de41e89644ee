# cython: language_level=3
"""ServerHello and HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4, RFC 5246 section 7.4.1.3)."""

import cython

from .cipher_suites import FORWARD_SECRECY
from .client_hello import protocols
from .message import ServerHello
from .names import is_1_3

RANDOM = cython.declare(cython.int, 2)
SESSION_ID = cython.declare(cython.int, 34)
FIXED = cython.declare(cython.int, 3)  # bytes of cipher suite and compression method

ALPN = cython.declare(cython.int, 16)
KEY_SHARE_DRAFT = cython.declare(cython.int, 40)
PRE_SHARED_KEY = cython.declare(cython.int, 41)
SUPPORTED_VERSIONS = cython.declare(cython.int, 43)
KEY_SHARE = cython.declare(cython.int, 51)

#: the random of a HelloRetryRequest: SHA-256 of that word (section 4.1.3)
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def parse(hello: ServerHello, body: bytes) -> None:
    """Fill in what the body of the message says; hello.client_hello, where known, tells whether a session is resumed."""
    p: cython.Py_ssize_t = SESSION_ID
    n: cython.Py_ssize_t = len(body)
    size: cython.Py_ssize_t
    hello.malformed = True
    if n >= RANDOM:
        hello.legacy_version = body[0] << 8 | body[1]
    if n <= SESSION_ID:
        return
    hello.random = body[RANDOM:SESSION_ID]
    hello.hello_retry_request = hello.random == RETRY
    size = body[p]
    if p + 1 + size + FIXED > n:
        return
    hello.session_id = body[p + 1 : p + 1 + size]
    p += 1 + size
    hello.cipher_suite = body[p] << 8 | body[p + 1]
    hello.compression = body[p + 2]
    p += FIXED
    hello.version = hello.legacy_version
    if p + 2 <= n:
        _extensions(hello, body, p + 2, p + 2 + (body[p] << 8 | body[p + 1]))
    else:
        hello.malformed = p != n
    _conclude(hello)


def _extensions(hello: ServerHello, body: bytes, p: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> None:
    n: cython.Py_ssize_t = len(body)
    size: cython.Py_ssize_t
    kind: cython.int
    kinds: list[int] = []
    names: tuple[str, ...]
    whole: cython.bint = stop == n
    if stop > n:
        stop = n
    while p + 4 <= stop:
        kind = body[p] << 8 | body[p + 1]
        size = body[p + 2] << 8 | body[p + 3]
        p += 4
        kinds.append(kind)
        if p + size > stop:
            whole = False
            break
        if kind == ALPN:
            names = protocols(body[p : p + size])
            hello.alpn = names[0] if names else None
        elif kind == PRE_SHARED_KEY:
            hello.pre_shared_key = True
        elif kind == SUPPORTED_VERSIONS and size >= 2:
            hello.version = body[p] << 8 | body[p + 1]
        elif kind in (KEY_SHARE, KEY_SHARE_DRAFT) and size >= 2:
            hello.group = body[p] << 8 | body[p + 1]
        p += size
    hello.extensions = tuple(kinds)
    hello.malformed = not whole or p != stop


def _conclude(hello: ServerHello) -> None:
    """What follows from the fields.

    Before TLS 1.3 a server resumes a session by sending its id back (RFC 5246 section 7.4.1.3, RFC 5077 section 3.4). In TLS 1.3
    it picks a key that both have, and without a key share that key is all there is.
    """
    assert hello.version is not None and hello.cipher_suite is not None
    if is_1_3(hello.version):
        if not hello.hello_retry_request:
            hello.resumed = hello.pre_shared_key
            hello.forward_secrecy = hello.group is not None
    else:
        hello.forward_secrecy = FORWARD_SECRECY.get(hello.cipher_suite)
        if hello.client_hello is not None and hello.client_hello.complete:
            hello.resumed = hello.session_id != b"" and hello.session_id == hello.client_hello.session_id
