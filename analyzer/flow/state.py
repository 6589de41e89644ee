"""State of conversations that lives from batch to batch: a row per slot (or side) in a two-dimensional array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyzer.batch import Column, Int64


class State:
    """An array that one kernel owns. Rows nobody uses hold `initial`, so that a kernel never has to set one up."""

    __slots__ = ("array", "initial", "sides")

    def __init__(self, initial: Sequence[int], sides: int = 1, dtype: type = np.int64) -> None:
        self.initial: Column = np.array(initial, dtype)
        self.sides = sides  #: rows per slot: 2 where each direction has its own
        self.array: Column = np.empty((0, len(initial)), dtype)

    @property
    def bytes_per_slot(self) -> int:
        return int(self.initial.nbytes) * self.sides

    def reserve(self, slots: int) -> None:
        """Room for `slots` conversations."""
        old = len(self.array)
        rows = slots * self.sides
        if old < rows:
            array = np.zeros((rows, self.array.shape[1]), self.array.dtype)
            array[:old] = self.array
            if self.initial.any():  # zeros take no memory before they are written to
                array[old:] = self.initial
            self.array = array

    def reset(self, slots: Int64) -> None:
        """The slots begin anew."""
        for side in range(self.sides):
            self.array[slots * self.sides + side] = self.initial
