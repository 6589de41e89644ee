"""Mirrored Ethernet frames in GRE, ERSPAN types II and III (draft-foschiano-erspan-03 sections 4.2 and 4.3).

Type I has no header of its own: gre.py hands on the frame.
"""

from analyzer.fault import Fault

NAME = "erspan"
VERSION_AND_VLAN = 0
FLAGS = 10
HEADER = 8
TYPE_III_HEADER = 12

TYPE_II = 1  #: the version nibble
TYPE_III = 2
PLATFORM_SUBHEADER = 0x0001  #: the O bit of the flags: 8 more bytes
PLATFORM_SUBHEADER_SIZE = 8
FRAME_TYPE = 0x7C00  #: 0 = Ethernet, 2 = IP; Wireshark dissects Ethernet only
ETHERNET = 0  #: carries: an Ethernet frame

COLUMNS: dict[str, str] = {}


def dissect(
    data: memoryview,
    at: memoryview,
    end: memoryview,
    reported: memoryview,
    inner: memoryview,
    inner_end: memoryview,
    inner_reported: memoryview,
    carries: memoryview,
    fault: memoryview,
) -> None:
    """carries: ETHERNET."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        version = data[p + VERSION_AND_VLAN] >> 4
        size = HEADER
        if version == TYPE_III:
            if end[i] - p < TYPE_III_HEADER:
                fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= TYPE_III_HEADER else Fault.SHORT
                continue
            size = TYPE_III_HEADER
            flags = data[p + FLAGS] << 8 | data[p + FLAGS + 1]
            if flags & FRAME_TYPE:
                continue
            if flags & PLATFORM_SUBHEADER:
                size += PLATFORM_SUBHEADER_SIZE
        elif version != TYPE_II:
            fault[i] = Fault.VERSION
            continue
        if end[i] - p <= size:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p > size else Fault.SHORT
            continue
        inner[i] = p + size
        carries[i] = ETHERNET
