# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""IEEE 802.2 logical link control, with SNAP behind it (IEEE 802.2 clause 3; SNAP: IEEE 802 clause 9, RFC 1042).

Bounds checks are off: each part of the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "llc"
DSAP = cython.declare(cython.int, 0)
SSAP = cython.declare(cython.int, 1)
CONTROL = cython.declare(cython.int, 2)
HEADER = cython.declare(cython.int, 3)  # the control field of an unnumbered frame; others have a byte more
SNAP_HEADER = cython.declare(cython.int, 5)  # organization code and protocol identifier

SNAP_SAP = cython.declare(cython.int, 0xAA)
UNNUMBERED = cython.declare(cython.int, 0x03)  # the low bits of the control field; all of it: unnumbered information
ENCAPSULATED_ETHERNET = cython.declare(cython.int, 0x000000)  # organization codes
CISCO = cython.declare(cython.int, 0x00000C)
CISCO_90 = cython.declare(cython.int, 0x0000F8)
BRIDGED = cython.declare(cython.int, 0x0080C2)
APPLE = cython.declare(cython.int, 0x080007)

TRANSPARENT_ETHERNET = cython.declare(cython.int, 0x6558)
ETHERNET_WITH_FCS = cython.declare(cython.int, 0x0001)  # bridged protocols (RFC 2427 section 4.2)
ETHERNET_WITHOUT_FCS = cython.declare(cython.int, 0x0007)
BPDU = cython.declare(cython.int, 0x000E)
BRIDGE_PAD = cython.declare(cython.int, 2)  # RFC 2684 section 5.3
FCS = cython.declare(cython.int, 4)
STP_SAP = cython.declare(cython.int, 0x42)
CISCO_PROTOCOL = cython.declare(cython.int, 0x10000)  # carries: added to the identifiers of Cisco that have a name
HIGHEST_SAP = cython.declare(cython.int, 255)
UNKNOWN_ORGANIZATION = cython.declare(cython.int, 256)

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)

COLUMNS: dict[str, str] = {}


def dissect(
    data: cython.const[cython.uchar][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    reported: cython.const[cython.longlong][::1],
    inner: cython.longlong[::1],
    inner_end: cython.longlong[::1],
    inner_reported: cython.longlong[::1],
    carries: cython.int[::1],
    fault: cython.uchar[::1],
) -> None:
    """carries: the DSAP, the EtherType, CISCO_PROTOCOL + identifier, or UNKNOWN_ORGANIZATION; information frames only."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    size: cython.Py_ssize_t
    control: cython.int
    organization: cython.int
    kind: cython.int
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        control = data[p + CONTROL]
        size = HEADER if control & UNNUMBERED == UNNUMBERED else HEADER + 1
        if data[p + DSAP] == SNAP_SAP and data[p + SSAP] == SNAP_SAP:
            size += SNAP_HEADER
        if end[i] - p < size:
            fault[i] = SNAP_LENGTH if reported[i] - p >= size else SHORT
            continue
        q = p + size
        inner[i] = q
        if control & 1 and control != UNNUMBERED:
            continue
        kind = data[p + DSAP]
        if data[p + DSAP] == SNAP_SAP and data[p + SSAP] == SNAP_SAP:
            organization = data[q - 5] << 16 | data[q - 4] << 8 | data[q - 3]
            kind = data[q - 2] << 8 | data[q - 1]
            if organization == CISCO:
                kind += CISCO_PROTOCOL if kind != TRANSPARENT_ETHERNET else 0
            elif organization == BRIDGED:
                if kind == ETHERNET_WITH_FCS and reported[i] - q >= FCS:
                    inner_reported[i] = reported[i] - FCS
                    if inner_reported[i] < end[i]:
                        inner_end[i] = inner_reported[i]
                    kind = ETHERNET_WITHOUT_FCS
                if kind == ETHERNET_WITHOUT_FCS and end[i] - q >= BRIDGE_PAD:
                    inner[i] = q + BRIDGE_PAD
                    kind = TRANSPARENT_ETHERNET
                else:
                    kind = STP_SAP if kind == BPDU else UNKNOWN_ORGANIZATION
            elif kind <= HIGHEST_SAP or organization not in (ENCAPSULATED_ETHERNET, CISCO_90, APPLE):
                kind = UNKNOWN_ORGANIZATION
        carries[i] = kind
