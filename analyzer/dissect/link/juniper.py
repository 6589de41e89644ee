"""Juniper's header before captured Ethernet frames (LINKTYPE_JUNIPER_ETHER, tcpdump.org)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "juniper"
MAGIC: Final = 0
FLAGS: Final = 3
EXTENSION_LENGTH: Final = 4
HEADER: Final = 4

MAGIC_NUMBER: Final = 0x4D4743
NO_LINK_LAYER: Final = 0x02  #: flags: a protocol number in the first of four bytes stands in its place
EXTENSIONS: Final = 0x80
PROTOCOL: Final = 4
PROTOCOLS: Final = {2: 0x0800, 3: 0x0800, 4: 0x8847, 5: 0x8847, 6: 0x86DD, 7: 0x86DD, 8: 0x8847, 32: 0x8847}
TRANSPARENT_ETHERNET: Final = 0x6558

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: an EtherType; TRANSPARENT_ETHERNET for a frame with its link layer."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        if int.from_bytes(data[p : p + 3], "big") != MAGIC_NUMBER:
            fault[i] = Fault.FIELD
            continue
        q = p + HEADER
        if data[p + FLAGS] & EXTENSIONS:
            if stop - q < 2:
                fault[i] = Fault.SNAP_LENGTH if reported[i] - q >= 2 else Fault.SHORT
                continue
            q += 2 + (data[q] << 8 | data[q + 1])
        first = q
        if data[p + FLAGS] & NO_LINK_LAYER:
            q += PROTOCOL
        if q > stop:
            fault[i] = Fault.SNAP_LENGTH if reported[i] >= q else Fault.HEADER_LENGTH
            continue
        inner[i] = q
        carries[i] = TRANSPARENT_ETHERNET if q == first else PROTOCOLS.get(data[first], -1)
