"""Options and extension headers: their structure, and the contents of those that say nothing of anybody."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]

END, NOTHING = 0, 1  #: options of one byte
#: of TCP: maximum segment size, window scale, SACK permitted, SACK, time stamps
PLAIN: Final = frozenset((2, 3, 4, 5, 8))
MPTCP: Final = 30  #: its subtype stays, keys and addresses do not
EXPERIMENTS: Final = (253, 254)  #: their identifier stays (RFC 6994)

IPV6_HEADER: Final = 40
NEXT_HEADER: Final = 6
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
MAX_HEADERS: Final = 64
JUMBO: Final = b"\xc2\x04"  #: first option of a hop-by-hop header: the length of the packet (RFC 2675)


def tcp_options(data: Octets, out: Octets, at: int, stop: int) -> None:
    """Options of TCP between these positions. What is no list of options is left out."""
    while at < stop:
        kind = int(data[at])
        if kind == END:
            return
        if kind == NOTHING:
            out[at] = NOTHING
            at += 1
            continue
        size = int(data[at + 1]) if at + 1 < stop else 0
        if size < 2 or at + size > stop:
            return
        kept = size if kind in PLAIN else 3 if kind == MPTCP else 4 if kind in EXPERIMENTS else 2
        kept = min(kept, size)
        out[at : at + kept] = data[at : at + kept]
        if kind == MPTCP and size > 2:
            out[at + 2] &= 0xF0
        at += size


def extension_headers(data: Octets, out: Octets, at: int, end: int) -> None:
    """The chain behind an IPv6 header (RFC 8200 section 4): what follows what, lengths, fragments; no options, no routes."""
    kind = int(data[at + NEXT_HEADER])
    at += IPV6_HEADER
    for _ in range(MAX_HEADERS):
        if kind not in (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION) or end - at < 8:
            return
        if kind == FRAGMENT:
            size = 8
            out[at : at + size] = data[at : at + size]
        else:
            size = 4 * (int(data[at + 1]) + 2) if kind == AUTHENTICATION else 8 * (int(data[at + 1]) + 1)
            out[at : at + 2] = data[at : at + 2]
            if kind == HOP_BY_HOP and data[at + 2 : at + 4].tobytes() == JUMBO:
                out[at + 2 : at + 8] = data[at + 2 : at + 8]
        kind = int(data[at])
        at += size
