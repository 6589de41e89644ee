"""snoop files (RFC 1761), as Solaris writes them."""

from __future__ import annotations

import struct

from analyzer.batch import Interface
from analyzer.capture.damage import CaptureError
from analyzer.capture.facts import FileFacts
from analyzer.capture.rows import FileInfo, Rows, Step, longest_frame

MAGIC = b"snoop\0\0\0"
VERSIONS = (2, 3, 4, 5)  # from 3 on Shomiti's, the same for Ethernet
FILE_HEADER = 16
RECORD = struct.Struct(">IIIIII")  # original length, captured length, length of the record, drops, seconds, microseconds
LINKTYPES = {
    0: 1,  # IEEE 802.3
    2: 6,  # Token Ring
    4: 1,  # Ethernet
    8: 10,  # FDDI
    9: 0,  # loopback, as BSD has it
    14: 0,
    16: 122,  # Fibre Channel
    18: 123,  # ATM, as SunATM has it
    0x80000005: 226,  # Solaris IPNET
}


class Snoop:
    """The format of a snoop file."""

    name = "snoop"
    header = FILE_HEADER

    def __init__(self, first: bytes, file: int, facts: FileFacts) -> None:
        version, datalink = struct.unpack_from(">II", first, len(MAGIC))
        if version not in VERSIONS:
            raise CaptureError(f"is a snoop file of version {version}; 2 is known")
        if datalink not in LINKTYPES or (version > 2 and datalink != 4):
            raise CaptureError(f"is a snoop file of datalink type {datalink:#x}, which is not known")
        self._linktype = LINKTYPES[datalink]
        self._interface = len(facts.interfaces)
        self._limit = longest_frame(self._linktype)
        facts.interfaces.append(Interface(self._linktype, file=file))

    def describe(self, info: FileInfo) -> None:
        info.byte_order = "big"
        info.resolution = 1_000_000

    def index(self, data: memoryview, at: int, filled: int, rows: Rows) -> Step:
        count = 0
        while count < len(rows):
            if filled - at < RECORD.size:
                return Step(count, at, need=RECORD.size)
            original, captured, total, _, seconds, microseconds = RECORD.unpack_from(data, at)
            if captured > self._limit or original > self._limit:
                longest = max(captured, original)
                return Step(count, at, reason=f"a record says {longest} bytes; a frame has at most {self._limit}")
            if total < RECORD.size + captured:
                return Step(count, at, reason=f"a record of {total} bytes cannot hold {captured} captured bytes")
            if total > RECORD.size + captured + self._limit:
                return Step(count, at, reason=f"a record says it is {total} bytes long")
            if filled - at < total:
                return Step(count, at, need=total)
            start = at + RECORD.size
            rows.time[count] = seconds * 1_000_000_000 + microseconds * 1000
            rows.start[count], rows.end[count], rows.reported[count] = start, start + captured, start + original
            rows.interface[count], rows.linktype[count], rows.fault[count] = self._interface, self._linktype, 0
            count += 1
            at += total
        return Step(count, at)

    def cut(self, data: memoryview, at: int, filled: int) -> str:
        left = filled - at
        if left == 0:
            return ""
        if left < RECORD.size:
            return f"cut short in the middle of a packet: {left} bytes of its record header are left"
        total = RECORD.unpack_from(data, at)[2]
        return f"cut short in the middle of a packet: record says {total - RECORD.size} bytes, {left - RECORD.size} are left"
