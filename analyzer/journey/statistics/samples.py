"""The values of one measure. Extremes and count are of all of them; percentiles of those that are kept (see `thin`)."""

from __future__ import annotations

from array import array

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.quantile import quantile


class Samples:
    """Grows by one value at a time."""

    def __init__(self) -> None:
        self.count = 0
        self.least = 0
        self.most = 0
        self._stride = 1  #: every so manyth value is kept
        self._kept = array("q")

    @property
    def compared(self) -> int:
        """How many values are kept."""
        return len(self._kept)

    def add(self, value: int) -> None:
        """One more, of less than 64 bits."""
        self.least, self.most = (min(self.least, value), max(self.most, value)) if self.count else (value, value)
        if self.count % self._stride == 0:
            self._kept.append(value)
        self.count += 1

    def thin(self) -> None:
        """Keep half of the values, evenly over time, and half of those to come."""
        self._kept = self._kept[::2]
        self._stride *= 2

    def ascending(self) -> Int64:
        """The kept values in their order."""
        return np.sort(np.array(self._kept, np.int64))

    def quantiles(self, shares: tuple[float, ...]) -> list[int | None]:
        """The values below which these shares lie, interpolated linearly and rounded to a ns; None: there is no value."""
        ascending = self.ascending()
        return [quantile(ascending, share) if len(ascending) else None for share in shares]
