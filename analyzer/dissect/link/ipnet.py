"""Solaris IP observability (LINKTYPE_IPNET; Solaris ipnet(4D))."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "ipnet"
VERSION: Final = 0
FAMILY: Final = 1
HOOK: Final = 2
PACKET_LENGTH: Final = 4
INTERFACE: Final = 8
GROUP_INTERFACE: Final = 12
SOURCE_ZONE: Final = 16
DESTINATION_ZONE: Final = 20
HEADER: Final = 24

FAMILIES: Final = {2: 0x0800, 26: 0x86DD}

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
        inner[i] = p + HEADER
        carries[i] = FAMILIES.get(data[p + FAMILY], -1)
