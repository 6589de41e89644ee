"""One direction of a connection: what its sender X sent, and what the other side Y had told it by the time.

The capture sees an acknowledgment before X does, by near(X)/2, and a segment as long after X sent it: together near(X). So X
knew, when it sent the packet that was captured at t, of the acknowledgments that were captured until t - near(X).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .order import Order, order, serial, since
from .position import Position
from .trace import NO_ACK, NONE, RST, SYN, Trace

NOWHERE: Final = -(1 << 62)  #: an offset below all others
SACK_LOOKBACK: Final = 512  #: latest SACK blocks that are searched for a range
LEAST_SLACK_NS: Final = 5_000_000
NEAR_RATE: Final = 2  #: a clock may look so many times slower or faster, since queues grow or drain in a short connection
USUAL_TICKS_NS: Final = (1_000, 1_000_000, 4_000_000, 10_000_000)
TICKS_NS: Final = 2_000_000  #: the inexactness of two time stamps
LONGEST_QUEUE_NS: Final = 10_000_000_000  #: what is more is a clock that was set
FEW: Final = 90  #: percentile
LEAST_VARIANCE_NS: Final = 200_000_000  #: Linux never waits less than that beyond the smoothed RTT


@dataclass(eq=False)
class Sender:
    """Columns by packet of X (`rows`), and by acknowledgment of Y (`ack_*`), both in the order of the capture.

    They are made when somebody asks for them: of a direction in which nothing was sent again nobody asks for most.
    """

    trace: Trace
    direction: int
    near: int  #: ns from the capture point to X and back; 0: at X
    far: int  #: ns to Y and back
    slack: int  #: ns by which `near` may be wrong
    at_receiver: bool  #: the capture point is at Y

    @cached_property
    def order(self) -> Order:
        return order(self.trace, self.direction)

    @cached_property
    def rows(self) -> Int64:
        """All packets of X."""
        return np.flatnonzero(self.trace.direction == self.direction)

    @cached_property
    def other_data(self) -> Int64:
        """The rows of Y's segments, SYN and FIN included."""
        trace = self.trace
        return np.flatnonzero((trace.direction != self.direction) & (trace.end > trace.start))

    @cached_property
    def tick_ns(self) -> int | None:
        """Of the clock of X's time stamps: the usual one next to what the whole connection shows; None: none is near."""
        trace, rows = self.trace, self.rows
        if len(rows) < 2 or (trace.tsval[rows] == NONE).any():
            return None
        ticks = int(np.ptp(since(trace.tsval[rows], int(trace.tsval[rows[0]]))))
        if not ticks:
            return None
        rate = max(int(np.ptp(trace.time[rows])), 1) / ticks
        usual = min(USUAL_TICKS_NS, key=lambda one: abs(log(rate / one)))
        return usual if usual / NEAR_RATE < rate < usual * NEAR_RATE else None

    @property
    def probes(self) -> bool:
        """Whether X may send tail loss probes: only those who speak SACK do (RFC 8985 section 7.1)."""
        return self.trace.sack is True or bool(len(self.trace.sack_row))

    @cached_property
    def left(self) -> Int64:
        """Of each row of X: when it would have been captured without queues on its way.

        The least delay by X's time stamps is that of no queue.
        """
        trace, rows, tick = self.trace, self.rows, self.tick_ns if self.near else None
        if tick is None:
            return trace.time
        delay = trace.time[rows] - since(trace.tsval[rows], int(trace.tsval[rows[0]])) * tick
        left = trace.time.copy()
        left[rows] -= np.minimum(delay - delay.min(), LONGEST_QUEUE_NS)
        return left

    @cached_property
    def segments(self) -> Int64:
        """Those with payload, SYN or FIN."""
        return self._sound[self._solid]

    @cached_property
    def telling(self) -> Int64:
        """And those without, too, that begin above everything that was seen: X sent what lies below."""
        return self._sound[self._tells]

    @cached_property
    def high_before(self) -> Int64:
        """Of each segment: highest end of all packets before it."""
        return self._high[self._solid]

    @cached_property
    def high_telling(self) -> Int64:
        """The same of each in `telling`."""
        return self._high[self._tells]

    @cached_property
    def _sound(self) -> Int64:
        """All but resets."""
        sound: Int64 = self.rows[self.trace.flags[self.rows] & RST == 0]
        return sound

    @cached_property
    def _high(self) -> Int64:
        """Of each of these: highest end of all before it."""
        high: Int64 = np.full(len(self._sound), NOWHERE, np.int64)
        high[1:] = np.maximum.accumulate(self.trace.end[self._sound])[:-1]
        return high

    @cached_property
    def _solid(self) -> Column:
        solid: Column = self.trace.end[self._sound] > self.trace.start[self._sound]
        return solid

    @cached_property
    def _tells(self) -> Column:
        tells: Column = self._solid | (self.trace.start[self._sound] > self._high)
        return tells

    @cached_property
    def ack_row(self) -> Int64:
        trace = self.trace
        return np.flatnonzero((trace.direction != self.direction) & (trace.acked != NO_ACK) & (trace.flags & RST == 0))

    @cached_property
    def ack_time(self) -> Int64:
        return np.maximum.accumulate(self.trace.time[self.ack_row])

    @cached_property
    def stamps(self) -> tuple[Int64, int] | None:
        """Of each acknowledgment: highest time stamp so far, counted from the first one; and that."""
        return _stamps(self.trace.tsval[self.ack_row])

    @cached_property
    def una(self) -> Int64:
        """Of each acknowledgment: highest one so far."""
        return np.maximum.accumulate(self.trace.acked[self.ack_row])

    @cached_property
    def advance(self) -> Int64:
        """Of each: index of the one in which that highest one came."""
        return _latest_advance(self.una)

    @cached_property
    def dups(self) -> Int64:
        """Of each: how many duplicates (RFC 5681) of the highest one came so far."""
        return _duplicates(self)

    @cached_property
    def sack_high(self) -> Int64:
        """Of each: highest right edge selectively acknowledged so far, without D-SACK."""
        if not len(self.block_ack):
            return self.una
        edge = self.una.copy()
        news = self.block_old == 0
        np.maximum.at(edge, self.block_ack[news], self.block_to[news])
        return np.maximum.accumulate(edge)

    @cached_property
    def window_zero(self) -> Column:
        """Of each: whether it closed the window."""
        closed: Column = (self.trace.window[self.ack_row] == 0) & (self.trace.flags[self.ack_row] & SYN == 0)
        return closed

    @cached_property
    def _blocks(self) -> tuple[Int64, Int64, Int64]:
        trace = self.trace
        if not len(trace.sack_row):
            return trace.sack_row, trace.sack_from, trace.sack_to
        place = np.full(len(trace), -1, np.int64)
        place[self.ack_row] = np.arange(len(self.ack_row))
        blocks = place[trace.sack_row]
        there = blocks >= 0
        return blocks[there], trace.sack_from[there], trace.sack_to[there]

    @property
    def block_ack(self) -> Int64:
        """Of each SACK block: index of its acknowledgment."""
        return self._blocks[0]

    @property
    def block_from(self) -> Int64:
        return self._blocks[1]

    @property
    def block_to(self) -> Int64:
        return self._blocks[2]

    @cached_property
    def block_old(self) -> Column:
        """Of each: whether it reports bytes that came twice (D-SACK, RFC 2883)."""
        return _reports_twice(*self._blocks, self.una)

    @property
    def rtt(self) -> int:
        return self.near + self.far

    @property
    def sack(self) -> bool:
        """Whether Y may send SACK blocks: where its SYN was not seen, nearly every stack would."""
        return bool(len(self.block_ack)) or self.trace.sack is not False

    @cached_property
    def usual_advance(self) -> int:
        """Bytes that most acknowledgments cover at most: two segments (RFC 5681 section 4.2), or what offload joined.

        One that follows duplicates fills a hole, and covers what waited behind that.
        """
        steps = np.diff(self.una)
        steps = steps[(steps > 0) & (self.dups[:-1] == 0)]
        segment = int(self.trace.length[self.segments].max()) if len(self.segments) else 0
        return max(2 * segment, int(np.percentile(steps, FEW)) if len(steps) else 0)

    def duplicate_acks(self) -> Int64:
        """The rows of the duplicate acknowledgments (RFC 5681 section 2)."""
        more = np.zeros(len(self.dups), np.bool_)
        more[1:] = (self.dups[1:] > self.dups[:-1]) & (self.una[1:] == self.una[:-1])
        return self.ack_row[more]

    @cached_property
    def learnt(self) -> tuple[Int64, Int64]:
        """For each acknowledgment when X learnt it at the earliest and at the latest.

        These are times at which it would have been captured for that. One that is held up behind the capture point is not echoed
        by the packets that X sends in the meantime.
        """
        if not self.near or self.stamps is None or not len(self.rows):
            return self.ack_time, self.ack_time
        known = np.maximum.accumulate(self._known(self.rows))
        sent = self.left[self.rows] - self.near
        first = known.searchsorted(np.arange(1, len(self.ack_row) + 1))
        unaware = np.where(first > 0, sent[np.maximum(first, 1) - 1], NOWHERE)
        aware = np.where(first < len(sent), sent[np.minimum(first, len(sent) - 1)], self.ack_time)
        earliest = np.maximum.accumulate(np.maximum(self.ack_time, unaware))
        return earliest, np.maximum.accumulate(np.maximum(self.ack_time, aware))

    def _known(self, rows: Int64) -> Int64:
        """`known_acks` of many rows."""
        known = self.ack_time.searchsorted(self.left[rows] - self.near, side="right")
        if self.stamps is None:
            return known
        stamps, first = self.stamps
        echo = self.trace.tsecr[rows]
        echoed = since(echo, first)
        least, most = stamps.searchsorted(echoed), stamps.searchsorted(echoed, side="right")
        told = (echo > 0) & (least < most)
        return np.where(told, np.clip(known, least + 1, most), known)

    def known_acks(self, row: int) -> int:
        """How many acknowledgments X knew when it sent the packet `row`.

        X echoes the time stamp of the latest one (RFC 7323 section 4.3); among those of one tick, and without, the time tells.
        """
        passed = int(self.ack_row.searchsorted(row))
        if not self.near:
            return passed
        known = min(passed, int(self.ack_time.searchsorted(int(self.left[row]) - self.near, side="right")))
        echo = int(self.trace.tsecr[row])
        if self.stamps is None or echo <= 0:
            return known
        least, most = self._echoed(echo)
        return known if least == most else min(max(known, least + 1), most, passed)

    def _echoed(self, echo: int) -> tuple[int, int]:
        """How many acknowledgments have a lower time stamp than this, and how many have no higher one."""
        assert self.stamps is not None
        stamps, first = self.stamps
        echoed = serial(echo, first)
        return int(stamps.searchsorted(echoed)), int(stamps.searchsorted(echoed, side="right"))

    def least_known_acks(self, row: int) -> int:
        """How many it knew at least."""
        if not self.near:
            return self.known_acks(row)
        least = int(self.ack_time.searchsorted(int(self.left[row]) - self.near - min(self.slack, TICKS_NS), side="right"))
        echo = int(self.trace.tsecr[row])
        if self.stamps is not None and echo > 0:
            least = max(least, min(self._echoed(echo)[0] + 1, len(self.ack_row)))
        return min(least, self.known_acks(row))

    def most_known_acks(self, row: int) -> int:
        """How many it may have known at most: its time stamp counts in ticks, and so does what is concluded from it."""
        known = self.known_acks(row)
        if not self.near:
            return known
        latest = int(self.left[row]) - self.near + min(TICKS_NS, self.rtt // 4)
        most = min(int(self.ack_row.searchsorted(row)), int(self.ack_time.searchsorted(latest, side="right")))
        echo = int(self.trace.tsecr[row])
        if self.stamps is not None and echo > 0:
            most = min(most, self._echoed(echo)[1])
        return max(known, most)

    def una_after(self, acks: int) -> int:
        """Where X believed the first unacknowledged byte, knowing so many acknowledgments."""
        return int(self.una[acks - 1]) if acks else NOWHERE

    def window_closed(self, acks: int) -> bool:
        """Whether X believed the window closed, knowing so many acknowledgments."""
        return acks > 0 and bool(self.window_zero[acks - 1])

    def sacked(self, start: int, end: int, acks: int) -> int:
        """The acknowledgment among the first `acks` that reports [start, end) as received, or -1; the latest blocks count."""
        last = int(self.block_ack.searchsorted(acks))
        first = max(0, last - SACK_LOOKBACK)
        covers = (self.block_from[first:last] <= start) & (self.block_to[first:last] >= end) & (self.block_old[first:last] == 0)
        found = covers.nonzero()[0]
        return int(self.block_ack[first + found[0]]) if len(found) else -1

    @property
    def least_rto_ns(self) -> int:
        """A retransmission timeout that is shorter cannot be: SRTT and 200 ms (Linux); RFC 6298 asks for a second."""
        return self.rtt + LEAST_VARIANCE_NS


def sender(trace: Trace, direction: int, position: Position) -> Sender:
    """What is known of one direction."""
    near, far = position.near[direction] or 0, position.far[direction] or 0
    here = {"client": trace.client, "server": 1 - trace.client}.get(position.place or "")
    if here == direction:
        near = 0
    slack = min(max(near // 4, LEAST_SLACK_NS), (near + far) // 4) if near else 0
    return Sender(trace, direction, near, far, slack, at_receiver=here == 1 - direction)


def _latest_advance(una: Int64) -> Int64:
    """For each acknowledgment, the index of the latest one that advanced."""
    index = np.zeros(len(una), np.int64)
    index[1:] = np.where(una[1:] > una[:-1], np.arange(1, len(una)), 0)
    latest: Int64 = np.maximum.accumulate(index)
    return latest


def _duplicates(sender: Sender) -> Int64:
    """How many acknowledgments said the same again since the latest advance (RFC 5681 section 2; a SACK block is news enough)."""
    trace, segments, acks, una, advance = sender.trace, sender.segments, sender.ack_row, sender.una, sender.advance
    window = trace.window[acks]
    again = (advance != np.arange(len(acks))) & (trace.acked[acks] == una)
    again &= (trace.end[acks] == trace.start[acks]) & (window > 0)
    if not again.any() or not len(segments):
        return np.zeros(len(acks), np.int64)
    sent = segments.searchsorted(acks)
    if sender.near:  # what X had sent when the acknowledgment came there passes here later
        left = np.maximum.accumulate(sender.left[segments])
        sent = np.maximum(sent, left.searchsorted(sender.ack_time + sender.near, side="right"))
    again &= (sent > 0) & (np.maximum.accumulate(trace.end[segments])[sent - 1] > una)
    same = np.zeros(len(acks), np.bool_)
    same[sender.block_ack] = True
    same[1:] |= window[1:] == window[:-1]
    total = np.cumsum(again & same)
    repeats: Int64 = total - total[advance]
    return repeats


def _reports_twice(ack: Int64, start: Int64, end: Int64, una: Int64) -> Column:
    """Which blocks are D-SACKs (RFC 2883 section 4): the first one below the acknowledgment, or inside the second one."""
    if not len(ack):
        return np.zeros(0, np.bool_)
    first = np.ones(len(ack), np.bool_)
    first[1:] = ack[1:] != ack[:-1]
    inside = np.zeros(len(ack), np.bool_)
    inside[:-1] = ~first[1:] & (start[:-1] >= start[1:]) & (end[:-1] <= end[1:])
    return first & ((end <= una[ack]) | inside)


def _stamps(tsval: Int64) -> tuple[Int64, int] | None:
    """Sender.stamps."""
    if not len(tsval) or (tsval == NONE).any():
        return None
    first = int(tsval[0])
    return np.maximum.accumulate(since(tsval, first)), first
