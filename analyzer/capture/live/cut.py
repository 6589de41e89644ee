"""Where pcapng blocks end (draft-ietf-opsawg-pcapng section 3.1), and which are frames; little-endian, as they are made."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from analyzer.capture.block import Block

HEADER: Final = struct.Struct("<II")  #: type, total length
SMALLEST: Final = 12  #: block
FRAMES: Final = (Block.ENHANCED, Block.SIMPLE, Block.PACKET)


class Cut(NamedTuple):
    """A place between two blocks."""

    at: int
    frames: int  #: before it


def whole(blocks: memoryview, most: int, at_least: int = 0) -> Cut:
    """Behind the last block that ends within `most` bytes, or behind the first so many frames if that is further."""
    at = frames = 0
    while len(blocks) - at >= SMALLEST:
        kind, size = HEADER.unpack_from(blocks, at)
        if at + size > most and frames >= at_least:
            return Cut(at, frames)
        at += max(size, SMALLEST)
        frames += kind in FRAMES
    return Cut(min(at, len(blocks)), frames)
