"""LISP data packets (RFC 9300 section 5.2)."""

from analyzer.fault import Fault

NAME = "lisp-data"
HEADER = 8
IPV4 = 4  #: carries: the version nibble of the packet within
IPV6 = 6

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
    """carries: IPV4 or IPV6."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        if end[i] > p + HEADER and data[p + HEADER] >> 4 in (IPV4, IPV6):
            inner[i] = p + HEADER
            carries[i] = data[p + HEADER] >> 4
