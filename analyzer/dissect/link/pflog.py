"""OpenBSD's packet filter log (pflog(4); LINKTYPE_PFLOG, tcpdump.org)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "pflog"
LENGTH: Final = 0
FAMILY: Final = 1
HEADER: Final = 4  #: as far as it is read; the whole is as long as its first byte says, padded to a multiple of four

FAMILIES: Final = {2: 0x0800, 24: 0x86DD, 28: 0x86DD, 30: 0x86DD}

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: the EtherType of IPv4 or IPv6."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        size = (data[p + LENGTH] + 3) // 4 * 4
        if size < HEADER or stop - p < size:
            fault[i] = Fault.SNAP_LENGTH if HEADER <= size <= reported[i] - p else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        carries[i] = FAMILIES.get(data[p + FAMILY], -1)
