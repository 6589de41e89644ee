"""OpenBSD's encapsulating interface: packets inside IPsec (enc(4); LINKTYPE_ENC, tcpdump.org)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "enc"
FAMILY: Final = 0  #: in the byte order of the machine that captured
SECURITY_PARAMETERS_INDEX: Final = 4
FLAGS: Final = 8
HEADER: Final = 12

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
        inner[i] = p + HEADER
        carries[i] = FAMILIES.get(min(int.from_bytes(data[p : p + 4], "little"), int.from_bytes(data[p : p + 4], "big")), -1)
