"""Network Service Headers (RFC 8300 section 2)."""

from analyzer.fault import Fault

NAME = "nsh"
VERSION_AND_LENGTH = 0
METADATA_TYPE = 2
NEXT_PROTOCOL = 3
HEADER = 8

LENGTH = 0x3F  #: in words of 4 bytes
FIXED_CONTEXT = 1  #: a metadata type: 16 bytes of context, whatever the length says (as Wireshark does)
FIXED_CONTEXT_SIZE = 24

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
    """carries: the next protocol."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        size = max((data[p + VERSION_AND_LENGTH + 1] & LENGTH) * 4, HEADER)
        if data[p + METADATA_TYPE] & 0x0F == FIXED_CONTEXT:
            size = FIXED_CONTEXT_SIZE
        if end[i] - p <= size:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p > size else Fault.SHORT
            continue
        inner[i] = p + size
        carries[i] = data[p + NEXT_PROTOCOL]
