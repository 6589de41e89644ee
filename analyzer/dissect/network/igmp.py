"""IGMP messages (RFC 1112, RFC 2236, RFC 3376 section 4): who asks for which multicast group."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "igmp"
TYPE: Final = 0
MAXIMUM_RESPONSE: Final = 1
CHECKSUM: Final = 2
GROUP: Final = 4  #: an IPv4 address; in a report of version 3 (RFC 3376 section 4.2) group records follow instead
HEADER: Final = 8

COLUMNS = {"type": "B"}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview, kind: memoryview,
) -> None:  # fmt: skip
    """carries: nothing."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        kind[i] = data[p] if p < stop else 0
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
