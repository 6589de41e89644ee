"""Stalls as the receiver's SACK blocks tell of them (RFC 2018), at any capture point.

A stall begins with the first acknowledgment that has a block above what it acknowledges, and ends with the first one that
acknowledges more and has nothing above. Blocks that report duplicate data (D-SACK, RFC 2883) lie below the edge and do not
count; acknowledgments that were overtaken say nothing new. As few blocks fit into one, those of all are put together.

Acknowledgments get lost. The first one then seen reports several segments: the stall began earlier, by as much as the first
of them passed before the one that made the receiver say so (the first block). The last one then seen reports segments that
passed behind the filler: the stall ended when the filler had been on its way as long as those before it. One that was overtaken
may still come: if it has no block, then a stall ended there, and what the overtaking one reports above is another.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .stall_blocks import Acks
from .stall_clock import Clock
from .stall_holes import Draft, Holes, OpenHole
from .stall_record import SACK, Stall, Where, at_receiver, finished
from .stall_sent import Sent
from .trace import NONE, Trace

NOT_SENT: Final = 1 << 20  #: an acknowledgment of so many bytes more than were seen is none of this stream
NOWHERE: Final = 1 << 62  #: a position behind all
WAY_SHARE: Final = 0.9  #: a packet that caused an acknowledgment passed by at least so much of the shortest way earlier


def says_sack(trace: Trace, receiver: int) -> bool:
    """Whether this side sends SACK blocks; it then does in every acknowledgment that needs one."""
    return bool(len(trace.sack_row)) and bool((trace.direction[trace.sack_row] == receiver).any())


def by_sack(trace: Trace, where: Where, direction: int) -> list[Stall]:
    """The stalls of the data of a direction."""
    sent = Sent(trace, direction)
    acks = Acks(trace, 1 - direction, sent.highest + NOT_SENT if len(sent) else None)
    if not len(acks.telling):
        return []
    holes = Holes(0)
    found: list[Stall] = []
    reader = _Reader(trace, where, direction, sent, acks)
    for position, row, time, acked, blocks in acks.told():
        if holes.draft is None:
            holes.top = acked
        elif blocks and acked >= holes.top and acks.overtook(position):
            holes.acknowledged(acked, time, row)
            ended = holes.settle(time, row)
            if ended is not None:
                found.append(reader.read(ended))
        if blocks:
            holes.acknowledged(acked, time, row)
            for start, end in sorted(blocks) if len(blocks) > 1 else blocks:
                holes.arrived(start, end, time, row)
        elif acked >= holes.top:
            holes.acknowledged(acked, time, row)
        elif trace.length[row]:
            continue  # some stacks put no blocks into segments with data
        else:
            holes.forgotten(acked, time, row)
        draft = holes.settle(time, row)
        if draft is not None:
            found.append(reader.read(draft))
    if holes.draft is not None:
        found.append(reader.read(holes.draft))
    return found


class _Reader:
    """Finds the segments behind the acknowledgments, and with them the times."""

    def __init__(self, trace: Trace, where: Where, direction: int, sent: Sent, acks: Acks) -> None:
        self.trace, self.sent, self.acks = trace, sent, acks
        self.direction = direction
        self.clock = Clock(trace, 1 - direction)
        self.here = at_receiver(trace, where, direction)
        far = where.far[direction]
        self.least_way = int(WAY_SHARE * far) if far is not None else 0
        self.shift = 0 if self.here else None if far is None else far // 2

    def read(self, draft: Draft) -> Stall:
        """The stall, with the segments and times that its acknowledgments stand for."""
        fillers = [self._filler(hole) for hole in draft.holes]
        start, first = self._start(draft)
        end = last = None
        if draft.closed_ns is not None:
            filler = NONE
            for hole, at in zip(draft.holes, fillers, strict=True):
                if hole.filled_row == draft.closed_row and (last is None or at > filler):
                    last, filler = hole, at
            draft.last = last or draft.last
            end = self._end(draft, filler)
            if end <= start and not self.here:  # shorter than the clocks can tell: as the acknowledgments came by
                start, end = int(self.trace.time[draft.opened_row]), int(self.trace.time[draft.closed_row])
            end = max(start, end)
        for hole, at in zip(draft.holes, fillers, strict=True):
            hole.opened_ns = start if hole.opened_row == draft.opened_row else hole.opened_ns
            if hole.filled_ns is not None:
                filled = int(self.sent.time[at]) if self.here and at >= 0 else self.clock.undelayed(hole.filled_row)
                hole.filled_ns = end if hole is last else filled if end is None else max(start, min(filled, end))
            hole.filled_row = int(self.sent.rows[at]) if at >= 0 else NONE
        draft.opened_ns, draft.closed_ns = start, end
        first_row = int(self.sent.rows[first]) if first >= 0 else NONE
        begun = draft.opened_row != int(self.acks.rows[0])
        return finished(self.trace, self.direction, draft, SACK, first_row, self.shift, begun)

    def _start(self, draft: Draft) -> tuple[int, int]:
        """When it began, and the first segment that waited (-1: not captured)."""
        position = int(self.acks.rows.searchsorted(draft.opened_row))
        blocks = self.acks.blocks(position)
        until = draft.opened_ns - self.least_way
        trigger = self._newest(blocks[0], until)
        opened = self.clock.undelayed(draft.opened_row)
        if trigger < 0:
            return opened, NONE
        first = min(self._first(block, until) for block in blocks)
        if self.here:
            return int(self.sent.time[first]), first
        start = opened - int(self.sent.time[trigger] - self.sent.time[first])
        before = self.clock.undelayed(int(self.acks.rows[position - 1])) if position else start
        return min(opened, max(start, before)), first

    def _end(self, draft: Draft, filler: int) -> int:
        """When it ended, as seen here."""
        assert draft.closed_ns is not None
        closed = self.clock.undelayed(draft.closed_row)
        if filler < 0:
            return closed
        if self.here:
            return int(self.sent.time[filler])
        position = int(self.acks.rows.searchsorted(draft.closed_row))
        filled_from, filled_to = int(self.sent.start[filler]), int(self.sent.end[filler])
        again = any(start < filled_to and end > filled_from for start, end in self.acks.repeated(position))
        if not again and int(self.acks.acked[position]) <= max(draft.top, self.sent.sent_by(filler)):
            return closed
        shown = int(self.acks.rows.searchsorted(draft.shown_row))
        seen = int(self.trace.time[draft.shown_row])
        newest = self._newest(self.acks.blocks(shown)[0], seen - self.least_way)
        if newest < 0:
            return closed
        seen = self.clock.undelayed(draft.shown_row)
        estimate = int(self.sent.time[filler] - self.sent.time[newest]) + seen
        return estimate if seen < estimate < closed else closed

    def _filler(self, hole: OpenHole) -> int:
        """The segment that brought the last byte of a hole; -1: not captured."""
        if hole.filled_ns is None:
            return NONE
        copies = self.sent.carrying(hole.start, hole.end, hole.filled_ns - self.least_way)
        if not len(copies):
            return NONE
        latest = int(copies[-1])
        sent, row = self.sent, hole.filled_row
        same = copies[(sent.start[copies] < sent.end[latest]) & (sent.end[copies] > sent.start[latest])]
        if len(same) == 1:
            return latest
        position = int(self.acks.rows.searchsorted(row))
        for start, end in self.acks.repeated(position):
            if start < sent.end[latest] and end > sent.start[latest]:
                return int(same[-2])  # that copy came second
        echo = int(self.trace.tsecr[row])
        if echo != NONE and sent.tsval[latest] != echo:
            echoed = same[sent.tsval[same] == echo]
            if len(echoed):
                return int(echoed[-1])
        return latest

    def _newest(self, block: tuple[int, int], until: int) -> int:
        """The latest of the segments in a block; -1: none was captured."""
        copies = self.sent.carrying(*block, until)
        return int(copies[-1]) if len(copies) else NONE

    def _first(self, block: tuple[int, int], until: int) -> int:
        """The earliest of them, of repeated ones the latest copy; NOWHERE if none was captured."""
        copies = self.sent.carrying(*block, until)
        if not len(copies):
            return NOWHERE
        begins = np.maximum(self.sent.start[copies], block[0])  # of a segment that offload joined, the part that was repeated
        _, last = np.unique(begins[::-1], return_index=True)
        return int(copies[::-1][last].min())
