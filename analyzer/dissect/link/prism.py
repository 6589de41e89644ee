"""Prism headers before an 802.11 frame (LINKTYPE_IEEE802_11_PRISM, tcpdump.org); some drivers put an AVS header there."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "prism"
MESSAGE: Final = 0
LENGTH: Final = 4
HEADER: Final = 8

AVS_MAGIC: Final = 0x80211  #: the upper 20 bits of the first word, in network order; the rest is a version
MINIMUM: Final = 24  #: without any of the Prism items
PRISM_SIZE: Final = 144  #: with all ten of them
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
        size = PRISM_SIZE
        if int.from_bytes(data[p : p + 4], "big") >> 12 == AVS_MAGIC:
            size = int.from_bytes(data[p + LENGTH : p + LENGTH + 4], "big")
        if size < MINIMUM or stop - p < size:
            fault[i] = Fault.SNAP_LENGTH if MINIMUM <= size <= reported[i] - p else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        carries[i] = IEEE80211
