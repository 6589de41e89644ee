"""TaZmen Sniffer Protocol: frames that an access point or router mirrors to UDP (no RFC; as Wireshark reads it)."""

from analyzer.fault import Fault

NAME = "tzsp"
VERSION = 0
TYPE = 1
ENCAPSULATED_PROTOCOL = 2
HEADER = 4

PADDING = 0  #: tags without a length byte
END = 1
MAXIMUM_TAGS = 64

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
    """carries: the encapsulated protocol, 1 for Ethernet."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        q = p + HEADER
        for _ in range(MAXIMUM_TAGS):
            if q + 1 >= end[i]:
                break
            tag = data[q]
            if tag == END:
                inner[i] = q + 1
                carries[i] = data[p + ENCAPSULATED_PROTOCOL] << 8 | data[p + ENCAPSULATED_PROTOCOL + 1]
                break
            q += 1 if tag == PADDING else 2 + data[q + 1]
        else:
            fault[i] = Fault.CHAIN
