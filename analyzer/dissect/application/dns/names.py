# cython: language_level=3
"""Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4): labels, and pointers to names that came before.

The text of a name is its labels joined by dots, without the final dot, decoded as UTF-8 with U+FFFD for each invalid byte;
`<Root>` for the root. A pointer must lead before the labels that it ends ("a prior occurrence"), so that no name is a loop.
Every name that was read is remembered by its place: a message takes time in proportion to its bytes.
"""

import codecs
from typing import Final

import cython

ROOT: Final = "<Root>"
MAX_NAME: Final = 255  #: bytes of a name (RFC 1035 section 2.3.4)
MAX_POINTERS: Final = 127  #: one behind the other: a name has no more labels than that
MAX_CACHED: Final = 65_536  #: texts of labels that are kept from message to message
MAX_SIZE = cython.declare(cython.int, MAX_NAME)
POINTER = cython.declare(cython.int, 0xC0)  #: the two top bits of a length byte: the rest of the name stands elsewhere
MAX_LABEL = cython.declare(cython.int, 63)

_texts = cython.declare(dict, {})  #: labels as sent -> text


class MalformedError(Exception):
    """Bytes that cannot be what they should be; the text says why."""


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("fffd_for_each_byte", _each_byte)


def utf8(data: bytes) -> str:
    """Bytes as text, with U+FFFD for each byte that is no part of UTF-8."""
    return data.decode("utf-8", "fffd_for_each_byte")


def _text(labels: bytes) -> str:
    """Labels, as sent, joined by dots."""
    parts: list[bytes] = []
    at: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t = len(labels)
    while at < end:
        size: cython.Py_ssize_t = labels[at]
        parts.append(labels[at + 1 : at + 1 + size])
        at += size + 1
    if len(_texts) >= MAX_CACHED:
        _texts.clear()
    text = _texts[labels] = utf8(b".".join(parts))
    return text


@cython.cclass
class Names:
    """The names of one message."""

    data = cython.declare(bytes, visibility="readonly")
    known = cython.declare(dict, visibility="readonly")  #: place -> the name that begins there
    _sizes: dict[int, int]  #: and its bytes without compression
    _behind: cython.Py_ssize_t  #: what comes behind the name that was read last

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.known = {}
        self._sizes = {}

    def read(self, at: cython.Py_ssize_t) -> tuple[str, int]:
        """The name at `at`, and where the bytes behind it begin."""
        text = self._read(at, 0)
        return text, self._behind

    @cython.cfunc
    def _read(self, at: cython.Py_ssize_t, pointers: cython.int) -> str:
        data: bytes = self.data
        end: cython.Py_ssize_t = len(data)
        p: cython.Py_ssize_t = at
        length: cython.int
        while True:
            if p >= end:
                raise MalformedError("a name is cut short")
            length = data[p]
            if length == 0 or length > MAX_LABEL:
                break
            p += length + 1
            if p - at > MAX_SIZE:
                raise MalformedError("a name is too long")
        size: cython.Py_ssize_t = p - at
        text = ""
        if size:
            labels = data[at:p]
            text = _texts.get(labels) or _text(labels)
        if length == 0:
            size += 1
            p += 1
            if size == 1:
                text = ROOT
        elif length < POINTER:
            raise MalformedError("a label of an unknown type")
        else:
            if p + 1 >= end:
                raise MalformedError("a name is cut short")
            target: cython.Py_ssize_t = (length & 0x3F) << 8 | data[p + 1]
            p += 2
            rest = self._pointed(at, target, pointers)
            rest_size: cython.Py_ssize_t = self._sizes[target]
            if size and rest_size > 1:
                text = text + "." + rest
            elif not size:
                text = rest
            size += rest_size
        if size > MAX_SIZE:
            raise MalformedError("a name is too long")
        self.known[at] = text
        self._sizes[at] = size
        self._behind = p
        return text

    @cython.cfunc
    def _pointed(self, start: cython.Py_ssize_t, target: cython.Py_ssize_t, pointers: cython.int) -> str:
        if target >= start:
            raise MalformedError("a pointer leads forward")
        if pointers >= MAX_POINTERS:
            raise MalformedError("too many pointers in a name")
        known: str | None = self.known.get(target)
        return self._read(target, pointers + 1) if known is None else known
