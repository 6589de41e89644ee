"""ARCNET as Linux captures it (RFC 1201, RFC 1051; LINKTYPE_ARCNET_LINUX, tcpdump.org), with a buffer offset."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "arcnet"  # as Wireshark: one name for both forms
SOURCE: Final = 0
DESTINATION: Final = 1
OFFSET: Final = 2
PROTOCOL: Final = 4
HEADER: Final = 5

UNFRAGMENTED: Final = (128, 205, 240, 241)  #: diagnosis, BACnet, RFC 1051: no fragmentation header
FRAGMENTATION: Final = 3  #: split flag, sequence number

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: the protocol number."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        kind = data[p + PROTOCOL]
        q = p + HEADER
        if kind not in UNFRAGMENTED:
            q += FRAGMENTATION
        if q > stop:
            fault[i] = Fault.SNAP_LENGTH if reported[i] >= q else Fault.SHORT
            continue
        inner[i] = q
        carries[i] = kind
