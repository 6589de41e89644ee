"""Which frame of which file the frames of a merged capture are."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column

MAX_PLACES: Final = 1 << 25  #: frames of which the file is remembered, where frames of several files alternate
MAX_RUNS: Final = 1 << 17  #: runs of frames of one file, and batches in which files alternate


class Places:
    """The file and the number there of each frame of several files."""

    def __init__(self) -> None:
        self.forgotten = 0  #: frames without a place, after MAX_PLACES
        self._first: list[int] = []  #: of each run
        self._behind: list[int] = []  #: of each run: the number behind its last frame
        self._begin: list[dict[int, int]] = []  #: of each run: file -> number of its first frame in the batch
        self._files: list[Column | None] = []  #: of each run: file of each frame; None: there is only one
        self._held = 0

    def add(self, batch: Batch) -> None:
        """Remember the frames of the next batch."""
        if batch.file is None or batch.number_in_file is None or not len(batch):
            return
        files, at = np.unique(batch.file, return_index=True)
        alternating = len(files) > 1
        if not alternating and self._goes_on(batch, int(files[0])):
            self._behind[-1] = int(batch.number[-1]) + 1
            return
        if len(self._first) >= MAX_RUNS or (alternating and self._held + len(batch) > MAX_PLACES):
            self.forgotten += len(batch)
            return
        self._held += len(batch) if alternating else 0
        self._first.append(int(batch.number[0]))
        self._behind.append(int(batch.number[-1]) + 1)
        self._begin.append(dict(zip(files.tolist(), batch.number_in_file[at].tolist(), strict=True)))
        self._files.append(batch.file.copy() if alternating else None)

    def _goes_on(self, batch: Batch, file: int) -> bool:
        """Whether the batch goes on with the frames of this one file that were noted last."""
        if not self._first or self._files[-1] is not None or batch.number_in_file is None:
            return False
        ((before, number),) = self._begin[-1].items()
        behind = self._behind[-1]
        return (file, int(batch.number[0]), int(batch.number_in_file[0])) == (before, behind, number + behind - self._first[-1])

    def of(self, frame: int) -> tuple[int, int] | None:
        """Index of the file, and number there."""
        i = bisect_right(self._first, frame) - 1
        if i < 0 or frame >= self._behind[i]:
            return None
        at, begin, files = frame - self._first[i], self._begin[i], self._files[i]
        if files is None:
            ((file, number),) = begin.items()
            return file, number + at
        file = int(files[at])
        return file, begin[file] + int(np.count_nonzero(files[:at] == file))
