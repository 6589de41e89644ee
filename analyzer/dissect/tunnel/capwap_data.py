"""CAPWAP data packets that hold an Ethernet frame (RFC 5415 section 4.3); 802.11 frames and fragments are not dissected."""

from analyzer.fault import Fault

NAME = "capwap.data"
PREAMBLE = 0  #: version and type; type 1 is DTLS
HEADER_LENGTH = 1  #: upper 5 bits, in words of 4 bytes
NATIVE = 2  #: lowest bit: an 802.11 frame
FLAGS = 3
FRAGMENT_OFFSET = 6
HEADER = 8

TYPE = 0x0F
NATIVE_BIT = 0x01
FRAGMENT = 0x80
LAST_FRAGMENT = 0x40
KEEP_ALIVE = 0x08
OFFSET = 0xFFF8
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
        flags = data[p + FLAGS]
        if data[p + PREAMBLE] & TYPE or data[p + NATIVE] & NATIVE_BIT or flags & KEEP_ALIVE:
            continue
        offset = (data[p + FRAGMENT_OFFSET] << 8 | data[p + FRAGMENT_OFFSET + 1]) & OFFSET
        if flags & FRAGMENT and (offset or not flags & LAST_FRAGMENT):
            continue
        size = (data[p + HEADER_LENGTH] >> 3) * 4
        if size < HEADER or size > end[i] - p:
            fault[i] = Fault.SNAP_LENGTH if HEADER <= size <= reported[i] - p else Fault.HEADER_LENGTH
            continue
        inner[i] = p + size
        carries[i] = ETHERNET
