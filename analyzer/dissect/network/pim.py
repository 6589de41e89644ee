"""PIM-SM register messages, which carry a multicast packet to the rendezvous point (RFC 7761 section 4.9.3)."""

from analyzer.fault import Fault

NAME = "pim"
VERSION_AND_TYPE = 0
HEADER = 8  #: of a register; others need not have as much

REGISTER = 0x21  #: version 2, type 1
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
    """carries: IPV4 or IPV6 in a register, -1 in all else."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            if end[i] == p or data[p + VERSION_AND_TYPE] == REGISTER:
                fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        if data[p + VERSION_AND_TYPE] == REGISTER and end[i] > p + HEADER and data[p + HEADER] >> 4 in (IPV4, IPV6):
            inner[i] = p + HEADER
            carries[i] = data[p + HEADER] >> 4
