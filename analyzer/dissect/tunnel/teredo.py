"""Teredo (RFC 4380 section 5.1.1): IPv6 over UDP, behind at most one authentication and one origin indication."""

from analyzer.fault import Fault

NAME = "teredo"
INDICATION = 0  #: the first byte of an indication; the second one says which
KIND = 1
IDENTIFIER_LENGTH = 2
AUTHENTICATION_LENGTH = 3
HEADER = 4

ORIGIN = 0
ORIGIN_SIZE = 8
AUTHENTICATION = 1
NONCE_AND_CONFIRMATION = 9  #: behind the identifier and the authentication value
IPV6 = 6  #: carries: the version nibble of the packet within

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
    """carries: IPV6."""
    for i in range(len(at)):
        p = at[i]
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        carries[i] = -1
        fault[i] = Fault.NONE
        if end[i] - p < HEADER:
            fault[i] = Fault.SNAP_LENGTH if reported[i] - p >= HEADER else Fault.SHORT
            continue
        if data[p] == INDICATION and data[p + KIND] == AUTHENTICATION:
            p += HEADER + data[p + IDENTIFIER_LENGTH] + data[p + AUTHENTICATION_LENGTH] + NONCE_AND_CONFIRMATION
        if p + KIND < end[i] and data[p] == INDICATION and data[p + KIND] == ORIGIN:
            p += ORIGIN_SIZE
        if p >= end[i]:
            fault[i] = Fault.SNAP_LENGTH if p < reported[i] else Fault.SHORT
            continue
        inner[i] = p
        if data[p] >> 4 == IPV6:
            carries[i] = IPV6
