"""JA3, a fingerprint of TLS clients (github.com/salesforce/ja3): version, cipher suites, extensions, groups, point formats.

Decimal, in the order of the bytes, without GREASE values; the MD5 of that text is what people compare.
"""

from __future__ import annotations

import hashlib
from typing import Final

from .cipher_suites import GREASE
from .message import ClientHello, Words

MAX_REMEMBERED: Final = 4_096  #: lists that repeat from hello to hello

_texts: dict[Words, str] = {}


def text(hello: ClientHello) -> str:
    """What JA3 is the MD5 of."""
    lists = (hello.cipher_suites or (), hello.extensions, hello.groups or ())
    return f"{hello.version},{','.join(map(_decimal, lists))},{'-'.join(map(str, hello.point_formats))}"


def digest(ja3: str) -> str:
    """The fingerprint, as hex digits."""
    return hashlib.md5(ja3.encode(), usedforsecurity=False).hexdigest()


def _decimal(values: Words) -> str:
    known = _texts.get(values)
    if known is None:
        known = "-".join([str(value) for value in values if value not in GREASE])
        if len(_texts) >= MAX_REMEMBERED:
            _texts.clear()
        _texts[values] = known
    return known
