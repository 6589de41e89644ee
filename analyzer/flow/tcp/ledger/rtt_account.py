"""The round trips of one connection added up, in as many parts as it is judged in.

Counts, extremes, the smoothed round trip and the timeout are of all samples. Median and p95 need the samples themselves: of a
direction at most MOST_KEPT are kept, and when there are more, every second one of them from then on (then every fourth ...).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.delay import UNUSABLE
from analyzer.flow.tcp.ledger.opening import NO_OPENING, Opening
from analyzer.flow.tcp.ledger.position import Both, Position
from analyzer.flow.tcp.ledger.quantile import quantile
from analyzer.flow.tcp.ledger.rto import Estimator, smoothed
from analyzer.flow.tcp.ledger.rtt import RoundTrips, Samples

MOST_KEPT: Final = 1 << 16  #: samples of a direction
UPPER: Final = 0.95
Quantiles = tuple[int | None, int | None, int | None, int | None]


class Sum:
    """Of one direction."""

    def __init__(self) -> None:
        self.count = 0
        self.delayed = 0  #: delayed-ack suspects
        self.timer = Estimator()
        self._least = 0
        self._most = 0
        self._stride = 1  #: every so manyth sample is kept
        self._kept = np.empty((3, 0), np.int64)  #: total, near, far

    @property
    def compared(self) -> int:
        """How many samples the median is made of."""
        return self._kept.shape[1]

    def add(self, samples: Samples) -> None:
        """The next ones."""
        if not len(samples):
            return
        srtt, rttvar = smoothed(samples.total, self.timer)
        self.timer.srtt_ns, self.timer.rttvar_ns = int(srtt[-1]), int(rttvar[-1])
        least, most = int(samples.total.min()), int(samples.total.max())
        self._least, self._most = (min(least, self._least), max(most, self._most)) if self.count else (least, most)
        self.delayed += int(np.count_nonzero(samples.delayed))
        first = -self.count % self._stride
        more = np.array((samples.total, samples.near, samples.far))[:, first :: self._stride]
        self._kept = np.concatenate((self._kept, more), axis=1) if self.count else more
        self.count += len(samples)
        while self.compared > MOST_KEPT:
            self._kept = self._kept[:, ::2].copy()
            self._stride *= 2

    def quantiles(self) -> Quantiles:
        """Minimum, median, the UPPER quantile and maximum of the round trip."""
        if not self.count:
            return None, None, None, None
        ascending = self._kept[0].copy()
        ascending.sort()
        return self._least, quantile(ascending, 0.5), quantile(ascending, UPPER), self._most

    def median_near(self) -> int | None:
        """Of the part to the sender, where it reacted at once."""
        return _median(self._kept[1][self._kept[1] != UNUSABLE])

    def median_far(self) -> int | None:
        """Of the part to the receiver."""
        return _median(self._kept[2])


class Account:
    """Of a connection."""

    def __init__(self, client: int) -> None:
        self.client = client  #: direction
        self.sums = (Sum(), Sum())
        self.opening: Opening = NO_OPENING
        self.position = Position((None, None), (None, None), client)

    def add(self, trips: RoundTrips, samples: tuple[Samples, Samples]) -> None:
        """The next part of it, and what of its samples was not counted in an earlier part."""
        for one, more in zip(self.sums, samples, strict=True):
            one.add(more)
        if self.opening == NO_OPENING:
            self.opening = trips.opening
        self.position = nearer(self.position, trips.position)


def nearer(one: Position, other: Position) -> Position:
    """The shorter of each half."""
    far: list[int | None] = []
    known: list[str | None] = []
    for direction in (0, 1):
        mine, theirs = one.far[direction], other.far[direction]
        taken = one if theirs is None or (mine is not None and mine <= theirs) else other
        far.append(taken.far[direction])
        known.append(taken.known[direction])
    both: Both = (far[0], far[1])
    return Position(both, (known[0], known[1]), other.client)


def _median(values: Int64) -> int | None:
    if not len(values):
        return None
    ascending = values.copy()
    ascending.sort()
    return quantile(ascending, 0.5)
