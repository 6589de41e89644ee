"""L2TP version 2 data messages over UDP (RFC 2661 section 3.1): PPP behind a header with optional fields."""

from analyzer.fault import Fault

NAME = "l2tp"
FLAGS = 0
LENGTH = 2
HEADER = 2  #: the flags; they say what follows

CONTROL = 0x8000
HAS_LENGTH = 0x4000
HAS_SEQUENCE = 0x0800
HAS_OFFSET = 0x0200
VERSION = 0x000F
TUNNEL_AND_SESSION = 4
PPP = 0  #: carries: a PPP frame

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
    """carries: PPP for data messages of version 2; those of version 3 need what the control messages agreed on."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        flags = data[p + FLAGS] << 8 | data[p + FLAGS + 1]
        if flags & CONTROL or flags & VERSION != 2:
            continue
        size = HEADER + TUNNEL_AND_SESSION
        if flags & HAS_LENGTH:
            size += 2
        if flags & HAS_SEQUENCE:
            size += 4
        if flags & HAS_OFFSET:
            if end[i] - p >= size + 2:
                size += data[p + size] << 8 | data[p + size + 1]
            size += 2
        if end[i] - p <= size:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p > size else Fault.SHORT
            continue
        if flags & HAS_LENGTH:
            length = data[p + LENGTH] << 8 | data[p + LENGTH + 1]
            if length <= size:
                fault[i] = Fault.TOTAL_LENGTH
                continue
            if p + length < reported[i]:
                inner_reported[i] = p + length
                inner_end[i] = min(end[i], p + length)
        inner[i] = p + size
        carries[i] = PPP
