"""Round-trip samples of the data of each direction, in two parts: from the capture point to the receiver and to the sender.

far: a segment of X passes the capture point, its ack by Y passes back (acknowledged.py; Karn, RFC 6298 section 3; RTTM, RFC 7323
section 4). near: that ack goes on to X, and the first packet that shows that X has it comes back; only where X reacted at once,
that is within AT_ONCE_NS (or the shortest near, if that is more) of the shortest near. A sample is the sum, as X itself would
measure it; where X did not react at once, with the shortest near.

A sample is a delayed-ack suspect if it may contain the receiver's wait for more data or for something to say: the ack newly
covers less than two full segments and all that can have arrived by then (a second full segment is acked at once: RFC 5681
section 4.2), and far is above the shortest far by DELAYED_LEAST_NS to DELAYED_MOST_NS. The upper limit is the RFC's (RFC 1122
section 4.2.3.2: less than 0.5 s); timers are 40 ms (Linux, at least; Windows), 100 ms (macOS), 200 ms (older ones), and an ack
that data takes along may come before the timer ends, so the lower limit is half the shortest one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Int64, views
from analyzer.flow.tcp.ledger.acknowledged import Acknowledged, acknowledged
from analyzer.flow.tcp.ledger.delay import UNUSABLE, delays
from analyzer.flow.tcp.ledger.opening import ARRIVED, Opening, opening
from analyzer.flow.tcp.ledger.position import Answers, Position, answers, located
from analyzer.flow.tcp.ledger.sample import pick
from analyzer.flow.tcp.ledger.trace import NONE, Trace

AT_ONCE_NS: Final = 5_000_000
DELAYED_LEAST_NS: Final = 20_000_000
DELAYED_MOST_NS: Final = 500_000_000
COLUMNS: Final = 7  #: that `pick` fills
FULL_SEGMENT: Final = 1460  #: a longer payload is several segments that the capturing machine had not split yet, or joined


@dataclass(slots=True, eq=False)
class Samples:
    """Of the data of one direction, in the order of the acks: columns of one length."""

    sent: Int64  #: row of the segment
    ack: Int64  #: row of its ack
    source: Int64  #: Source
    far: Int64  #: ns from the segment to the ack
    near: Int64  #: ns from the ack to the sender's reaction; UNUSABLE: it did not react at once
    total: Int64  #: ns of the round trip
    delayed: NDArray[np.bool_]  #: delayed-ack suspects

    def __len__(self) -> int:
        return len(self.sent)

    def acked_in(self, first: int, last: int) -> Samples:
        """Those whose ack is one of the rows from `first` to before `last`."""
        if not len(self) or (first <= self.ack[0] and self.ack[-1] < last):
            return self
        at = slice(*np.searchsorted(self.ack, (first, last)).tolist())
        return Samples(
            self.sent[at], self.ack[at], self.source[at], self.far[at], self.near[at], self.total[at], self.delayed[at]
        )


@dataclass(slots=True, eq=False)
class RoundTrips:
    """Of one connection."""

    samples: tuple[Samples, Samples]  #: by direction of the data
    position: Position
    opening: Opening


class Measured(NamedTuple):
    """What the samples of both directions are made of."""

    trace: Trace
    position: Position
    acks: Acknowledged
    far: Int64  #: ns to each of the acks, or UNUSABLE
    usable: NDArray[np.bool_]  #: which of them are samples
    reaction: Int64  #: see _reactions

    @classmethod
    def of(
        cls, trace: Trace, position: Position | None = None, again: Int64 | None = None, known: Answers | None = None
    ) -> Measured:
        """`again`: rows known to be sent again though the capture has no earlier copy. The others: if known already."""
        echoes, echoed, acks, far = known or answers(trace)
        if again is not None and len(again):
            acks = acknowledged(trace, again)
            far = delays(trace, acks.sent, acks.ack)
        where = located(trace, Answers(echoes, echoed, acks, far)) if position is None else position
        usable = (far != UNUSABLE) & _unrivalled(trace, acks, where)
        return cls(trace, where, acks, far, usable, _reactions(trace, echoes[0], echoed, acks, far))

    def samples(self, direction: int) -> Samples:
        """Those of the data of one direction."""
        return _samples(*self, direction)

    def round_trips(self) -> RoundTrips:
        """All of them, and those of the handshake."""
        return RoundTrips((self.samples(0), self.samples(1)), self.position, opening(self.trace, self.position))


def rtt(trace: Trace, position: Position | None = None) -> RoundTrips:
    """All of a connection; `position`: if known already."""
    return Measured.of(trace, position).round_trips()


def _unrivalled(trace: Trace, acks: Acknowledged, position: Position) -> NDArray[np.bool_]:
    """Whether no later copy of the segment had time to arrive and be answered by this ack."""
    alone: NDArray[np.bool_] = acks.rival == NONE
    rivalled = (~alone).nonzero()[0]
    if len(rivalled):
        shortest = np.array([0 if far is None else far for far in position.far])[trace.direction[acks.sent[rivalled]]]
        since = trace.time[acks.ack[rivalled]] - trace.time[acks.rival[rivalled]]
        alone[rivalled] = since < ARRIVED * shortest
    return alone


def _reactions(trace: Trace, echoing: Int64, echoed: Int64, acks: Acknowledged, far: Int64) -> Int64:
    """For each row, the ns until the other side first showed that it has it; UNUSABLE where it never did."""
    found = np.empty(len(trace), np.int64)
    found.fill(UNUSABLE)
    found[acks.sent] = far
    if len(echoing):
        known = found[echoing]
        earlier = (known == UNUSABLE) | (echoed != UNUSABLE) & (echoed < known)
        found[echoing[earlier]] = echoed[earlier]
    return found


def _samples(
    trace: Trace, position: Position, acks: Acknowledged, far: Int64, usable: NDArray[np.bool_], reaction: Int64, direction: int
) -> Samples:
    nearest = position.near[direction]
    found = np.empty((COLUMNS, len(far)), np.int64)
    columns = (trace.direction, reaction, usable.view(np.uint8), acks.sent, acks.ack, acks.source, acks.newly, far, found)
    count = pick(direction, UNUSABLE if nearest is None else nearest, max(nearest or 0, AT_ONCE_NS), *views(*columns))
    sent, ack, source, far, near, total, newly = found[:, :count]
    delayed = _delayed(trace, position.far[direction] or 0, newly, ack, far, direction)
    return Samples(sent, ack, source, far, near, total, delayed)


def _delayed(trace: Trace, shortest: int, newly: Int64, ack: Int64, far: Int64, direction: int) -> NDArray[np.bool_]:
    """Which samples are delayed-ack suspects."""
    excess = far - shortest
    found: NDArray[np.bool_] = (excess >= DELAYED_LEAST_NS) & (excess <= DELAYED_MOST_NS)
    if not np.count_nonzero(found):
        return found
    rows = ((trace.direction == direction) & (trace.end > trace.start)).nonzero()[0]
    full = min(int(trace.length[rows].max()), FULL_SEGMENT)
    found &= newly < 2 * full
    suspects = ack[found]
    sent = np.maximum.accumulate(trace.time[rows]).searchsorted(trace.time[suspects] - shortest, side="right")
    highest = np.maximum.accumulate(trace.end[rows])[sent - 1]
    found[found] = highest <= trace.acked[suspects]
    return found
