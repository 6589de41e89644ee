"""Arista's time stamps between Ethernet's addresses and the EtherType (Arista EOS manual, "Timestamping")."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "avsp"
SUBTYPE: Final = 0
VERSION: Final = 2
HEADER: Final = 4
TYPE_SIZE: Final = 2

TIMESTAMP: Final = 1  #: the only subtype
STAMP_SIZES: Final = {0x0010: 8, 0x0020: 6, 0x0110: 8, 0x0120: 6}  #: TAI in 64 and 48 bits, UTC in 64 and 48 bits

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: the EtherType behind the time stamp."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        size = STAMP_SIZES.get(data[p + VERSION] << 8 | data[p + VERSION + 1], 0)
        if not size or (data[p + SUBTYPE] << 8 | data[p + SUBTYPE + 1]) != TIMESTAMP:
            continue
        q = p + HEADER + size + TYPE_SIZE
        if q > stop:
            fault[i] = Fault.SNAP_LENGTH if reported[i] >= q else Fault.SHORT
            continue
        inner[i] = q
        carries[i] = data[q - 2] << 8 | data[q - 1]
