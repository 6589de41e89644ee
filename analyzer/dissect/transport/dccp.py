"""DCCP packets (RFC 4340 section 5.1): the generic header only."""

from analyzer.fault import Fault

NAME = "dccp"
SOURCE_PORT = 0
DESTINATION_PORT = 2
PORTS = 4
DATA_OFFSET = 4
HEADER = 12

COLUMNS: dict[str, str] = {"srcport": "H", "dstport": "H"}


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
    srcport: memoryview,
    dstport: memoryview,
) -> None:
    """carries: nothing; inner is the payload behind the options."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        srcport[i] = dstport[i] = 0
        if end[i] - p >= PORTS:
            srcport[i] = data[p + SOURCE_PORT] << 8 | data[p + SOURCE_PORT + 1]
            dstport[i] = data[p + DESTINATION_PORT] << 8 | data[p + DESTINATION_PORT + 1]
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        inner[i] = min(p + max(data[p + DATA_OFFSET] * 4, HEADER), end[i])
