"""QUIC (RFC 8999, RFC 9000 section 17): whether a datagram is of it. What it carries is encrypted and not dissected."""

from __future__ import annotations

from typing import Final

NAME: Final = "quic"

LONG_HEADER: Final = 0x80
FIXED_BIT: Final = 0x40  #: versions 1 and 2; an endpoint may negotiate to clear it only after the handshake (RFC 9287)
VERSION: Final = slice(1, 5)
DESTINATION_ID: Final = 5  #: its length, then itself, then the same of the source
MAX_ID: Final = 20  #: bytes of a connection ID in these versions
VERSIONS: Final = frozenset({b"\0\0\0\1", b"\x6b\x33\x43\xcf"})  #: 1 (RFC 9000) and 2 (RFC 9369)
DRAFT: Final = b"\xff\0\0"  #: draft versions, and the number of the draft
NEGOTIATION: Final = bytes(4)


def recognise_datagram(data: bytes, ports: tuple[int, int]) -> bool:
    """Whether it begins with a long header of a version that is in use, as every connection does."""
    if len(data) < DESTINATION_ID + 2 or not data[0] & LONG_HEADER:
        return False
    version = data[VERSION]
    if version not in VERSIONS and version[:3] != DRAFT and version != NEGOTIATION:
        return False
    if version != NEGOTIATION and not data[0] & FIXED_BIT:
        return False
    destination = data[DESTINATION_ID]
    source_at = DESTINATION_ID + 1 + destination
    return destination <= MAX_ID and source_at < len(data) and data[source_at] <= MAX_ID and destination + data[source_at] > 0
