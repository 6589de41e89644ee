"""A-MSDU subframes: several frames in one 802.11 frame (IEEE 802.11-2020 clause 9.3.2.2.2)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "wlan_aggregate"
DESTINATION: Final = 0
SOURCE: Final = 6
LENGTH: Final = 12  #: of what is carried, padding excluded
HEADER: Final = 14

ALIGNMENT: Final = 4  #: each subframe but the last is padded to a multiple of it
LLC: Final = 0  #: carries

#: following: where the next subframe begins, 0 behind the last one
COLUMNS = {"following": "q"}
REPEATS = "following"


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview, following: memoryview,
) -> None:  # fmt: skip
    """carries: LLC."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        following[i] = 0
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        whole = p + HEADER + (data[p + LENGTH] << 8 | data[p + LENGTH + 1])
        inner[i] = p + HEADER
        carries[i] = LLC
        if whole > reported[i]:
            fault[i] = Fault.TOTAL_LENGTH  # noted; what is there is dissected
            continue
        inner_reported[i] = whole
        inner_end[i] = min(stop, whole)
        padded = whole + (p - whole) % ALIGNMENT
        if padded < stop:
            following[i] = padded
