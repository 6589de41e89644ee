"""The bytes of a frame without secrets: in TCP payloads, and in the fragments of datagrams with such a payload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from analyzer.batch import Column
from analyzer.flow.fragments import IS_FRAGMENT

from .header import NETWORK, Header

Mask = Callable[[bytes], bytes]  #: payload of a TCP segment, or a part of it -> the same number of bytes, without secrets
TCP: Final = 6  #: protocol number
TCP_HEADER: Final = 20  #: bytes, without options
DATA_OFFSET: Final = 12  #: its place in the header


def masked_regions(
    data: Column, ends: Sequence[tuple[int, int]], headers: Sequence[Header], mask: Mask
) -> list[tuple[int, bytes]]:
    """Where each region begins, and its bytes as they may be shown.

    A region is the frame, or a datagram that it completes; what was taken from another one stands behind it.
    """
    found: list[tuple[int, bytes]] = []
    for start, end in reversed(ends):
        region = bytearray(data[start:end].tobytes())
        for header in headers:
            first, last = header.number("inner") - start, header.number("inner_end") - start
            if not 0 <= first < last <= len(region):
                continue
            if header.name == "tcp":
                region[first:last] = mask(bytes(region[first:last]))
            elif header.name in NETWORK and header.number("carries") == IS_FRAGMENT:
                region[first:last] = _fragment(bytes(region[first:last]), header, data, found, mask)
        found.insert(0, (start, bytes(region)))
    return found


def _fragment(octets: bytes, header: Header, data: Column, behind: Sequence[tuple[int, bytes]], mask: Mask) -> bytes:
    """What a fragment carries. If it completes its datagram, that says what to hide; else it may be any part of a TCP segment."""
    offset = _offset(header)
    for start, whole in behind:
        same = slice(start + offset, start + offset + len(octets))
        if offset + len(octets) <= len(whole) and data[same].tobytes() == octets:
            return whole[offset : offset + len(octets)]
    skipped = 0
    if not offset and header.number("proto") == TCP and len(octets) >= TCP_HEADER:
        skipped = 4 * (octets[DATA_OFFSET] >> 4)
    return octets[:skipped] + mask(octets[skipped:])


def _offset(header: Header) -> int:
    """Where in the datagram a fragment belongs (RFC 791 section 3.1, RFC 8200 section 4.5)."""
    raw = header.number("fragment")
    return (raw & 0x1FFF) * 8 if header.name == "ip" else raw & 0xFFF8
