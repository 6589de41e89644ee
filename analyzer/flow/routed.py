"""Source routes: the ends of a conversation are where a packet comes from and where it finally goes, not the next router.

IPv4: the last address of a loose or strict source route that is not yet used up (RFC 791 section 3.1); IPv6: what routing
headers and home address options say (see dissect/network/ipv6.py). Such packets are rare; batches without one cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column
from analyzer.dissect.network import ipv4, ipv6
from analyzer.dissect.walk import Walk

END, NO_OPERATION, LOOSE, STRICT = 0, 1, 131, 137  # options
FIRST_POINTER: Final = 4  #: of a route option: to its first address, counted from 1
PLAIN: Final = 20  #: an IPv4 header without options
SOURCE_6, DESTINATION_4, DESTINATION_6 = 8, 16, 24  # where addresses stand in the header
SIZE_4, SIZE_6 = 4, 16  # of an address


def substitute(batch: Batch, walk: Walk) -> None:
    """Let `network` of what such a packet carries be a header with the addresses of the ends, put behind the batch's bytes."""
    headers = dict(_routed(batch.data, walk))
    if not headers:
        return
    old = np.array(sorted(headers), np.int64)
    made = [headers[at] for at in old.tolist()]
    new = len(batch.data) + np.cumsum([0, *map(len, made[:-1])])
    batch.data = np.concatenate([batch.data, np.frombuffer(b"".join(made), np.uint8)])
    for group in walk.groups:
        network = group.columns["network"]
        place = np.minimum(np.searchsorted(old, network), len(old) - 1)
        group.columns["network"] = np.where(old[place] == network, new[place], network)


def _routed(data: Column, walk: Walk) -> Iterator[tuple[int, bytes]]:
    """Where each header stands that is not the whole truth, and a true one."""
    for group in walk.groups:
        column = group.columns
        if group.dissector is ipv4:
            for i in np.flatnonzero(column["hdr_len"] > PLAIN).tolist():
                at, behind = int(column["at"][i]), int(column["inner"][i])
                whole = behind - at == column["hdr_len"][i]
                header = data[at:behind].tobytes()
                if whole and (last := last_destination(header)):
                    yield at, header[:DESTINATION_4] + last + header[DESTINATION_4 + SIZE_4 : PLAIN]
        elif group.dissector is ipv6:
            source, destination = column["source"], column["destination"]
            changed = (source != column["at"] + SOURCE_6) | (destination != column["at"] + DESTINATION_6)
            for i in np.flatnonzero(changed).tolist():
                at = int(column["at"][i])
                ends = (data[position : position + SIZE_6].tobytes() for position in (int(source[i]), int(destination[i])))
                yield at, data[at : at + SOURCE_6].tobytes() + b"".join(ends)


def last_destination(header: bytes) -> bytes:
    """The address to which the source route of an IPv4 header leads, empty without one. Where there are two, the first counts."""
    at = PLAIN
    while at + 1 < len(header) and header[at] != END:
        if header[at] == NO_OPERATION:
            at += 1
            continue
        size = header[at + 1]
        if size < 2 or at + size > len(header):
            break
        if header[at] in (LOOSE, STRICT):
            pointer = header[at + 2] if size > 2 else 0
            left = FIRST_POINTER <= pointer <= size and pointer % SIZE_4 == 0
            return header[at + size - SIZE_4 : at + size] if left else b""
        at += size
    return b""
