"""DNS messages (RFC 1035) with names and addresses replaced in place; all other data is zero.

The structure stays: header, lengths of labels, compression, types, classes, TTLs, lengths. Names are read label by label
where they stand; a pointer stays as it is, what it points to is replaced there. From the first thing on that cannot be
read there are zeros.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Final

from .anonymizer import Anonymizer
from .tls_stream import protocols

HEADER: Final = 12
POINTER: Final = 0xC0
OFFSET: Final = 0x3FFF  #: in a pointer
MOST_LABELS: Final = 127  #: of a name (RFC 1035 section 3.1: 255 bytes)
LONGEST_LABEL: Final = 63
QUESTION, RECORD = struct.Struct(">HH"), struct.Struct(">HHIH")
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, OPT, SVCB, HTTPS = 1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41, 64, 65
NAMES: Final = {NS: 0, CNAME: 0, PTR: 0, MX: 2, SRV: 6, DNAME: 0}  #: bytes before the name
SERIAL, INTERVALS = 4, 16  #: of SOA, behind its names
KEPT_PARAMETERS: Final = frozenset((0, 2, 3))  #: of SVCB: mandatory, no-default-alpn, port (RFC 9460)
ALPN: Final = 1
HINTS: Final = {4: 4, 6: 16}  #: and addresses
KEPT_OPTIONS: Final = frozenset((15,))  #: of EDNS: the code of an extended error (RFC 8914)


class _Unreadable(Exception):
    """The message is cut, or something else."""


def anonymous(message: bytes, anonymizer: Anonymizer) -> bytes:
    """The same message of the same length."""
    out = bytearray(len(message))
    with suppress(_Unreadable, IndexError, struct.error):
        _Copy(message, out, anonymizer).message()
    return bytes(out)


class _Copy:
    """A message being copied."""

    def __init__(self, message: bytes, out: bytearray, anonymizer: Anonymizer) -> None:
        self._in, self._out, self._anonymizer = message, out, anonymizer

    def message(self) -> None:
        self._keep(0, HEADER)
        questions, *records = struct.unpack_from(">4H", self._in, 4)
        at = HEADER
        for _ in range(questions):
            at = self._name(at)
            self._keep(at, QUESTION.size)
            at += QUESTION.size
        for _ in range(sum(records)):
            at = self._record(self._name(at))

    def _keep(self, at: int, size: int) -> None:
        if at + size > len(self._in):
            raise _Unreadable
        self._out[at : at + size] = self._in[at : at + size]

    def _name(self, at: int, stop: int | None = None) -> int:
        """Copy a name; where it ends."""
        first, (labels, at) = at, self._labels(at, len(self._in) if stop is None else stop)
        behind: list[bytes] = []  # where the name goes on, which decides what its labels mean
        end = at + 1
        if self._in[at]:
            self._keep(at, 2)
            end = at + 2
            behind = self._pointed(at)
        for label in self._anonymizer.parts(labels + behind)[: len(labels)]:
            self._out[first] = len(label)
            self._out[first + 1 : first + 1 + len(label)] = label
            first += 1 + len(label)
        return end

    def _labels(self, at: int, stop: int) -> tuple[list[bytes], int]:
        """Labels until the root or a pointer, and where that stands."""
        labels: list[bytes] = []
        while True:
            size = self._in[at]
            if at + 1 + (size if size <= LONGEST_LABEL else 1) > stop or LONGEST_LABEL < size < POINTER:
                raise _Unreadable
            if not size or size >= POINTER:
                return labels, at
            labels.append(self._in[at + 1 : at + 1 + size])
            at += 1 + size

    def _pointed(self, at: int) -> list[bytes]:
        """The labels behind a pointer, as far as they can be read."""
        found: list[bytes] = []
        with suppress(_Unreadable, IndexError):
            for _ in range(MOST_LABELS):
                target = (self._in[at] << 8 | self._in[at + 1]) & OFFSET
                if not self._in[at] or target >= at:  # pointers lead back (RFC 1035 section 4.1.4)
                    break
                labels, at = self._labels(target, at)
                found += labels
        return found[:MOST_LABELS]

    def _record(self, at: int) -> int:
        kind: int
        size: int
        kind, _, _, size = RECORD.unpack_from(self._in, at)
        self._keep(at, RECORD.size)
        at += RECORD.size
        if at + size > len(self._in):
            raise _Unreadable
        stop = at + size
        if (kind, size) in ((A, 4), (AAAA, 16)):
            self._out[at:stop] = self._anonymizer.ip(self._in[at:stop])
        elif kind in NAMES and size > NAMES[kind]:
            self._keep(at, NAMES[kind])
            self._name(at + NAMES[kind], stop)
        elif kind == SOA:
            behind = self._name(self._name(at, stop), stop)
            if stop - behind == SERIAL + INTERVALS:  # the serial number tells which zone it is, and often the day
                self._keep(behind + SERIAL, INTERVALS)
        elif kind == TXT:
            while at < stop:
                self._out[at] = self._in[at]
                at += 1 + self._in[at]
        elif kind == OPT:
            self._pairs(at, stop, KEPT_OPTIONS, {})
        elif kind in (SVCB, HTTPS) and size > 2:
            self._keep(at, 2)
            self._pairs(self._name(at + 2, stop), stop, KEPT_PARAMETERS, HINTS)
        return stop

    def _pairs(self, at: int, stop: int, kept: frozenset[int], addresses: dict[int, int]) -> None:
        """Codes with lengths and values, of some of which the value stays."""
        while stop - at >= 4:
            code, size = struct.unpack_from(">HH", self._in, at)
            self._keep(at, 4)
            at += 4
            if at + size > stop:
                return
            if code in kept:
                self._keep(at, min(size, 2) if kept is KEPT_OPTIONS else size)
            elif code == ALPN and addresses:
                self._out[at : at + size] = protocols(self._in[at : at + size], self._anonymizer)
            width = addresses.get(code)
            if width:
                for place in range(at, at + size - width + 1, width):
                    self._out[place : place + width] = self._anonymizer.ip(self._in[place : place + width])
            at += size
