"""Header fields whose values let somebody in (RFC 9110 section 11, RFC 6265): shown only where the user asked for it.

Of credentials the scheme stays readable, where it is a registered one; of cookies nothing does. `masked_headers` is for fields
that were parsed, `Mask` and `masked` for raw bytes, which keep their length. A Mask follows one direction of a stream over any
split; of bytes that may begin in the middle of a secret (a large cookie fills packets) it hides the first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SECRET: Final = frozenset(("authorization", "proxy-authorization", "cookie", "set-cookie"))
MASK: Final = "***"  #: stands for a value of any length

#: a field with a secret, its continuation lines (obs-fold) included; or what somebody may take for one: blanks before it, a bare
#: CR as the end of the line before, no colon
_FIELD: Final = re.compile(
    rb"((?:^|\r)[ \t]*(?:(?:proxy-)?authorization|(?:set-)?cookie))([ \t]*:[ \t]*|[ \t]+)([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
#: authentication schemes registered at IANA, and those that people meet besides
_SCHEME: Final = re.compile(
    r"(?:basic|bearer|concealed|digest|dpop|gnap|hoba|mutual|negotiate|oauth|privatetoken|scram-sha-1|scram-sha-256|vapid|"
    r"ntlm|aws4-hmac-sha256|apikey|token)[ \t]+(?=[^ \t\r\n])",
    re.IGNORECASE,
)
_RAW_SCHEME: Final = re.compile(_SCHEME.pattern.encode(), re.IGNORECASE)
_VISIBLE: Final = re.compile(rb"[^ \t\r\n]")
_MESSAGE: Final = re.compile(rb"HTTP/1\.|[A-Z-]{3,32} [/*a-z]")  #: how the head of a message begins
_EMPTY: Final = b"cookie:"  #: stands for any field with a secret, of which nothing has come yet
_INSIDE: Final = b"cookie:*"  #: and of which a part has
_LONGEST_NAME: Final = 64  #: bytes of an unfinished line that are remembered: the name of a field, and blanks before the colon


def masked_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields, without what is secret in them."""
    return [
        (name, masked_value(value) if name.lower() in SECRET else _masked_behind_cr(value) if "\r" in value else value)
        for name, value in headers
    ]


def _masked_behind_cr(value: str) -> str:
    """Of a value with a bare CR, which somebody may take for the end of the line."""
    return masked(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def masked_value(value: str) -> str:
    """The scheme, if it is one, and a mask."""
    scheme = _SCHEME.match(value)
    return f"{scheme[0]}{MASK}" if scheme else MASK


def masked(data: bytes, whole: bool = True) -> bytes:
    """The bytes, with every visible character of a secret replaced by an asterisk.

    Not `whole`: they may begin in the middle of a secret, so the first line is hidden unless a message begins with it.
    """
    return Mask(whole).feed(data)


class Mask:
    """Masks one direction of a stream piece by piece."""

    def __init__(self, whole: bool = True) -> None:
        self._before = b""  #: as much of what came before as decides what the next bytes are
        self._certain = whole

    def feed(self, data: bytes) -> bytes:
        """The next bytes of the stream, masked, as many as were given."""
        if not data:
            return data
        if not self._certain:
            self._certain = True
            self._before = b"" if _MESSAGE.match(data) else _INSIDE
        before, text = len(self._before), self._before + data
        fields = list(_FIELD.finditer(text))
        end = fields[-1].end() if fields else -1
        if end == len(text) and fields[-1][3]:
            self._before = _INSIDE
        elif end == len(text) - 1:
            self._before = _INSIDE + b"\n"
        else:
            line = text[max(text.rfind(b"\n"), text.rfind(b"\r")) + 1 :].lstrip(b" \t")
            self._before = line if len(line) <= _LONGEST_NAME else _EMPTY if end == len(text) else b"x"
        return (_FIELD.sub(_hidden, text) if fields else text)[before:]

    def gap(self) -> None:
        """Bytes are missing: the next ones may be the rest of a secret."""
        self._certain = False


def _hidden(field: re.Match[bytes]) -> bytes:
    value = field[3]
    scheme = _RAW_SCHEME.match(value)
    kept = scheme.end() if scheme else 0
    return field[1] + field[2] + value[:kept] + _VISIBLE.sub(b"*", value[kept:])
