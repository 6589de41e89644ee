"""The pcap that tcpdump writes (draft-ietf-opsawg-pcap), made into enhanced packet blocks of one interface."""

from __future__ import annotations

import re
import signal
import struct
from time import time_ns
from typing import Final

import numpy as np

from analyzer.batch import BATCH_ROWS, views
from analyzer.capture import pcap
from analyzer.capture.live import describing, encode
from analyzer.capture.live.child import Child, Taken
from analyzer.capture.live.source import LiveCounters, LiveError
from analyzer.capture.rows import Rows

AT: Final = 0  #: place in the states of both kernels
HEADER: Final = 24
SCALES: Final = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}  #: magic number -> ns of a fraction
LINKTYPE_BITS: Final = 0x0FFFFFFF
FIRST_ROOM: Final = 1 << 20
LONGEST: Final = 16 << 20  #: frame
INFORM: Final = "INFO" if hasattr(signal, "SIGINFO") else "USR1"  #: the signal at which tcpdump tells its counters
#: three or four counters, on one line when it is asked and on several at its end
TOLD: Final = re.compile(
    r"(\d+) packets? captured[,\s]+(\d+) packets? received by filter[,\s]+(\d+) packets? dropped by kernel"
    r"(?:[,\s]+(\d+) packets? dropped by interface)?"
)


class Records:
    """The records of a running tcpdump, as blocks of interface `number`."""

    def __init__(self, child: Child, number: int, name: str, capture_filter: str, snap_length: int) -> None:
        self.child = child
        self.head = b""  #: the description of its interface
        self.link_types: list[int] = []
        self._number = number
        self._described = name, capture_filter, snap_length
        self._data = memoryview(bytearray(FIRST_ROOM))
        self._at = self._filled = 0  # of the bytes that are no rows yet
        self._need = HEADER
        self._scale = 1
        self._big = False
        self._columns = Rows(BATCH_ROWS).positions  # time, start, end, reported
        self._row = self._rows = 0  # those that wait, of the columns
        (self._index, self._state) = views(np.zeros(pcap.STATE, np.int64), np.zeros(encode.STATE, np.int64))
        self._lost = 0  # frames before the next one
        self._told = LiveCounters()

    @property
    def ended(self) -> bool:
        return self.child.ended

    @property
    def waits(self) -> bool:
        """Whether frames are here that were not handed over."""
        return self._row < self._rows or self._filled - self._at >= self._need

    def begun(self) -> bool:
        """Whether its file has a header, so that it captures."""
        self._filled += self.child.read_into(self._data[self._filled :])
        if self._filled < HEADER:
            return False
        magic = struct.unpack_from("<I", self._data)[0]
        self._big = magic not in SCALES
        if self._big:
            magic = struct.unpack_from(">I", self._data)[0]
        if magic not in SCALES:
            raise LiveError("what tcpdump writes is no pcap file")
        self._scale = SCALES[magic]
        linktype = struct.unpack_from(">I" if self._big else "<I", self._data, 20)[0] & LINKTYPE_BITS
        self.link_types.append(linktype)
        name, capture_filter, snap_length = self._described
        self.head = describing.interface(linktype, snap_length, name, capture_filter)
        self._at, self._need = HEADER, pcap.HEADER
        return True

    def take(self, view: memoryview, left: int, alone: bool) -> Taken:
        """Frames, at most `left`, as blocks into the buffer, which is not all of it where it is not `alone`."""
        self._state[AT] = 0
        frames = 0
        while left < 0 or frames < left:
            if self._row == self._rows and not self._more_rows():
                break
            after = self._rows if left < 0 else min(self._rows, self._row + left - frames)
            done = self._encode(after, view)
            frames += done
            if self._row < after:
                if not done and not frames and alone:
                    return self._take_large()
                break
        return Taken(self._state[AT], frames)

    def _take_large(self) -> Taken:
        """One frame that has no room in the buffer."""
        _, start, end, _ = self._columns
        block = memoryview(bytearray(end[self._row] - start[self._row] + encode.AROUND))
        self._state[AT] = 0
        done = self._encode(self._row + 1, block)
        return Taken(0, done, b"", block[: self._state[AT]])

    def _encode(self, after: int, view: memoryview) -> int:
        """How many of the rows up to `after` had room."""
        time, start, end, reported = self._columns
        row = encode.encode(
            self._data, time, start, end, reported, self._row, after, self._number, self._lost, view, self._state
        )  # fmt: skip
        done = int(row) - self._row
        if done:
            self._row, self._lost = int(row), 0
        return done

    def _more_rows(self) -> bool:
        """Read on, once all rows are handed over."""
        left = self._filled - self._at
        if self._need > len(self._data):
            grown = memoryview(bytearray(2 * self._need))
            grown[:left] = self._data[self._at : self._filled]
            self._data = grown
        else:
            self._data[:left] = bytes(self._data[self._at : self._filled])
        self._at, self._filled = 0, left
        self._filled += self.child.read_into(self._data[self._filled :])
        self._index[AT] = 0
        self._row, self._rows = 0, pcap.index(
            self._data, self._filled, self._index, self._big, pcap.HEADER, pcap.STRAIGHT, self._scale, LONGEST, *self._columns
        )  # fmt: skip
        self._at, self._need, too_long = self._index
        self._need = self._need or pcap.HEADER
        if too_long:
            self.child.ended, self._filled = True, self._at
        return self._rows > 0

    def ask(self) -> None:
        """Let it tell what it has counted; the answer is read the next time."""
        self._note()
        self.child.signal(INFORM)

    def _note(self) -> None:
        found = TOLD.findall(self.child.said())
        if not found:
            return
        _, received, kernel, interface = (int(number or 0) for number in found[-1])
        self._lost += max(kernel + interface - self._told.dropped_kernel - self._told.dropped_interface, 0)
        self._told = LiveCounters(received, kernel, interface)

    def counts(self) -> LiveCounters:
        return self._told

    def last(self) -> bytes:
        """End it; what it has counted."""
        self.child.close()
        self._note()
        told = self._told
        counts = {"received": told.received, "dropped": told.dropped_interface, "os_dropped": told.dropped_kernel}
        return describing.statistics(self._number, time_ns(), counts)
