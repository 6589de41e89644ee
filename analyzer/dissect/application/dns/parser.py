# cython: language_level=3
"""Reads DNS messages (RFC 1035 section 4): header, questions and three sections of records.

Whatever the bytes are, what could be read before the trouble stays. A record whose data contradicts its type has it as hex, and
the records behind it are read; a record that is cut off, or whose name is none, ends the message.
"""

from socket import AF_INET6, inet_ntop
from struct import error as StructError
from typing import Any, Final

import cython

from .code_points import AAAA, CNAME, NS, OPT, PTR, TYPES, A, type_name
from .edns import edns as read_edns
from .message import TRUNCATED, Content, Record
from .names import ROOT, MalformedError, Names
from .rdata import READERS

HEADER_SIZE: Final = 12
ID_SIZE: Final = 2
SECTIONS: Final = ("question", "answer", "authority", "additional")
MAX_KEPT: Final = 16_384  #: messages whose content is kept for equal ones, and at most as many older ones
MAX_KEPT_SIZE: Final = 512  #: bytes of such a message
MAX_KEPT_BYTES: Final = 1 << 20  #: of as many of them: what they say takes up to 40 times the memory
MAX_CACHED: Final = 65_536  #: addresses that are kept from message to message
MAX_PLAIN: Final = 1_024  #: OPT records that are kept
MAX_SKIPPED: Final = 16  #: records of one message with data that contradicts its type; one more ends it
UNREADABLE: Final = (MalformedError, IndexError, ValueError, StructError)  #: what readers of data raise where it ends too early

HEADER = cython.declare(cython.Py_ssize_t, HEADER_SIZE)
FIXED = cython.declare(cython.Py_ssize_t, 10)  #: bytes of a record between its name and its data
POINTER = cython.declare(cython.int, 0xC0)
TYPE_A = cython.declare(cython.int, A)
TYPE_NS = cython.declare(cython.int, NS)
TYPE_CNAME = cython.declare(cython.int, CNAME)
TYPE_PTR = cython.declare(cython.int, PTR)
TYPE_AAAA = cython.declare(cython.int, AAAA)
TYPE_OPT = cython.declare(cython.int, OPT)
TOP_BIT = cython.declare(cython.int, 0x8000)  #: of a class, in multicast DNS: RFC 6762 sections 5.4 and 10.2

_types = cython.declare(dict, TYPES)
_plain = cython.declare(dict, {})  #: TTL and class of an OPT record without options -> the record, and what it says
_addresses = cython.declare(dict, {})  #: 4 or 16 bytes -> text


def parse(data: bytes, multicast: bool = False) -> Content:
    """A message; in multicast DNS the top bit of a class has a meaning of its own."""
    size: cython.Py_ssize_t = len(data)
    if size < HEADER:
        flags = int.from_bytes(data[2:4], "big") if size >= 4 else None
        return Content(flags, b"", [], [], [], [], None, "the header is cut short", size)
    content: Content
    if size > MAX_KEPT_SIZE:
        content = _Reader(data, multicast).read()
        return content
    kept: _Kept = _kept_multicast if multicast else _kept
    behind_id = data[ID_SIZE:]
    known: Content | None = kept.find(behind_id)
    if known is not None:
        return known
    reader = _Reader(data, multicast)
    content = reader.read()
    # a name that begins in the id, which a pointer may lead to, makes the content depend on it
    if not content.malformed and 0 not in reader.known and 1 not in reader.known:
        kept.keep(behind_id, content)
    return content


@cython.cclass
class _Kept:
    """Contents of messages by the bytes behind the id. What was not asked for lately is forgotten."""

    new: dict[bytes, Content]
    old: dict[bytes, Content]
    size: cython.Py_ssize_t

    def __init__(self) -> None:
        self.new, self.old = {}, {}
        self.size = 0  #: bytes of the messages in `new`

    @cython.cfunc
    def find(self, behind_id: bytes) -> Any:
        content: Any = self.new.get(behind_id)
        if content is None:
            content = self.old.get(behind_id)
            if content is not None:
                self.keep(behind_id, content)
        return content

    @cython.cfunc
    def keep(self, behind_id: bytes, content: Any) -> None:
        if len(self.new) >= MAX_KEPT or self.size + len(behind_id) > MAX_KEPT_BYTES:
            self.old, self.new, self.size = self.new, {}, 0
        self.size += len(behind_id)
        self.new[behind_id] = content


_kept = cython.declare(_Kept, _Kept())
_kept_multicast = cython.declare(_Kept, _Kept())


@cython.cclass
class _Reader:
    """One message, as far as it was read."""

    data: bytes
    names: Any
    known: dict[int, str]
    questions: list[Record]
    edns: Any
    malformed: str
    multicast: cython.bint
    end: cython.Py_ssize_t
    p: cython.Py_ssize_t
    asked: cython.Py_ssize_t
    section: cython.int
    place: cython.int
    skipped: cython.int

    def __init__(self, data: bytes, multicast: cython.bint) -> None:
        self.data = data
        self.multicast = multicast
        self.names = Names(data)
        self.known = self.names.known
        self.questions = []
        self.edns = None
        self.malformed = ""
        self.end = len(data)
        self.p = self.asked = HEADER  #: behind the last question or record, and behind the last question
        self.section = self.place = self.skipped = 0

    @cython.cfunc
    def read(self) -> Content:
        """What the message says."""
        data: bytes = self.data
        flags: cython.int = data[2] << 8 | data[3]
        sections: tuple[list[Record], ...] = ([], [], [])
        count: cython.int
        i: cython.int
        try:
            count = data[4] << 8 | data[5]
            if count:
                self.read_questions(count)
            for i in range(3):
                count = data[6 + 2 * i] << 8 | data[7 + 2 * i]
                if count:
                    self.section = i + 1
                    self.read_records(count, sections[i])
        except MalformedError as error:
            # a truncated message may count records that it has not
            if not (flags & TRUNCATED and self.p == self.end):
                self.malformed = f"{self.malformed}{SECTIONS[self.section]} {self.place}: {error}"
        asked = data[HEADER : self.asked]
        answers, authorities, additionals = sections
        malformed = self.malformed.removesuffix("; ")
        return Content(flags, asked, self.questions, answers, authorities, additionals, self.edns, malformed, self.p)

    @cython.cfunc
    def read_questions(self, count: cython.int) -> None:
        data: bytes = self.data
        i: cython.int
        p: cython.Py_ssize_t
        for i in range(count):
            self.place = i + 1
            name, p = self.names.read(self.p)
            if p + 4 > self.end:
                raise MalformedError("cut short")
            kind: cython.int = data[p] << 8 | data[p + 1]
            family: cython.int = data[p + 2] << 8 | data[p + 3]
            question = {"name": name, "type": kind, "type_name": _types.get(kind) or type_name(kind), "class": family}
            if self.multicast and family & TOP_BIT:
                question["class"] = family & ~TOP_BIT
                question["unicast_response"] = True
            self.questions.append(question)
            self.p = self.asked = p + 4

    @cython.cfunc
    def read_records(self, count: cython.int, out: list[Record]) -> None:
        data: bytes = self.data
        i: cython.int
        p: cython.Py_ssize_t
        size: cython.Py_ssize_t
        first: cython.int
        for i in range(count):
            self.place = i + 1
            p = self.p
            if p >= self.end:
                raise MalformedError("cut short")
            first = data[p]
            if first >= POINTER and p + 1 < self.end:
                name = self.known.get((first & 0x3F) << 8 | data[p + 1])
                if name is None:
                    name = self.names.read(p)[0]
                p += 2
            elif first == 0:
                name = ROOT
                p += 1
            else:
                name, p = self.names.read(p)
            if p + FIXED > self.end:
                raise MalformedError("cut short")
            kind: cython.int = data[p] << 8 | data[p + 1]
            family: cython.int = data[p + 2] << 8 | data[p + 3]
            ttl: cython.longlong = data[p + 4]
            ttl = ttl << 24 | data[p + 5] << 16 | data[p + 6] << 8 | data[p + 7]
            size = data[p + 8] << 8 | data[p + 9]
            p += FIXED
            if p + size > self.end:
                raise MalformedError("cut short")
            if kind == TYPE_OPT:
                if size or first:
                    out.append(self.read_options(name, family, ttl, p, p + size))
                else:
                    self.plain_options(family, ttl, out)
            else:
                value = self.read_data(kind, p, p + size)
                record = {
                    "name": name, "type": kind, "type_name": _types.get(kind) or type_name(kind), "class": family, "ttl": ttl,
                    "data": value,
                }  # fmt: skip
                if self.multicast and family & TOP_BIT:
                    record["class"] = family & ~TOP_BIT
                    record["cache_flush"] = True
                out.append(record)
            self.p = p + size

    @cython.cfunc
    def read_data(self, kind: cython.int, p: cython.Py_ssize_t, end: cython.Py_ssize_t) -> object:
        """None where there is no data: RFC 2136 names records to delete in this way."""
        if p == end:
            return None
        if (kind == TYPE_A and end == p + 4) or (kind == TYPE_AAAA and end == p + 16):
            raw = self.data[p:end]
            return _addresses.get(raw) or _address(raw)
        try:
            if kind in (TYPE_CNAME, TYPE_NS, TYPE_PTR):
                name, behind = self.names.read(p)
                if behind <= end:
                    return name
                raise MalformedError("the data of a record is longer than it says")
            reader = READERS.get(kind)
            if reader is not None:
                return reader(self.names, p, end)
            if kind in (TYPE_A, TYPE_AAAA):
                raise MalformedError("an address of another length")
        except UNREADABLE as error:
            self.skip(error)
        return self.data[p:end].hex()

    @cython.cfunc
    def plain_options(self, size: cython.int, ttl: cython.longlong, out: list[Record]) -> None:
        """An OPT record without options: there are few different ones."""
        key = ttl << 16 | size
        known = _plain.get(key)
        if known is None:
            known = (self.read_options(ROOT, size, ttl, 0, 0), read_edns(size, ttl, b""))
            if len(_plain) < MAX_PLAIN:
                _plain[key] = known
        record, said = known
        out.append(record)
        if self.edns is None:
            self.edns = said

    @cython.cfunc
    def read_options(
        self, name: object, size: cython.int, ttl: cython.longlong, p: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> object:
        """An OPT record: its class and TTL mean something else, and its data is what the message has as `edns`."""
        try:
            found = read_edns(size, ttl, self.data[p:end])
            if self.edns is None:
                self.edns = found
        except MalformedError as error:
            self.skip(error)
        return {"name": name, "type": OPT, "type_name": "OPT", "class": size, "ttl": None, "data": None}

    @cython.cfunc
    def skip(self, error: object) -> None:
        """The data of a record cannot be read."""
        if self.skipped >= MAX_SKIPPED:
            raise MalformedError("too many records that cannot be read")
        self.skipped += 1
        reason = error if isinstance(error, MalformedError) else "the data is cut short"
        self.malformed = f"{self.malformed}{SECTIONS[self.section]} {self.place}: {reason}; "


def _address(raw: bytes) -> str:
    text: str
    if len(raw) == 4:
        a, b, c, d = raw
        text = f"{a}.{b}.{c}.{d}"
    else:
        text = inet_ntop(AF_INET6, raw)
    if len(_addresses) >= MAX_CACHED:
        _addresses.clear()
    _addresses[raw] = text
    return text
