"""Frames without a link layer (LINKTYPE_RAW, tcpdump.org): the version nibble tells IPv4 from IPv6.

Linux's ISDN driver puts PPP there, with one or six bytes before it.
"""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "raw"
IPV4: Final = 0x0800
IPV6: Final = 0x86DD
PPP: Final = 0xFF03  #: carries: PPP, as its address and control bytes
PPP_PREFIXES: Final = (0, 1, 6)

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: IPV4 or IPV6, of which no byte is taken, or PPP."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = p, stop, reported[i]
        carries[i] = -1
        fault[i] = 0
        if p >= stop:
            fault[i] = Fault.SNAP_LENGTH if reported[i] > p else Fault.SHORT
        elif data[p] >> 4 == 4:
            carries[i] = IPV4
        elif data[p] >> 4 == 6:
            carries[i] = IPV6
        else:
            for prefix in PPP_PREFIXES:
                if p + prefix + 2 <= stop and (data[p + prefix] << 8 | data[p + prefix + 1]) == PPP:
                    inner[i] = p + prefix + 2
                    carries[i] = PPP
                    break
