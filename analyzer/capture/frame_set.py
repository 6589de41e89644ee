"""A set of frame numbers: one bit for each frame of the capture, so that every frame of a large one may be in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Column, Int64

FIRST_BYTES: Final = 1 << 10  #: room for 8,192 frames


class FrameSet:
    """Frame numbers from 1 on."""

    def __init__(self, frames: Iterable[int] = ()) -> None:
        self._bits: NDArray[np.uint8] = np.zeros(FIRST_BYTES, np.uint8)
        self.add(np.fromiter(frames, np.int64))

    def add(self, frames: Int64) -> None:
        """Take these in."""
        if not len(frames):
            return
        most = int(frames.max()) >> 3
        if most >= len(self._bits):
            self._bits = np.concatenate([self._bits, np.zeros(2 * most + 2 - len(self._bits), np.uint8)])
        np.bitwise_or.at(self._bits, frames >> 3, np.left_shift(1, frames & 7).astype(np.uint8))

    def among(self, frames: Int64) -> Column:
        """A boolean for each of these: whether it is in the set."""
        place = frames >> 3
        known = place < len(self._bits)
        inside: Column = known & (self._bits[np.where(known, place, 0)] >> (frames & 7).astype(np.uint8) & 1 == 1)
        return inside

    def __len__(self) -> int:
        return int(np.unpackbits(self._bits).sum())

    def __bool__(self) -> bool:
        return bool(self._bits.any())
