"""One IP datagram that comes in fragments (RFC 791 section 3.2, RFC 8200 section 4.5).

Where fragments overlap, the one with the lower offset wins, and of two with the same offset the first (Wireshark's order).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

UNIT: Final = 8  #: bytes that fragment offsets count in
MAX_DATAGRAM: Final = 65_535  #: bytes of one reassembled payload
MAX_UNITS: Final = 8_192  #: all that 13 bits of offset can tell apart
PIECE_BYTES: Final = 160  #: memory for a piece besides its bytes
EXTENSIONS: Final = frozenset((0, 43, 60, 135, 139, 140))  #: IPv6 extension headers with a length in units of 8 bytes


@dataclass(slots=True)
class Datagram:
    """The fragments so far."""

    started: int  #: time of the first one that came
    pieces: list[tuple[int, int, bytes]] = field(default_factory=list)  #: (offset, frame, bytes) in order of arrival
    total: int = -1  #: payload length, once the last fragment is known
    held: int = 0  #: bytes of memory
    protocol: int = -1  #: what it carries: told by the fragment at offset 0
    seen: bytearray = field(default_factory=bytearray)  #: 1 for each unit that is there

    def add(self, offset: int, frame: int, piece: bytes, more: bool) -> bool:
        """Take one fragment; True when nothing is missing any more."""
        self.pieces.append((offset, frame, piece))
        stop = offset + len(piece)
        self.held += len(piece) + PIECE_BYTES
        if not more and self.total < 0:
            self.total = min(stop, MAX_DATAGRAM)
        first, last = offset // UNIT, min((stop if more else stop + UNIT - 1) // UNIT, MAX_UNITS)
        seen = self.seen
        if last > len(seen):
            seen.extend(bytes(last - len(seen)))
        seen[first:last] = b"\1" * (last - first)
        if self.total < 0:
            return False
        needed = (self.total + UNIT - 1) // UNIT
        return needed <= len(seen) and seen.find(0, 0, needed) < 0

    def assemble(self) -> tuple[bytes, list[int]]:
        """The payload, and the frames of which the bytes disagree with those that stood there before."""
        whole = bytearray()
        conflicts = []
        for offset, frame, piece in sorted(self.pieces, key=lambda item: item[0]):
            behind = len(whole)
            if offset < behind:
                known = whole[offset : offset + len(piece)]
                if known != piece[: len(known)]:
                    conflicts.append(frame)
                piece = piece[behind - offset :]
            whole += piece
        return bytes(whole[: self.total]), conflicts


def behind_extensions(payload: bytes, following: int) -> tuple[int, int]:
    """Skip the IPv6 extension headers that stood in the fragmentable part: where what follows begins, and what it is."""
    start = 0
    while following in EXTENSIONS and start + 8 <= len(payload):
        following, start = payload[start], start + (payload[start + 1] + 1) * 8
    return min(start, len(payload)), following
