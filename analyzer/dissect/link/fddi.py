"""FDDI frames (ISO 9314-2 clause 7; 802.2 behind them: RFC 1390)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "fddi"
FRAME_CONTROL: Final = 0
DESTINATION: Final = 1
SOURCE: Final = 7
HEADER: Final = 13

LLC_FORMAT: Final = 0x50  #: asynchronous; Wireshark reads no synchronous ones
FORMAT_MASK: Final = 0xF0
LLC: Final = 0  #: carries

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: LLC."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        inner[i] = p + HEADER
        if data[p + FRAME_CONTROL] & FORMAT_MASK == LLC_FORMAT:
            carries[i] = LLC
