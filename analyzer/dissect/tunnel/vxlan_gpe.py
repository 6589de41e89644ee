"""VXLAN with the Generic Protocol Extension (draft-ietf-nvo3-vxlan-gpe section 3)."""

from analyzer.fault import Fault

NAME = "vxlan_gpe"
NEXT_PROTOCOL = 3
HEADER = 8

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
    """carries: the next protocol, whatever the P flag says, as Wireshark does."""
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
        if reported[i] > p + HEADER:
            carries[i] = data[p + NEXT_PROTOCOL]
