"""Frame Relay (ITU-T Q.922 annex A; multiprotocol encapsulation: RFC 2427 section 3 to 5; Cisco's has an EtherType instead)."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "fr"
ADDRESS: Final = 0
HEADER: Final = 2  #: of most addresses; they end with the byte whose lowest bit is set
MAXIMUM_ADDRESS: Final = 4

UNNUMBERED: Final = 0x03  #: the low bits of a control field of one byte; others have two
PAD: Final = 0x00
NLPID_SNAP: Final = 0x80
SNAP: Final = 5
ENCAPSULATED_ETHERNET: Final = 0x000000
BRIDGED: Final = 0x0080C2
ETHERNET_WITH_FCS: Final = 0x0001
ETHERNET_WITHOUT_FCS: Final = 0x0007
TRANSPARENT_ETHERNET: Final = 0x6558

#: those that tell Cisco's encapsulation
ETHERTYPES: Final = (0x0800, 0x0806, 0x2000, 0x809B, 0x80F3, 0x8137, 0x86DD, 0x8847, 0x8848)

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: an NLPID (ISO/IEC TR 9577), or an EtherType."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        q = p
        while q < stop and q - p < MAXIMUM_ADDRESS and not data[q] & 1:
            q += 1
        q += 1
        if q - p < HEADER or q - p > MAXIMUM_ADDRESS:
            fault[i] = Fault.HEADER_LENGTH
            continue
        if stop - q < 2:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - q >= 2 else Fault.SHORT
            continue
        kind = data[q] << 8 | data[q + 1]
        if kind in ETHERTYPES:
            inner[i] = q + 2
            carries[i] = kind
            continue
        q += 1 if data[q] & UNNUMBERED == UNNUMBERED else 2
        if q < stop and data[q] == PAD:
            q += 1
        if q >= stop:
            fault[i] = Fault.SNAP_LENGTH if reported[i] > q else Fault.SHORT
            continue
        kind = data[q]
        q += 1
        if kind == NLPID_SNAP:
            if stop - q < SNAP:
                fault[i] = Fault.SNAP_LENGTH if reported[i] - q >= SNAP else Fault.SHORT
                continue
            organization = int.from_bytes(data[q : q + 3], "big")
            kind = data[q + 3] << 8 | data[q + 4]
            if organization == BRIDGED and kind in (ETHERNET_WITH_FCS, ETHERNET_WITHOUT_FCS):
                kind = TRANSPARENT_ETHERNET
            elif organization != ENCAPSULATED_ETHERNET:
                kind = NLPID_SNAP
            q += SNAP
        inner[i] = q
        carries[i] = kind
