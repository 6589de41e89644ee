"""Apple's IP over IEEE 1394 (LINKTYPE_APPLE_IP_OVER_IEEE1394, tcpdump.org)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "ap1394"
DESTINATION: Final = 0
SOURCE: Final = 8
TYPE: Final = 16
HEADER: Final = 18

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: an EtherType."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        inner[i] = p + HEADER
        carries[i] = data[p + TYPE] << 8 | data[p + TYPE + 1]
