"""Linux netfilter log messages (LINKTYPE_NFLOG, tcpdump.org): a list of attributes, one of them the packet."""

from __future__ import annotations

from typing import Final, Literal

from analyzer.fault import Fault

NAME = "nflog"
FAMILY: Final = 0
VERSION: Final = 1
HEADER: Final = 4
ATTRIBUTE: Final = 4  #: length, which counts itself, and type, both in the byte order of the machine that captured
MAXIMUM_ATTRIBUTES: Final = 64

PACKET_HEADER: Final = 1  #: begins with the EtherType
PAYLOAD: Final = 9
FAMILIES: Final = {2: 0x0800, 10: 0x86DD}

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview, at: memoryview, end: memoryview, reported: memoryview, inner: memoryview, inner_end: memoryview,
    inner_reported: memoryview, carries: memoryview, fault: memoryview,
) -> None:  # fmt: skip
    """carries: the EtherType of the packet header attribute, without one that of the family."""
    for i in range(len(at)):
        p, stop = at[i], end[i]
        inner[i], inner_end[i], inner_reported[i] = stop, stop, reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if stop - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        order = _order(data, p + HEADER, reported[i])
        q = p + HEADER
        kind = -1
        for _ in range(MAXIMUM_ATTRIBUTES):
            if stop - q < ATTRIBUTE:
                break
            size = int.from_bytes(data[q : q + 2], order)
            attribute = int.from_bytes(data[q + 2 : q + 4], order)
            if size < ATTRIBUTE:
                fault[i] = Fault.HEADER_LENGTH
                break
            if attribute == PACKET_HEADER and stop - q >= ATTRIBUTE + 2:
                kind = data[q + ATTRIBUTE] << 8 | data[q + ATTRIBUTE + 1]
            if attribute == PAYLOAD:
                inner[i] = q + ATTRIBUTE
                inner_reported[i] = min(q + size, reported[i])
                inner_end[i] = min(q + size, stop)
                carries[i] = kind if kind >= 0 else FAMILIES.get(data[p + FAMILY], -1)
                break
            q += (size + 3) // 4 * 4
        else:
            fault[i] = Fault.CHAIN


def _order(data: memoryview, q: int, reported: int) -> Literal["little", "big"]:
    """The byte order in which the first attribute fits into the message; there it is 8 bytes long, the packet header."""
    little = data[q] | data[q + 1] << 8 if q + 2 <= len(data) else 0
    return "little" if ATTRIBUTE <= little <= reported - q else "big"
