"""EtherIP (RFC 3378): an Ethernet frame behind two bytes, whose version Wireshark does not check."""

from analyzer.fault import Fault

NAME = "etherip"
HEADER = 2
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
        inner[i] = p + HEADER
        carries[i] = ETHERNET
