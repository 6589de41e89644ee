"""DNS messages (RFC 1035 section 4): the addresses that a response gives to the names that were asked.

The same format serves multicast DNS (RFC 6762) and LLMNR (RFC 4795). Names are the labels joined by dots, without the final
dot, decoded as UTF-8 with U+FFFD for each invalid byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

NAME = "dns"
PORTS: Final = (53, 5353, 5355)  #: DNS, multicast DNS, LLMNR

FLAGS: Final = 2
QUESTIONS: Final = 4
ANSWERS: Final = 6
ADDITIONALS: Final = 10
HEADER: Final = 12

RESPONSE: Final = 0x8000
RESPONSE_CODE: Final = 0x000F
TYPE_A: Final = 1
TYPE_CNAME: Final = 5
TYPE_AAAA: Final = 28
CLASS_INTERNET: Final = 1
CLASS_MASK: Final = 0x7FFF  #: multicast DNS uses the top bit for "flush the cache"
POINTER: Final = 0xC0  #: the two top bits of a length byte: the rest of the name stands elsewhere
FIXED: Final = 10  #: bytes of a record between its name and its data

MAX_RECORDS: Final = 512  #: of one message; a UDP message cannot hold many more
MAX_NAME: Final = 255  #: bytes of a name (RFC 1035 section 3.1)
MAX_JUMPS: Final = 127  #: pointers of one name: it has no more labels than that
MAX_STEPS: Final = 2_048  #: labels and pointers of one message; a name that a pointer leads to again takes one
MAX_ALIASES: Final = 16  #: CNAME records from an address back to the question


class _CutShortError(Exception):
    """The message ends in the middle of something, or a name is not one."""


def addresses(message: bytes) -> Iterator[tuple[bytes, str]]:
    """(address of 4 or 16 bytes, the name that was asked for) of each A and AAAA record in a response."""
    if len(message) < HEADER:
        return
    flags = _word(message, FLAGS)
    if not flags & RESPONSE or flags & RESPONSE_CODE:
        return
    found: list[tuple[bytes, str]] = []
    alias: dict[str, str] = {}
    names = _Names(message)
    try:
        p = HEADER
        for _ in range(min(_word(message, QUESTIONS), MAX_RECORDS)):
            p = names.read(p)[1] + 4
        records = sum(_word(message, at) for at in range(ANSWERS, ADDITIONALS + 1, 2))
        for _ in range(min(records, MAX_RECORDS)):
            owner, p = names.read(p)
            if p + FIXED > len(message):
                break
            kind, family, size = _word(message, p), _word(message, p + 2) & CLASS_MASK, _word(message, p + FIXED - 2)
            p += FIXED
            if family == CLASS_INTERNET and p + size <= len(message):
                if kind == TYPE_CNAME:
                    alias.setdefault(names.read(p)[0].lower(), owner)
                elif (kind, size) in ((TYPE_A, 4), (TYPE_AAAA, 16)):
                    found.append((message[p : p + size], owner))
            p += size
    except _CutShortError:
        pass  # the records before it count
    for address, name in found:
        for _ in range(MAX_ALIASES):
            if name.lower() not in alias:
                break
            name = alias[name.lower()]
        if name:
            yield address, name


class _Names:
    """The names of one message. Most begin with a pointer to a name that was read before."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._steps = 0
        self._pointed: dict[int, str] = {}  #: by the place that a pointer at the beginning leads to

    def read(self, at: int) -> tuple[str, int]:
        """The name at `at`, and where the bytes behind it begin."""
        if at + 1 >= len(self._message) or self._message[at] < POINTER:
            return self._follow(at)
        target = (self._message[at] & ~POINTER) << 8 | self._message[at + 1]
        name = self._pointed.get(target)
        if name is None:
            name = self._pointed[target] = self._follow(at)[0]
        return name, at + 2

    def _follow(self, at: int) -> tuple[str, int]:
        message = self._message
        labels: list[str] = []
        length, jumps, behind = 0, 0, -1
        while True:
            self._steps += 1
            if at >= len(message) or self._steps > MAX_STEPS:
                raise _CutShortError
            size = message[at]
            if size >= POINTER:
                if at + 1 >= len(message) or jumps == MAX_JUMPS:
                    raise _CutShortError
                if behind < 0:
                    behind = at + 2
                at = (size & ~POINTER) << 8 | message[at + 1]
                jumps += 1
                continue
            length += size + 1
            if size > 63 or length > MAX_NAME or at + size >= len(message):
                raise _CutShortError
            if not size:
                return ".".join(labels), at + 1 if behind < 0 else behind
            labels.append(message[at + 1 : at + 1 + size].decode("utf-8", "replace"))
            at += size + 1


def _word(message: bytes, at: int) -> int:
    return message[at] << 8 | message[at + 1]
