"""pcapng files (draft-ietf-opsawg-pcapng): sections, interfaces, names, statistics, secrets; packets are walked in pcapng.py.

Wireshark gives a frame number to every custom block and to every journal entry too; so do we, or all later numbers would differ.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from analyzer.batch import Interface, views
from analyzer.capture import pcapng
from analyzer.capture.block import BYTE_ORDER_MAGIC, ENTRY, LATER, MAXIMUM_BLOCK, Block, Entry, Option, Stop
from analyzer.capture.damage import CaptureError, DataError
from analyzer.capture.facts import MAXIMUM_INTERFACES, Comment, FileFacts, Loss
from analyzer.capture.rows import NO_LINKTYPE, FileInfo, Rows, Step, longest_frame
from analyzer.fault import Fault

MAGIC = b"\x0a\x0d\x0d\x0a"
VERSIONS = ((1, 0), (1, 2))  #: 1.2 was written by mistake, and is 1.0
SECTION_HEADER = 28
NANOSECONDS = 1_000_000_000
FIRST_NS, LAST_NS = -(2**63), 2**63 - 1
LARGEST_SCALE_NS = 2**62  #: beyond this offset no 64-bit sum is tried
NAME_IPV4, NAME_IPV6 = 1, 2
ADDRESS_LENGTH = {NAME_IPV4: 4, NAME_IPV6: 16}
STATISTICS: dict[int, str] = {
    Option.STATISTICS_RECEIVED: "received", Option.STATISTICS_DROPPED: "dropped", Option.STATISTICS_FILTERED: "filtered",
    Option.STATISTICS_OS_DROPPED: "os_dropped", Option.STATISTICS_DELIVERED: "delivered",
}  # fmt: skip
SECTION_TEXTS: dict[int, str] = {
    Option.COMMENT: "comment", Option.SECTION_HARDWARE: "hardware", Option.SECTION_OS: "os",
    Option.SECTION_APPLICATION: "application",
}  # fmt: skip
LENGTHS_DIFFER = "the two total lengths of a block differ: {} and {}"
EVENTS = (Block.CUSTOM, Block.CUSTOM_LOCAL, Block.JOURNAL)  #: frames that no interface captured
MAXIMUM_SINGLES = 1_000_000  #: blocks that are no frame, and options, that are read one by one: some seconds
SINGLES_PER_FRAME = 4  #: and so many more for each frame: a capture that says every second what it dropped may last for weeks
JOURNAL_TIME = b"__REALTIME_TIMESTAMP="


class PcapNG:
    """The format of a pcapng file; its interfaces and everything else it says go to `facts`."""

    name = "pcapng"
    header = 0  # the section header at the beginning is a block like any other

    def __init__(self, first: bytes, file: int, facts: FileFacts) -> None:
        self.file = file
        self.facts = facts
        self.frames = 0
        self.resolution = 0
        self.snap_length = 0
        self._trailer = 0
        self._order = "<"
        self._table = np.zeros(8 * Entry.WIDTH, np.int64)
        (self._entries,) = views(self._table)
        self._local: list[int] = []  # of each interface of the section, its index among all
        self._units: dict[int, tuple[int, int]] = {}  # by that index: time stamp units per second, seconds to add
        self._state = np.zeros(pcapng.STATE, np.int64)
        (self._view,) = views(self._state)
        self._singles = 0
        self._no_interface = -1
        self._time = 0  # of the frame before the rows of this call of `index`
        self._frames_before = 0
        self._full = False  # no comment has room any more, so that they are only counted
        try:
            self._section(memoryview(first), 0, len(first), probe=True)
        except DataError as error:
            raise CaptureError(f"cannot be read: {error}") from None

    def describe(self, info: FileInfo) -> None:
        info.byte_order = "little" if self._order == "<" else "big"
        info.resolution = self.resolution
        info.snap_length = self.snap_length

    def cut(self, data: memoryview, at: int, filled: int) -> str:
        left = filled - at
        if self._trailer:
            return "cut short at the end of a block"
        if left == 0:
            return ""
        if left >= 4 and self._word(data, at) == Block.SECTION:
            return "cut short in the middle of a section header"
        if left < 8:
            return f"cut short in the middle of a block: {left} bytes of its header are left"
        return f"cut short in the middle of a block: it says {self._word(data, at + 4)} bytes, {left} are left"

    def index(self, data: memoryview, at: int, filled: int, rows: Rows) -> Step:
        count = 0
        if given := self.frames - self._frames_before:
            self._time, self._frames_before = int(rows.time[given - 1]), self.frames
        while True:
            if self._trailer:
                if filled - at < 4:
                    return Step(count, at, need=4)
                if (last := self._word(data, at)) != self._trailer:
                    return Step(count, at, reason=LENGTHS_DIFFER.format(self._trailer, last))
                self._trailer = 0
                at += 4
            state = self._state
            self._full = self.facts.full_of_comments
            state[:] = at, 0, 0, 0, self._full, 0, self._no_interface
            before, known = count, len(self._local)
            count = pcapng.index(data, filled, self._view, self._order == ">", self._entries, known, count, *rows.views)
            self.frames += count - before
            at, need, stop, later, _, comments, _ = state.tolist()
            if later:
                self._finish(data, rows, before, count)
            if comments:
                self.facts.drop("comments", comments)
            if stop == Stop.RUNNING:
                return Step(count, at, need=need)
            if stop == Stop.SKIP:
                self._trailer = self._total(data, at)
                return Step(count, at, skip=self._trailer - 4)
            try:
                if stop == Stop.NOTED:
                    self._packet_options(data, at, rows, count - 1)
                    at += self._total(data, at)
                elif stop != Stop.OTHER:
                    raise DataError(self._reason(stop, data, at))
                elif self._word(data, at) == Block.SECTION:
                    size = self._section(data, at, filled)
                    if not size or filled - at < size:
                        return Step(count, at, need=size or 12)
                    at += size
                elif self._word(data, at) in EVENTS:
                    self._describe_events()
                else:
                    self._other(data, at)
                    at += self._total(data, at)
            except DataError as error:
                return Step(count, at, reason=str(error))
            if count == len(rows):
                return Step(count, at)

    def _word(self, data: memoryview, at: int) -> int:
        value: int = struct.unpack_from(self._order + "I", data, at)[0]
        return value

    def _total(self, data: memoryview, at: int) -> int:
        """Total length of the block at `at`; Wireshark rounds it up to the multiple of 4 that it has to be."""
        return self._word(data, at + 4) + 3 & ~3

    def _reason(self, stop: int, data: memoryview, at: int) -> str:
        """The sentence for a damaged block."""
        total = self._word(data, at + 4)
        simple = self._word(data, at) == Block.SIMPLE
        if stop == Stop.TOO_SMALL:
            return f"a block says it is {total} bytes long, too few for a block of its type"
        if stop == Stop.TOO_LARGE:
            return f"a block says it is {total} bytes long; at most {MAXIMUM_BLOCK} are read around a frame"
        if stop == Stop.LENGTHS_DIFFER:
            last = self._word(data, at + (total + 3 & ~3) - 4)
            return LENGTHS_DIFFER.format(total, last)
        if stop == Stop.OPTIONS:
            return "an option of a packet block has a length that cannot be"
        if stop == Stop.NO_INTERFACE:
            if simple:
                return "a packet before the section describes any interface"
            kind = "H" if self._word(data, at) == Block.PACKET else "I"
            number = struct.unpack_from(self._order + kind, data, at + 8)[0]
            return f"a packet of interface {number}, and the section describes {len(self._local)}"
        captured = self._word(data, at + (8 if simple else 20))
        if stop == Stop.FRAME_TOO_LONG:
            return f"a frame of {captured} captured bytes is longer than any can be"
        return f"a packet block of {total} bytes cannot hold {captured} captured bytes"

    def _finish(self, data: memoryview, rows: Rows, first: int, after: int) -> None:
        """The times that 64-bit arithmetic cannot do, and those of journal entries, which end before their padding."""
        fault = rows.fault[first:after]
        for row in (np.flatnonzero(fault == LATER) + first).tolist():
            units, offset = self._units[int(rows.interface[row])]
            stamp = int(rows.time[row]) & 0xFFFFFFFFFFFFFFFF
            ns = stamp * NANOSECONDS // units + offset * NANOSECONDS
            inside = FIRST_NS <= ns <= LAST_NS
            rows.time[row] = ns if inside else ns & LAST_NS
            rows.fault[row] = Fault.NONE if inside else Fault.TIMESTAMP
        for row in (np.flatnonzero(fault == ENTRY) + first).tolist():
            start = int(rows.start[row])
            entry = bytes(data[start : rows.end[row]]).rstrip(b"\0")
            rows.end[row] = rows.reported[row] = start + len(entry)
            rows.time[row], rows.fault[row] = journal_time(entry), Fault.NONE

    def _count_single(self) -> None:
        self._singles += 1
        if self._singles > MAXIMUM_SINGLES + SINGLES_PER_FRAME * self.frames:
            raise DataError(f"more than {MAXIMUM_SINGLES:,} options and blocks without a frame")

    def _options(self, data: memoryview, at: int, stop: int) -> Iterator[tuple[int, bytes]]:
        while stop - at >= 4:
            code, size = struct.unpack_from(self._order + "HH", data, at)
            if code == Option.END:
                return
            if stop - at - 4 < size:
                raise DataError(f"an option of {size} bytes has only {stop - at - 4} left in its block")
            self._count_single()
            yield code, bytes(data[at + 4 : at + 4 + size])
            at += 4 + (size + 3 & ~3)

    def _section(self, data: memoryview, at: int, filled: int, probe: bool = False) -> int:
        """Begin a section; the length of its header block, 0 = more bytes are needed to know it."""
        if filled - at < 12:
            return 0
        order = "<" if bytes(data[at + 8 : at + 12]) == struct.pack("<I", BYTE_ORDER_MAGIC) else ">"
        total, magic = struct.unpack_from(order + "II", data, at + 4)
        if magic != BYTE_ORDER_MAGIC:
            raise DataError(f"a section header has the byte-order magic {magic:#010x}, which is none")
        total = total + 3 & ~3
        if not SECTION_HEADER <= total <= MAXIMUM_BLOCK:
            raise DataError(f"a section header says it is {total} bytes long")
        if filled - at >= 16:
            version = struct.unpack_from(order + "HH", data, at + 12)
            if version not in VERSIONS:
                raise DataError(f"pcapng version {version[0]}.{version[1]} is not known")
        if probe:
            self._order = order
            return int(total)
        if filled - at < total:
            return int(total)
        last = struct.unpack_from(order + "I", data, at + total - 4)[0]
        if last != total:
            raise DataError(LENGTHS_DIFFER.format(total, last))
        self._count_single()
        self._order = order
        self._local, self._units = [], {}
        for code, value in self._options(data, at + 24, at + total - 4):
            if what := SECTION_TEXTS.get(code):
                self.facts.add_comment(Comment(what, text(value), self.file))
        return int(total)

    def _other(self, data: memoryview, at: int) -> None:
        """Take in a block that is no frame."""
        self._count_single()
        kind = self._word(data, at)
        stop = at + self._total(data, at) - 4
        if kind == Block.INTERFACE:
            self._interface(data, at, stop)
        elif kind == Block.NAMES:
            self._names(data, at + 8, stop)
        elif kind == Block.STATISTICS:
            self._statistics(data, at, stop)
        else:
            self._secrets(data, at, stop)

    @staticmethod
    def _fits(size: int, least: int, kind: str) -> None:
        if size < least:
            raise DataError(f"a block of {size + 4} bytes is too short for a {kind} block")

    def _interface(self, data: memoryview, at: int, stop: int) -> None:
        self._fits(stop - at, 16, "interface description")
        linktype, _, snap_length = struct.unpack_from(self._order + "HHI", data, at + 8)
        interface = Interface(linktype, snap_length=snap_length, file=self.file)
        index, units, offset = len(self.facts.interfaces), 1_000_000, 0
        if index >= MAXIMUM_INTERFACES:
            raise DataError(f"more than {MAXIMUM_INTERFACES} interfaces")
        for code, value in self._options(data, at + 16, stop):
            if code == Option.COMMENT:
                self.facts.add_comment(Comment("comment", text(value), self.file, interface=index))
            elif code == Option.INTERFACE_NAME:
                interface.name = self.facts.held(text(value))
            elif code == Option.INTERFACE_DESCRIPTION:
                interface.description = self.facts.held(text(value))
            elif code == Option.INTERFACE_RESOLUTION and len(value) == 1:
                units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            elif code == Option.INTERFACE_FCS_LENGTH and len(value) == 1:
                interface.fcs_length = value[0]
            elif code == Option.INTERFACE_OFFSET and len(value) == 8:
                offset = struct.unpack(self._order + "q", value)[0]
        interface.resolution = units
        if not self._local:
            self.resolution, self.snap_length = units, snap_length
        self._enter(interface, units, offset)

    def _enter(self, interface: Interface, units: int, offset: int) -> None:
        """Add an interface to the section, and to the table that the walk over packet blocks uses."""
        local, width = len(self._local), int(Entry.WIDTH)
        index = len(self.facts.interfaces)
        self.facts.interfaces.append(interface)
        self._local.append(index)
        self._units[index] = units, offset
        scale = (
            NANOSECONDS // units
            if NANOSECONDS % units == 0
            else -(units // NANOSECONDS)
            if units % NANOSECONDS == 0
            else 0
        )
        offset_ns = offset * NANOSECONDS
        if not 0 <= offset_ns <= LARGEST_SCALE_NS or -scale > LAST_NS:
            scale = offset_ns = 0
        top = (LAST_NS - offset_ns) // scale if scale > 0 else min(LAST_NS, (LAST_NS - offset_ns) * -scale)
        if (local + 1) * width > len(self._table):
            self._table = np.concatenate((self._table, np.zeros_like(self._table)))
            (self._entries,) = views(self._table)
        limit = longest_frame(interface.linktype)
        row = (index, interface.linktype, scale, offset_ns, top, interface.snap_length, limit)
        self._table[local * width : (local + 1) * width] = row

    def _names(self, data: memoryview, at: int, stop: int) -> None:
        self._fits(stop - at, 4, "name resolution")
        while stop - at >= 4:
            kind, size = struct.unpack_from(self._order + "HH", data, at)
            if kind == 0:
                return
            if stop - at - 4 < size + 3 & ~3:
                raise DataError(f"a record of {size} bytes has only {stop - at - 4} left in its name resolution block")
            length = ADDRESS_LENGTH.get(kind)
            if length is not None:
                if size < length + 1:
                    raise DataError(f"a name resolution record of {size} bytes cannot hold an address and a name")
                record = bytes(data[at + 4 : at + 4 + size])
                self.facts.add_name(record[:length], text(record[length:].partition(b"\0")[0]))
            at += 4 + (size + 3 & ~3)

    def _statistics(self, data: memoryview, at: int, stop: int) -> None:
        self._fits(stop - at, 20, "interface statistics")
        number = self._word(data, at + 8)
        found = {}
        for code, value in self._options(data, at + 20, stop):
            if code >= Option.STATISTICS_RECEIVED and code in STATISTICS and len(value) == 8:
                found[STATISTICS[code]] = int(struct.unpack(self._order + "Q", value)[0])
        if number < len(self._local):
            self.facts.interfaces[self._local[number]].statistics.update(found)

    def _secrets(self, data: memoryview, at: int, stop: int) -> None:
        self._fits(stop - at, 16, "decryption secrets")
        kind, size = struct.unpack_from(self._order + "II", data, at + 8)
        if size > stop - at - 16:
            raise DataError(f"a decryption secrets block of {stop + 4 - at} bytes cannot hold {size} bytes of secrets")
        self.facts.add_secret(kind, bytes(data[at + 16 : at + 16 + size]))

    def _describe_events(self) -> None:
        """An interface for frames that none captured."""
        self._no_interface = len(self.facts.interfaces)
        self.facts.interfaces.append(Interface(NO_LINKTYPE, description="blocks that hold no packet", file=self.file))

    def _packet_options(self, data: memoryview, at: int, rows: Rows, row: int) -> None:
        """Comments of a packet, and how many were dropped before it."""
        captured = self._word(data, at + 20)
        stop = at + self._total(data, at) - 4
        for code, value in self._options(data, int(rows.end[row]) + (-captured % 4), stop):
            if code == Option.COMMENT and not self._full:
                self.facts.add_comment(Comment("comment", text(value), self.file, frame=self.frames))
            elif code == Option.PACKET_DROPS and self._word(data, at) == Block.ENHANCED:
                dropped = int(struct.unpack(self._order + "Q", value)[0])
                if dropped:
                    self._lost(rows, row, dropped)

    def _lost(self, rows: Rows, row: int, dropped: int) -> None:
        """Frames were dropped between that row and the one before it of its interface."""
        interface, time = int(rows.interface[row]), int(rows.time[row])
        before = np.flatnonzero(rows.interface[:row] == interface)
        since = int(rows.time[before[-1]]) if len(before) else self._time or time
        self.facts.losses.add(Loss(self.file, self.frames, dropped, min(since, time), time, interface))


def text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")


def journal_time(entry: bytes) -> int:
    """Wall-clock time of a systemd journal export entry, in ns; 0 where it says none."""
    _, found, rest = entry.partition(JOURNAL_TIME)
    digits = rest.partition(b"\n")[0]
    return int(digits) * 1000 if found and digits.isdigit() and len(digits) < 16 + 1 else 0
