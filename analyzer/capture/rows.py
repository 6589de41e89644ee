"""What a file format gives the reader: rows of frames, and how far it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Int64, views

MAXIMUM_FRAME = 262_144  #: longest frame; more is damage, as for Wireshark (WTAP_MAX_PACKET_SIZE_STANDARD)
LONG_FRAMES = {231: 128 << 20, 249: 128 << 20, 279: 32 << 20}  #: D-Bus, USBPcap and EBHSCR messages are longer
NO_LINKTYPE = -1  #: of frames that no link layer carried


def longest_frame(linktype: int) -> int:
    return LONG_FRAMES.get(linktype, MAXIMUM_FRAME)


class Rows:
    """The columns of up to `size` frames, used again and again; `views` are the same as memoryviews."""

    def __init__(self, size: int) -> None:
        self.time: Int64 = np.zeros(size, np.int64)
        self.start: Int64 = np.zeros(size, np.int64)
        self.end: Int64 = np.zeros(size, np.int64)
        self.reported: Int64 = np.zeros(size, np.int64)
        self.interface: NDArray[np.int32] = np.zeros(size, np.int32)
        self.linktype: NDArray[np.int32] = np.zeros(size, np.int32)
        self.fault: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self.positions = views(self.time, self.start, self.end, self.reported)
        self.views = (*self.positions, *views(self.interface, self.linktype, self.fault))

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a format came: `count` rows filled, the next record begins `at`."""

    count: int
    at: int
    need: int = 0  #: bytes it needs from `at` on to get further; 0 = it only stopped for want of rows
    skip: int = 0  #: bytes from `at` on that nobody wants to see
    reason: str = ""  #: why the record at `at` cannot be read: the file is damaged from there on
    end: bool = False  #: nothing follows


@dataclass(slots=True)
class FileInfo:
    """One of the files that are read."""

    path: str
    format: str = ""
    compression: str | None = None
    size: int | None = None  #: bytes on disk; unknown of a pipe
    snap_length: int = 0
    byte_order: str = ""  #: "little" or "big"
    resolution: int = 0  #: time stamp units per second; of the first interface in a pcapng file


class Format(Protocol):
    """A file format: made from the first bytes of a file, then asked for rows."""

    name: str
    header: int  #: bytes at the beginning of the file that it has read when it is made

    def describe(self, info: FileInfo) -> None:
        """Fill in what the file header says."""

    def index(self, data: memoryview, at: int, filled: int, rows: Rows) -> Step:
        """Fill rows from data[at:filled]. Asked again after damage it says the same again."""

    def cut(self, data: memoryview, at: int, filled: int) -> str:
        """The sentence for a file that ends in the middle of the record at `at`; "" where it may end there."""
