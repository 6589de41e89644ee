"""SLIP frames as BSD captures them (LINKTYPE_SLIP, tcpdump.org; RFC 1055): 16 bytes about the line, then the IP packet.

The framing bytes are gone; header compression (RFC 1144) is undone, its bytes stand in the 16.
"""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "slip"
DIRECTION: Final = 0
COMPRESSED_HEADER: Final = 1
HEADER: Final = 16

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
CARRIES: Final = {4: IPV4, 6: IPV6}

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: IPV4 or IPV6, by the version nibble."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = p + HEADER, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p <= HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p > HEADER else Fault.SHORT
            continue
        carries[i] = CARRIES.get(data[p + HEADER] >> 4, -1)
        if carries[i] < 0:
            fault[i] = Fault.VERSION
