"""IP Authentication Headers behind an IPv4 header (RFC 4302 section 2); behind an IPv6 header they are part of its chain."""

from analyzer.fault import Fault

NAME = "ah"
NEXT_HEADER = 0
PAYLOAD_LENGTH = 1
HEADER = 8  #: what must be there; the length field says how much there is

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
    """carries: the number of the protocol behind this header."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        size = (data[p + PAYLOAD_LENGTH] + 2) * 4
        if end[i] - p < size:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= size else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        carries[i] = data[p + NEXT_HEADER]
