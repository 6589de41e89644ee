"""UDP-Lite datagrams (RFC 3828): as UDP, with a checksum coverage where UDP has its length.

Wireshark gives them the fields of UDP, and counts their conversations among those of UDP.
"""

from analyzer.fault import Fault

NAME = "udplite"
TABLE = "udp"  #: where its occurrences stand: they have the fields and conversations of UDP
SOURCE_PORT = 0
DESTINATION_PORT = 2
COVERAGE = 4
CHECKSUM = 6
PORTS = 4
HEADER = 8

#: length and len: as udp.py has them, from the layer around it
COLUMNS: dict[str, str] = {"srcport": "H", "dstport": "H", "length": "H", "len": "i"}


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
    length: memoryview,
    payload: memoryview,
) -> None:
    """carries: 0; who is carried is told by the ports."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        srcport[i] = dstport[i] = length[i] = 0
        payload[i] = -1
        if end[i] - p >= PORTS:
            srcport[i] = data[p + SOURCE_PORT] << 8 | data[p + SOURCE_PORT + 1]
            dstport[i] = data[p + DESTINATION_PORT] << 8 | data[p + DESTINATION_PORT + 1]
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            if end[i] - p >= CHECKSUM:
                length[i] = (reported[i] - p) & 0xFFFF
            continue
        length[i] = (reported[i] - p) & 0xFFFF
        payload[i] = reported[i] - p - HEADER
        inner[i] = p + HEADER
        carries[i] = 0
