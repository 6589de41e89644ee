"""MACsec (IEEE 802.1AE clause 9): frames that are only authenticated can be read, encrypted ones end here."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

NAME = "macsec"
CONTROL: Final = 0
SHORT_LENGTH: Final = 1
PACKET_NUMBER: Final = 2
HEADER: Final = 6
CHANNEL_IDENTIFIER: Final = 8
TYPE_SIZE: Final = 2
INTEGRITY_CHECK_VALUE: Final = 16

VERSION: Final = 0x80  #: bits of the control field
WITH_CHANNEL: Final = 0x20
ENCRYPTED: Final = 0x08
CHANGED: Final = 0x04

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: the EtherType behind the tag."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        if data[p + CONTROL] & VERSION:
            fault[i] = Fault.VERSION
            continue
        if data[p + CONTROL] & (ENCRYPTED | CHANGED):
            continue
        q = p + HEADER + TYPE_SIZE
        if data[p + CONTROL] & WITH_CHANNEL:
            q += CHANNEL_IDENTIFIER
        if q + INTEGRITY_CHECK_VALUE > reported[i] or q > stop:
            fault[i] = Fault.SNAP_LENGTH if q + INTEGRITY_CHECK_VALUE <= reported[i] else Fault.SHORT
            continue
        inner[i] = q
        inner_reported[i] = reported[i] - INTEGRITY_CHECK_VALUE
        inner_end[i] = min(stop, inner_reported[i])
        carries[i] = data[q - 2] << 8 | data[q - 1]
