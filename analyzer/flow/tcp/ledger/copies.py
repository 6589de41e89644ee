"""Packets that were seen several times: copies made by the capture, and copies made by the network.

Which rows show the same packet is told by same_packet.py, and where offload has split or joined segments by superframe.py.
A copy is the network's where the receiver got it too; it reports data that came twice with a D-SACK (RFC 2883). It is the
capture's where

- the other sightings were made at another place: other interface, MAC addresses, VLAN or TTL (both sides of a bridge or router);
- nearly all packets of the connection are seen as often, with nearly the same lag, and no D-SACK tells of it;
- it is one of few, but follows so closely that no queue lies between, and no D-SACK tells of it.

Copies of the capture say nothing about TCP: they have to be taken out before anything else is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .dsack import Dsacks, dsacks
from .place import place, turn
from .same_packet import MOMENT_NS, SamePackets, same_packets, turn_around
from .superframe import resegmented
from .trace import Trace

AT_ONCE_NS: Final = 100_000  #: two sightings that are no further apart were made by the capture, if nothing speaks against it
SPREAD: Final = 4  #: lags up to so many times the median are called nearly the same
REPORT_NS: Final = 50_000_000  #: beyond 1.5 times the way to the receiver and back, a D-SACK may take so long
UNKNOWN_WAY_NS: Final = 1_000_000_000  #: that way, where no packet measured it
NOWHERE: Final = -(1 << 62)  #: highest byte of a direction before its first packet
HABIT: Final = 3  #: copies in a direction from which on their lags can be compared
SPORADIC: Final = 0.1  #: share of copies up to which they are no habit of the capture
MOST_REPORTS: Final = 1_000  #: D-SACKs that are looked through for one packet


@dataclass(slots=True)
class Copies:
    """Which rows are copies."""

    original: Int64  #: row of the first sighting of the same packet; -1: this is the first, or the only one
    captured: Column  #: a copy made by the capture
    by_network: Column  #: a copy made by the network; of several sightings of such a copy the first

    def __bool__(self) -> bool:
        return bool(len(self.original)) and bool((self.original >= 0).any())


def copies(trace: Trace) -> Copies:
    """The copies in a trace."""
    count = len(trace)
    found = Copies(np.full(count, -1, np.int64), np.zeros(count, np.bool_), np.zeros(count, np.bool_))
    if count < 2:
        return found
    seen = same_packets(trace)
    if seen is not None:
        _judge(trace, seen, found)
    resegmented(trace, found.original, found.captured)
    return found


def _judge(trace: Trace, seen: SamePackets, found: Copies) -> None:
    row, first = seen.row, seen.first
    nth = turn(first, place(trace)[row])  # the n-th sighting at one place and the n-th at another show one copy of the packet
    order = np.lexsort((row, nth, first))
    row, first, nth = row[order], first[order], nth[order]
    leads = np.ones(len(row), np.bool_)
    leads[1:] = (first[1:] != first[:-1]) | (nth[1:] != nth[:-1])
    copy = row != first
    found.original[row[copy]] = first[copy]
    reports = dsacks(trace)
    reports = reports.take(found.original[reports.row] < 0)
    _elsewhere(trace, row[~leads], first[~leads], reports, found)
    row, copy, nth = row[leads], copy[leads], nth[leads]
    if copy.any():
        _same_place(trace, row[copy], row[copy.nonzero()[0] - 1], nth[copy], seen.doubled, reports, found)


def _elsewhere(trace: Trace, row: Int64, first: Int64, reports: Dsacks, found: Copies) -> None:
    """Sightings at another place: a second way through the network is the rare exception, and the receiver tells of it."""
    found.captured[row] = True
    if len(row) and len(reports) and len(row) <= SPORADIC * len(trace):
        told = row[_reported(trace, row, first, reports)]
        found.captured[told], found.by_network[told] = False, True


def _same_place(trace: Trace, row: Int64, before: Int64, nth: Int64, doubled: Column, reports: Dsacks, found: Copies) -> None:
    """Further sightings, each the `nth`, at the place where the packet was seen before, last at row `before`."""
    lag = trace.time[row] - trace.time[before]
    data = trace.length[row] > 0
    captured = np.zeros(len(row), np.bool_)
    for direction in (0, 1):
        mine = trace.direction[row] == direction
        told = int(np.count_nonzero(trace.direction[reports.row] != direction))
        if doubled[direction] and np.count_nonzero(mine) >= HABIT and 2 * told <= np.count_nonzero(data & mine):
            times = np.bincount(nth[mine], minlength=2)
            often = int((2 * times >= times[1]).nonzero()[0][-1]) + 1
            captured |= mine & (nth % often != 0) & (lag <= SPREAD * int(np.median(lag[mine])) + MOMENT_NS)
    sporadic = len(row) <= SPORADIC * len(trace)
    rest = (~captured & (lag <= AT_ONCE_NS) & (data | ~np.bool_(sporadic))).nonzero()[0]
    captured[rest] = ~_reported(trace, row[rest], before[rest], reports)
    found.captured[row], found.by_network[row] = captured, ~captured


def _reported(trace: Trace, rows: Int64, before: Int64, reports: Dsacks) -> Column:
    """For each of these packets, seen before in row `before`: whether its receiver says soon that its data came twice.

    What repeats data already is reported for that alone: keep-alives, window probes, needless retransmissions.
    """
    told = np.zeros(len(rows), np.bool_)
    if not len(reports) or not len(rows):
        return told
    way = [turn_around(trace, direction) or UNKNOWN_WAY_NS for direction in (0, 1)]
    highest = [np.maximum.accumulate(np.where(trace.direction == direction, trace.end, NOWHERE)) for direction in (0, 1)]
    times, hearer = trace.time[reports.row], trace.direction[reports.row]
    for i, one in enumerate(rows.tolist()):
        direction, first = int(trace.direction[one]), int(before[i])
        repeats = not (first > 0 and -1 <= int(highest[direction][first - 1]) <= int(trace.start[one]))
        next_report = int(reports.row.searchsorted(one))
        heard = slice(next_report, next_report + MOST_REPORTS)
        told[i] = (
            trace.length[one] > 0
            and np.count_nonzero(
                (hearer[heard] != direction)
                & (reports.left[heard] <= trace.start[one])
                & (trace.end[one] <= reports.right[heard])
                & (times[heard] <= int(trace.time[one]) + 3 * way[direction] // 2 + REPORT_NS)
            )
            > repeats
        )
    return told
