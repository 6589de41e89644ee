"""What each packet of one direction is to those before it (VERDICTS.md section 3).

A segment whose bytes were all seen before is a retransmission, unless it was sent before its copy: then it is the original,
and late. A segment that brings bytes that were missing is *reordered* if it was sent before the packet that showed them
missing, else a retransmission of what was lost before the capture point. A tail loss leaves no hole: see lost_unseen.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .lost_unseen import LostUnseen
from .order import serial
from .sender import NOWHERE, Sender
from .sightings import Sightings
from .trace import ACK, FIN, NONE, RST, SYN
from .unseen import Hole, Unseen
from .verdict import Confidence, HoleCause, Kind, Need, Segments

REORDER_NS: Final = 200_000_000  #: without any proof, what fills a hole later than that was sent again
HASTE: Final = 0.9  #: part of a round trip that no reaction takes less than
HINTS: Final = 4096  #: acknowledgments that are searched for the first one that shows a hole
EPISODE: Final = 1.5  #: round trips between two segments of one repair
TICKS: Final = 3  #: of a time stamp clock: round trips that are shorter are not told by it


def judge(sender: Sender, segments: Segments) -> list[Hole]:
    """Fill in `kind`, and what follows from the order alone, for one direction; the holes that stay open."""
    trace, rows, high = sender.trace, sender.telling, sender.high_telling
    _judge_empty(sender, segments)
    if not len(rows):
        return []
    start = trace.start[rows]
    lost, unseen = LostUnseen(sender), Unseen()
    if trace.flags[rows[0]] & SYN:
        _judge_syn_ack(sender, segments, int(rows[0]))
    else:
        unseen.open(NOWHERE, int(start[0]), int(rows[0]))
    odd = (start != high) | (trace.length[rows] == 1)
    odd[0] = False
    found = (odd | lost.worth_a_look(rows)).nonzero()[0]
    if not len(found):
        return unseen.holes
    sightings = Sightings(sender)
    for i in found.tolist():
        row = int(rows[i])
        begin, end, highest = int(start[i]), int(trace.end[row]), int(high[i])
        if begin < highest:
            _judge_old(sender, segments, row, (begin, min(end, highest)), highest, sightings, unseen)
            unseen.fill(begin, end)
            if end <= highest:
                sightings.add(row)
            continue
        holes = unseen.count()
        if begin > highest:
            segments.kind[row] = Kind.GAP_OPEN
            unseen.open(highest, begin, row)
        elif _is_probe(sender, row):
            segments.kind[row] = Kind.WINDOW_PROBE
            segments.confidence[row] = Confidence.HIGH
            continue
        if end > begin:
            again = lost.sent_again(row, begin - highest, holes)
            for other, before, times in again:
                segments.traceless[other] = (times, int(trace.end[again[-1][0]]))
                segments.kind[other] = Kind.RETRANSMISSION
                segments.need[other] = Need.NEEDED
                segments.confidence[other] = Confidence.LOW
                segments.prove(other, before)
    return unseen.holes


def _judge_empty(sender: Sender, segments: Segments) -> None:
    """Packets without payload that repeat an offset: keep-alives, probes of a closed window, old acknowledgments."""
    trace, rows = sender.trace, sender.rows
    high = np.maximum.accumulate(trace.end[rows])
    before = np.full(len(rows), NOWHERE, np.int64)
    before[1:] = high[:-1]
    empty = (trace.length[rows] == 0) & (trace.flags[rows] & (SYN | FIN | RST) == 0) & (trace.start[rows] < before)
    for i in empty.nonzero()[0].tolist():
        row = int(rows[i])
        acks = int(sender.ack_row.searchsorted(row))
        una = sender.una_after(acks)
        if int(trace.start[row]) == int(before[i]) - 1 and una >= int(before[i]):
            _probe(sender, segments, row, acks)
        else:
            segments.kind[row] = Kind.OLD_ACK
            segments.confidence[row] = Confidence.HIGH


def _is_probe(sender: Sender, row: int) -> bool:
    """Whether a segment of one new byte asks whether the window is still closed."""
    acks = int(sender.ack_row.searchsorted(row))
    return int(sender.trace.length[row]) == 1 and sender.window_closed(acks)


def _probe(sender: Sender, segments: Segments, row: int, acks: int) -> None:
    segments.kind[row] = Kind.WINDOW_PROBE if sender.window_closed(acks) else Kind.KEEP_ALIVE
    segments.confidence[row] = Confidence.HIGH
    segments.prove(row, int(sender.ack_row[acks - 1]))


def _judge_syn_ack(sender: Sender, segments: Segments, row: int) -> None:
    """The first SYN/ACK that was seen: if it echoes a SYN that was repeated long before, the answer to that one was lost."""
    trace = sender.trace
    syns = ((trace.direction[:row] != sender.direction) & (trace.flags[:row] & (SYN | ACK) == SYN)).nonzero()[0]
    if not trace.flags[row] & ACK or len(syns) < 2 or not sender.near or trace.tsecr[row] <= 0:
        return
    echoed = syns[trace.tsval[syns] == trace.tsecr[row]]
    if len(echoed) and echoed[0] != syns[-1] and int(trace.time[row]) - int(trace.time[echoed[0]]) > EPISODE * sender.rtt:
        segments.kind[row] = Kind.RETRANSMISSION
        segments.need[row] = Need.NEEDED
        segments.confidence[row] = Confidence.MEDIUM
        segments.prove(row, int(echoed[0]))


def _judge_old(
    sender: Sender, segments: Segments, row: int, old: tuple[int, int], highest: int, sightings: Sightings, unseen: Unseen
) -> None:
    """A segment that begins below the highest byte; `old` are its bytes below that."""
    trace = sender.trace
    flags, length = int(trace.flags[row]), int(trace.length[row])
    begin, end = old
    if length <= 1 and not flags & (SYN | FIN) and end - begin == 1 and end == highest == int(trace.end[row]):
        acks = int(sender.ack_row.searchsorted(row))
        if sender.una_after(acks) >= end or sender.window_closed(acks):
            _probe(sender, segments, row, acks)
            return
    holes = unseen.within(begin, end)
    copies = sightings.of(begin, end, row)
    if holes:
        segments.missing[row] = min(end, holes[0].end)
        _judge_filler(sender, segments, row, holes)
        return
    if copies and (segments.kind[copies] == Kind.WINDOW_PROBE).all():
        return  # the byte that asked for the window was refused: it is sent now
    segments.repeats[row] = copies[-1] if copies else -1
    segments.kind[row] = Kind.RETRANSMISSION
    segments.confidence[row] = Confidence.MEDIUM
    if copies and all(sender.order.sent_before(row, copy) for copy in copies):
        segments.kind[row] = Kind.LATE_ORIGINAL
        segments.confidence[row] = Confidence.HIGH
        segments.prove(row, *copies)
        for copy in copies:  # it overtook the original
            segments.kind[copy] = Kind.RETRANSMISSION
            segments.need[copy] = Need.PREMATURE
            segments.confidence[copy] = Confidence.HIGH
            segments.prove(copy, row)
            for opener in segments.fills.pop(copy, ()):
                segments.hole[opener] = HoleCause.REORDERING
        return
    if copies and sender.order.sent_before(copies[0], row):
        segments.confidence[row] = Confidence.HIGH
    segments.prove(row, *copies[-1:])


def _judge_filler(sender: Sender, segments: Segments, row: int, holes: list[Hole]) -> None:
    """A segment that brings missing bytes."""
    trace, order = sender.trace, sender.order
    opener = next((hole.opener for hole in holes if hole.start != NOWHERE), holes[0].opener)
    first = order.sent_before(row, opener)
    confidence = Confidence.HIGH
    if first is None and trace.tsval[row] != NONE and sender.tick_ns is not None and sender.rtt > TICKS * sender.tick_ns:
        # within one tick of the time stamps nobody can have learnt that it was lost
        first, confidence = serial(int(trace.tsval[row]), int(trace.tsval[opener])) == 0, Confidence.MEDIUM
    if first is None:
        confidence = Confidence.LOW
        hint = _first_hint(sender, int(trace.start[row]), opener)
        soon = hint is None or int(trace.time[row]) < hint + int(HASTE * sender.near)
        first = soon and int(trace.time[row]) - int(trace.time[opener]) < REORDER_NS
    segments.kind[row] = Kind.REORDERED if first else Kind.RETRANSMISSION
    segments.confidence[row] = confidence
    segments.prove(row, opener)
    segments.fills[row] = tuple(hole.opener for hole in holes if hole.start != NOWHERE)
    for other in segments.fills[row]:
        segments.hole[other] = HoleCause.REORDERING if first else HoleCause.LOST_UPSTREAM
        if segments.kind[other] == Kind.GAP_OPEN:
            segments.confidence[other] = confidence
        segments.prove(other, row)


def _first_hint(sender: Sender, start: int, opener: int) -> int | None:
    """When the other side first showed that it misses the bytes from `start` on; None: not at all so far."""
    at = max(0, int(sender.ack_row.searchsorted(opener)) - 1)  # it may be older than the capture
    later = sender.una[at : at + HINTS]
    behind = ((later <= start) & ((sender.sack_high[at : at + HINTS] > start) | (sender.dups[at : at + HINTS] > 0))).nonzero()[0]
    return int(sender.ack_time[at + behind[0]]) if len(behind) else None
