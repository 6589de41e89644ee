"""Losses before the capture point that leave no hole: the segment that was seen first had been sent before, and lost.

A sender that counts the IP identification up for this connection alone, as Linux does, shows how many packets it sent between
two that came. Those that did not come and lie not in a hole were bare acknowledgments, if there was something to acknowledge,
else first copies of the segments that come next, a timer or a round trip later. Whether the sender acknowledges at once or lets
its next data do it, its other packets tell. Windows counts for the whole host: it is known by its hop limit, and by seldom
sending time stamps. All that is an inference: such verdicts have low confidence.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .order import SMALL_STEP
from .sender import Sender
from .trace import NONE, SYN

LINUX_HOPS: Final = 64  #: hop limit that it sends with; Windows begins with 128
ROUND_TRIPS: Final = 1.8  #: until a probe is sent at the earliest: two smoothed ones (RFC 8985 section 7.2)
TIMER_NS: Final = 2_000_000  #: and no timer is shorter
EPISODE: Final = 1.5  #: round trips between two segments of one repair
DELAYED_ACK_NS: Final = 50_000_000  #: and what a delayed acknowledgment adds
USUAL: Final = 64  #: latest segments that tell how much one carries
LATE_PACKETS: Final = 64  #: packets in which one that was overtaken may still come
LARGEST_SEGMENT: Final = 1460  #: bytes that a segment in an Ethernet frame carries at most
SELDOM: Final = 0.2  #: bare acknowledgments for each segment, of a sender whose data acknowledge


class LostUnseen:
    """Of one direction. Without identifications that tell, nothing is found."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._passed = _passed(sender)
        self._acknowledges = True
        if self._passed is not None:
            bare = (trace := sender.trace).end[sender.rows] == trace.start[sender.rows]
            self._acknowledges = bool(np.count_nonzero(bare) > SELDOM * len(sender.segments))

    def worth_a_look(self, rows: Int64) -> Column:
        """Which rows have to be asked about though they lie in order."""
        if self._passed is None:
            return np.zeros(len(rows), np.bool_)
        found: Column = self._passed[rows] > 0
        return found

    def sent_again(self, row: int, hole: int, holes: int) -> list[tuple[int, int, int]]:
        """Whether the segment `row`, first seen, `hole` bytes above everything else, was sent before.

        If so: it and those right behind it for which that holds, each with the packet that proves it, and how often at least.
        `holes` are open below: what is missing may be their repairs.
        """
        if self._passed is None:
            return []
        sender, trace = self._sender, self._sender.trace
        lost, before = int(self._passed[row]), self._before(row)
        if not lost or trace.flags[before] & SYN or self._silence(row) < ROUND_TRIPS * sender.rtt + TIMER_NS:
            return []
        at = int(sender.segments.searchsorted(row))
        usual = int(trace.length[sender.segments[max(0, at - USUAL) : at + 1]].max()) or 1
        lost -= self._came_later(row, lost) + -(-hole // usual) + self._due(before, row) + holes
        if lost <= 0:
            return []
        found = self._repair(row, lost)
        return [(other, before, lost if len(found) == 1 else 1) for other in found]

    def _repair(self, row: int, count: int) -> list[int]:
        """Up to so many segments from a row on that follow each other as a repair does."""
        sender, trace = self._sender, self._sender.trace
        at = int(sender.segments.searchsorted(row))
        found = [row]
        for i in range(at + 1, min(at + count, len(sender.segments))):
            other = int(sender.segments[i])
            late = int(trace.time[other]) - int(trace.time[found[-1]]) > EPISODE * sender.rtt + DELAYED_ACK_NS
            if late or int(trace.start[other]) != int(sender.high_before[i]):
                break
            found.append(other)
        return found

    def _before(self, row: int) -> int:
        """The packet of the sender before this one."""
        return int(self._sender.rows[int(self._sender.rows.searchsorted(row)) - 1])

    def _silence(self, row: int) -> int:
        """How long nothing moved before a packet: since the latest one of its sender, and since the latest data for that."""
        trace, sender = self._sender.trace, self._sender
        at = int(sender.other_data.searchsorted(row))
        heard = int(trace.time[sender.other_data[at - 1]]) + sender.near if at else 0
        return int(trace.time[row]) - max(int(trace.time[self._before(row)]), heard)

    def _due(self, before: int, row: int) -> int:
        """Bare acknowledgments that the sender may have sent between two packets."""
        trace = self._sender.trace
        if not self._acknowledges and not trace.flags[before] & SYN:
            return 0
        data = self._sender.other_data
        first = int(trace.time[data].searchsorted(int(trace.time[before]) - self._sender.near))
        return max(0, int(data.searchsorted(row)) - first)

    def _came_later(self, row: int, lost: int) -> int:
        """How many of the identifications before a packet belong to packets that came behind it."""
        counter, mine = self._sender.order.counter, self._sender.rows
        assert counter is not None
        at = int(mine.searchsorted(row))
        behind = int(counter[row]) - counter[mine[at + 1 : at + 1 + LATE_PACKETS]]
        return int(np.count_nonzero((behind > 0) & (behind <= lost)))


def _passed(sender: Sender) -> Int64 | None:
    """For each row, how many identifications its sender used up before it that the capture has not seen by then."""
    if not sender.near:
        return None
    counter = sender.order.counter
    if counter is None or not sender.order.own:
        return None
    if int(sender.trace.ttl[sender.rows].max()) > LINUX_HOPS or (sender.trace.tsval[sender.rows] == NONE).all():
        return None
    known = sender.rows[counter[sender.rows] != NONE]
    numbers = counter[known]
    joined = np.maximum(-(-sender.trace.length[known] // LARGEST_SEGMENT), 1) - 1  # offload has made one of several
    highest = np.maximum.accumulate(numbers + joined)
    steps = np.zeros(len(sender.trace), np.int64)
    steps[known[1:]] = np.maximum(numbers[1:] - highest[:-1] - 1, 0)
    steps[steps > SMALL_STEP] = 0
    return steps
