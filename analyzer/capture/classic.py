"""pcap files (draft-ietf-opsawg-pcap), and their relatives: the file header, and which relative it is.

The relatives differ in what follows the 16 bytes of a record header (patched Linux kernels, Nokia), in the unit of time
(AIX) or in the order of the two lengths (before version 2.4). Where nothing says which it is, the records have to.
"""

from __future__ import annotations

import struct
from enum import Enum

import numpy as np

from analyzer.batch import Interface, views
from analyzer.capture import pcap
from analyzer.capture.damage import CaptureError
from analyzer.capture.facts import FileFacts
from analyzer.capture.rows import FileInfo, Rows, Step, longest_frame

MICROSECONDS = 0xA1B2C3D4
NANOSECONDS = 0xA1B23C4D
MODIFIED = 0xA1B2CD34  # Alexey Kuznetzov's patches
IXIA_HARDWARE, IXIA_SOFTWARE = 0x1C0001AC, 0x1C0001AB
MAGICS = (MICROSECONDS, NANOSECONDS, MODIFIED, IXIA_HARDWARE, IXIA_SOFTWARE)

FILE_HEADER = 24
IXIA_FILE_HEADER = 28  # the length of all records follows
KUZNETZOV, KUZNETZOV_LATER, NOKIA = 24, 28, 20  # record headers
RECORD_HEADERS = {MICROSECONDS: (pcap.HEADER, KUZNETZOV, NOKIA), MODIFIED: (KUZNETZOV, KUZNETZOV_LATER)}
TRIED_RECORDS = 3

# the link type field: LINKTYPE_, and the length of the frame check sequence in units of 2 bytes where a bit says so
LINKTYPE = 0x03FFFFFF
FCS_PRESENT = 0x04000000
FCS_SHIFT = 28

DG_UX = (543, 0)  # its tcpdump's version; lengths swapped
AIX_VERSION = (2, 2)
AIX_LINKTYPES = {
    6: 1,
    9: 6,
    15: 10,
    24: 0,
}  # it writes RFC 1573 ifType: Ethernet, Token Ring, FDDI, loopback; time in ns
LENGTHS_MAY_BE_SWAPPED = (2, 3)


class Reading(Enum):
    """What the first records look like with record headers of some length."""

    WHOLE = "each of them makes sense"
    CUT = "they do, up to one that the bytes at hand end in"
    ODD = "more captured than there was on the wire, or a fraction of a second that is more than a second"
    IMPOSSIBLE = "a frame longer than any"


def byte_order(first: bytes) -> str:
    """struct's letter for the byte order of a pcap file, "" for other files."""
    for order in "<>":
        if len(first) >= 4 and struct.unpack_from(order + "I", first)[0] in MAGICS:
            return order
    return ""


class Pcap:
    """The format of a pcap file."""

    name = "pcap"

    def __init__(self, first: bytes, file: int, facts: FileFacts) -> None:
        self._order = byte_order(first)
        self.magic, major, minor, _, _, self.snap_length, field = struct.unpack_from(self._order + "IHHiIII", first)
        version = (major, minor)
        if major < 2:
            raise CaptureError(f"is a pcap file of version {major}.{minor}; 2.4 is usual, and before 2.0 is not known")
        self.header = IXIA_FILE_HEADER if self.magic in (IXIA_HARDWARE, IXIA_SOFTWARE) else FILE_HEADER
        linktype, self.resolution = field & LINKTYPE, 1_000_000
        if self.magic == NANOSECONDS:
            self.resolution = 1_000_000_000
        elif version == AIX_VERSION and linktype in AIX_LINKTYPES:
            linktype, self.resolution = AIX_LINKTYPES[linktype], 1_000_000_000
        self._swap = pcap.STRAIGHT
        if version == DG_UX or version < LENGTHS_MAY_BE_SWAPPED:
            self._swap = pcap.SWAPPED
        elif version == LENGTHS_MAY_BE_SWAPPED:
            self._swap = pcap.EITHER
        self._limit = longest_frame(linktype)
        self._record_headers = RECORD_HEADERS.get(self.magic, (pcap.HEADER,))
        self._record_header = self._record_headers[0]
        self._linktype = linktype
        self._index = len(facts.interfaces)
        fcs_length = 2 * (field >> FCS_SHIFT) if field & FCS_PRESENT else 0
        interface = Interface(
            linktype, snap_length=self.snap_length, fcs_length=fcs_length, resolution=self.resolution, file=file
        )
        facts.interfaces.append(interface)
        self._state = np.zeros(pcap.STATE, np.int64)
        (self._view,) = views(self._state)
        self._filled_rows: Rows | None = None

    def describe(self, info: FileInfo) -> None:
        info.byte_order = "little" if self._order == "<" else "big"
        info.resolution = self.resolution
        info.snap_length = self.snap_length

    def index(self, data: memoryview, at: int, filled: int, rows: Rows) -> Step:
        if rows is not self._filled_rows:  # these columns never change
            rows.interface[:] = self._index
            rows.linktype[:] = self._linktype
            rows.fault[:] = 0
            self._filled_rows = rows
        if len(self._record_headers) > 1:
            if filled - at < pcap.HEADER:
                return Step(0, at, need=pcap.HEADER)
            self._choose(data, at, filled)
        state = self._state
        state[0] = at
        count = pcap.index(
            data, filled, self._view, self._order == ">", self._record_header, self._swap, 10**9 // self.resolution, self._limit,
            *rows.positions,
        )  # fmt: skip
        at, need, too_long = (int(n) for n in state)
        if too_long:
            said = self._lengths(data, at)[0]
            return Step(count, at, reason=f"a record says {said} bytes were captured; a frame has at most {self._limit}")
        return Step(count, at, need=need)

    def cut(self, data: memoryview, at: int, filled: int) -> str:
        left = filled - at
        if left == 0:
            return ""
        if left < self._record_header:
            return f"cut short in the middle of a packet: {left} bytes of its record header are left"
        said = self._lengths(data, at)[0]
        return f"cut short in the middle of a packet: record says {said} bytes, {left - self._record_header} are left"

    def _lengths(self, data: memoryview, at: int) -> tuple[int, int]:
        captured, original = struct.unpack_from(self._order + "II", data, at + 8)
        if self._swap == pcap.SWAPPED or (self._swap == pcap.EITHER and captured > original):
            return original, captured
        return captured, original

    def _choose(self, data: memoryview, at: int, filled: int) -> None:
        """Decide for the header length with which the first records make sense.

        The usual one stands until a record contradicts it. Then it is another one that reads whole records; where the usual
        one says an impossible length, so that nothing more could be read with it, also one that the end of the file cuts.
        """
        usual, *others = self._record_headers
        self._record_header = usual
        doubt = self._read(data, at, filled, usual)
        if doubt in (Reading.ODD, Reading.IMPOSSIBLE):
            readings = [(header, self._read(data, at, filled, header)) for header in others]
            better = [header for header, reading in readings if reading == Reading.WHOLE]
            if doubt == Reading.IMPOSSIBLE:
                better += [header for header, reading in readings if reading == Reading.CUT]
            self._record_header = better[0] if better else usual
        self._record_headers = (self._record_header,)

    def _read(self, data: memoryview, at: int, filled: int, header: int) -> Reading:
        """What the first records look like with headers of that length."""
        for _ in range(TRIED_RECORDS):
            if at == filled:
                break
            if filled - at < header:
                return Reading.CUT
            fraction = struct.unpack_from(self._order + "I", data, at + 4)[0]
            captured, original = self._lengths(data, at)
            if captured > self._limit:
                return Reading.IMPOSSIBLE
            if captured > original or fraction >= self.resolution:
                return Reading.ODD
            at += header + captured
            if at > filled:
                return Reading.CUT
        return Reading.WHOLE
