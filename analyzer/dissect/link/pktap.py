"""Apple's packet tap: which interface and process, before a frame of any link type (LINKTYPE_PKTAP; XNU net/pktap.h)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "pktap"
LENGTH: Final = 0  #: little endian, as all of it
NEXT: Final = 4
LINKTYPE: Final = 8
HEADER: Final = 12  #: of some 108 bytes, whose length is in them
PACKET: Final = 1  #: next: a packet follows

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: the link type of the frame behind it."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        size = int.from_bytes(data[p : p + 4], "little")
        if size < HEADER or stop - p < size:
            fault[i] = Fault.SNAP_LENGTH if HEADER <= size <= reported[i] - p else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        kind = int.from_bytes(data[p + LINKTYPE : p + LINKTYPE + 4], "little")
        if int.from_bytes(data[p + NEXT : p + NEXT + 4], "little") == PACKET and kind < 0x10000:
            carries[i] = kind
