"""Which of the latest frames are selected: a message may be known to be complete only some batches after its last frame."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column

MAX_BATCHES: Final = 4096  #: whose masks are remembered, as bits


class SelectedFrames:
    """Ask with `frame in selected`."""

    def __init__(self) -> None:
        self.whole = True  #: all frames so far are selected
        self._firsts: list[int] = []
        self._masks: list[tuple[int, bytes | None]] = []  #: frames, bits; None: all of them

    def add(self, batch: Batch, mask: Column | None) -> None:
        """The next batch, of which the mask says what is selected; None: everything."""
        self.whole = self.whole and mask is None
        if not len(batch):
            return
        self._firsts.append(int(batch.number[0]))
        self._masks.append((len(batch), None if mask is None else np.packbits(mask, bitorder="little").tobytes()))
        if len(self._firsts) > MAX_BATCHES:
            del self._firsts[0], self._masks[0]

    def noting(self, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[tuple[Batch, Column | None]]:
        """The same batches, added while they are taken."""
        for batch, mask in batches:
            self.add(batch, mask)
            yield batch, mask

    def __contains__(self, frame: int) -> bool:
        i = bisect_right(self._firsts, frame) - 1
        if i < 0:
            return False
        frames, bits = self._masks[i]
        at = frame - self._firsts[i]
        return at < frames and (bits is None or bool(bits[at >> 3] >> (at & 7) & 1))
