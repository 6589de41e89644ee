"""AVS capture headers before an 802.11 frame (AbsoluteValue Systems, "Capture frame format"; LINKTYPE_IEEE802_11_AVS)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "wlancap"
MAGIC_AND_VERSION: Final = 0
LENGTH: Final = 4
HEADER: Final = 8  #: as far as it is read, of 64 bytes and more

IEEE80211: Final = 0  #: carries

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: IEEE80211."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        size = int.from_bytes(data[p + LENGTH : p + LENGTH + 4], "big")
        if size < HEADER or stop - p < size:
            fault[i] = Fault.SNAP_LENGTH if HEADER <= size <= reported[i] - p else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        carries[i] = IEEE80211
