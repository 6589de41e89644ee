"""PPI: per-packet information before a frame of any link type (CACE Technologies, "PPI header format" 1.0.10)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "ppi"
FLAGS: Final = 1
LENGTH: Final = 2  #: little endian, as all of it
LINKTYPE: Final = 4
HEADER: Final = 8
FIELD_HEADER: Final = 4  #: type and length

ALIGNED: Final = 0x01  #: fields begin at multiples of four
IEEE80211: Final = 105
IEEE80211_COMMON: Final = 2  #: the field that has flags of an 802.11 frame
COMMON_FLAGS: Final = 8
WITH_FCS: Final = 0x0001
FCS: Final = 4

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
        size = data[p + LENGTH] | data[p + LENGTH + 1] << 8
        if size < HEADER or stop - p < size:
            fault[i] = Fault.SNAP_LENGTH if HEADER <= size <= reported[i] - p else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        kind = int.from_bytes(data[p + LINKTYPE : p + LINKTYPE + 4], "little")
        carries[i] = kind if kind < 0x10000 else -1
        if kind == IEEE80211 and reported[i] - p - size >= FCS and _flags(data, p, p + size) & WITH_FCS:
            inner_reported[i] = reported[i] - FCS
            inner_end[i] = min(stop, inner_reported[i])


def _flags(data: memoryview, p: int, end: int) -> int:
    """The flags of the 802.11-common field of the header at p, 0 without it."""
    aligned = data[p + FLAGS] & ALIGNED
    q = p + HEADER
    while q + FIELD_HEADER <= end:
        kind = data[q] | data[q + 1] << 8
        size = data[q + 2] | data[q + 3] << 8
        q += FIELD_HEADER
        if kind == IEEE80211_COMMON and q + COMMON_FLAGS + 2 <= end:
            return data[q + COMMON_FLAGS] | data[q + COMMON_FLAGS + 1] << 8
        q += size
        if aligned:
            q = p + (q - p + 3) // 4 * 4
    return 0
