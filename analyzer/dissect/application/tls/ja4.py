"""JA4, a fingerprint of TLS clients that does not depend on the order of ciphers and extensions (github.com/FoxIO-LLC/ja4).

t13d1516h2_8daaf6152771_e5627efa2ab1: transport, version, whether a server name is there, how many ciphers and extensions, first
and last character of the first ALPN name; a hash of the sorted ciphers; a hash of the sorted extensions (without server name
and ALPN) and the signature algorithms in their order. GREASE values count nowhere. Of JA4+, this one method is free (BSD).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from .cipher_suites import GREASE
from .message import ClientHello, Words
from .names import DTLS_1_0, DTLS_1_2, DTLS_1_3, SSL_2_0, SSL_3_0, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3

VERSIONS: Final[Mapping[int, str]] = {
    SSL_2_0: "s2", SSL_3_0: "s3", TLS_1_0: "10", TLS_1_1: "11", TLS_1_2: "12", TLS_1_3: "13",
    DTLS_1_0: "d1", DTLS_1_2: "d2", DTLS_1_3: "d3",
}  # fmt: skip
UNKNOWN_VERSION: Final = "00"
NO_ALPN: Final = "00"
NOTHING: Final = "000000000000"  #: in place of the hash of an empty list
HASH: Final = 12  #: hex digits of a hash that are used
MOST: Final = 99  #: a count has two digits
SERVER_NAME: Final = 0x0000
ALPN: Final = 0x0010
ALPHANUMERIC: Final = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

MAX_REMEMBERED: Final = 4_096  #: lists that repeat from hello to hello

_versions: dict[tuple[bool, int, Words], str] = {}
_ciphers: dict[Words, str] = {}
_extensions: dict[tuple[Words, Words], str] = {}


def fingerprint(hello: ClientHello) -> str:
    """The JA4 of a ClientHello over TCP or, as DTLS, over UDP."""
    extensions = sorted([kind for kind in hello.extensions if kind not in GREASE])
    name = "d" if extensions and extensions[0] == SERVER_NAME else "i"
    last = _part_c(tuple(extensions), hello.signature_algorithms or ())
    return f"{_version(hello)}{name}{_part_b(hello.cipher_suites or (), len(extensions), _alpn(hello))}_{last}"


def _version(hello: ClientHello) -> str:
    """Transport and the highest version offered; those of DTLS count downwards."""
    key = hello.datagram, hello.version or 0, hello.supported_versions or ()
    known = _versions.get(key)
    if known is None:
        offered = [version for version in key[2] if version not in GREASE] or [key[1]]
        highest = VERSIONS.get(min(offered) if hello.datagram else max(offered), UNKNOWN_VERSION)
        known = f"{'d' if hello.datagram else 't'}{highest}"
        if len(_versions) >= MAX_REMEMBERED:
            _versions.clear()
        _versions[key] = known
    return known


def _alpn(hello: ClientHello) -> str:
    """Bytes that are no letters or digits: the first and the last digit of their hexadecimal form."""
    name = hello.first_protocol
    if not name:
        return NO_ALPN
    if name[0] in ALPHANUMERIC and name[-1] in ALPHANUMERIC:
        return chr(name[0]) + chr(name[-1])
    return f"{name[0] >> 4:x}{name[-1] & 15:x}"


def _part_b(ciphers: Words, extensions: int, alpn: str) -> str:
    known = _ciphers.get(ciphers)
    if known is None:
        used = sorted(cipher for cipher in ciphers if cipher not in GREASE)
        known = f"{min(len(used), MOST):02d}%02d%s_{_hash(_hex(used))}"
        if len(_ciphers) >= MAX_REMEMBERED:
            _ciphers.clear()
        _ciphers[ciphers] = known
    return known % (min(extensions, MOST), alpn)


def _part_c(extensions: Words, algorithms: Words) -> str:
    key = extensions, algorithms
    known = _extensions.get(key)
    if known is None:
        kinds = _hex(kind for kind in extensions if kind not in (SERVER_NAME, ALPN))
        behind = _hex(value for value in algorithms if value not in GREASE)
        known = _hash(f"{kinds}_{behind}" if behind else kinds)
        if len(_extensions) >= MAX_REMEMBERED:
            _extensions.clear()
        _extensions[key] = known
    return known


def _hex(values: Iterable[int]) -> str:
    return ",".join([f"{value:04x}" for value in values])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH] if text else NOTHING
