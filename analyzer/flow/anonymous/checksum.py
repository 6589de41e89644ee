"""Internet checksums (RFC 1071) of frames that were changed: right where they were right, wrong by the same amount where wrong.

The ones' complement sum of 16-bit words is the remainder of the whole number modulo 65535.
"""

from __future__ import annotations

from typing import Final

M: Final = 0xFFFF


def total(data: bytes | memoryview) -> int:
    """The sum of the words; an odd byte at the end counts as the high half of one."""
    number = int.from_bytes(data, "big")
    return (number << 8 if len(data) & 1 else number) % M


def renewed(old: bytes | memoryview, new: bytes | memoryview, at: int, pseudo: tuple[int, int] = (0, 0), zero: int = 0) -> int:
    """The checksum that belongs at `at` of `new`, where it is zero, as the one in `old` belongs to `old`.

    pseudo: the sums of both pseudo-headers, without the length of what is carried twice; zero: how a sum of zero is written
    (RFC 768: as all ones).
    """
    held = old[at] << 8 | old[at + 1]
    rest = (total(old) + pseudo[0] - held) % M
    right = (M - rest) % M
    if held % M == right:
        return _written((M - (total(new) + pseudo[1])) % M, zero)
    if held == pseudo[0] % M:  # left to the network card: only the pseudo-header
        return pseudo[1] % M
    return _written((M - (total(new) + pseudo[1]) + held - right) % M, zero)


def _written(value: int, zero: int) -> int:
    return value or zero
