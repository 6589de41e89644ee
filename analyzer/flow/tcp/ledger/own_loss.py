"""Verdicts that frames which the capture itself lost may have made: they are doubted, and blame nobody.

A capture may say where it lost frames (epb_dropcount, draft-ietf-opsawg-pcapng section 4.3). What is missing there may be the
first copy of a segment, which then looks lost upstream, or acknowledgments, without which a repair looks needed. So a loss is
unresolved if frames were lost in its span: from the packet before the bytes in the stream, behind which their first copy passed,
until they were acknowledged, and REPORT_RTTS round trips more, in which the receiver reports bytes that it has got twice (D-SACK,
RFC 2883). A report that was held up comes later: for REPORT_NS the loss is only less sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.capture.facts import Losses

from .position import Position
from .reports import REPORT_NS
from .stall_record import Stall
from .trace import ACK, RST, Trace
from .verdict import Confidence, HoleCause, Kind, Segments

REPORT_RTTS: Final = 3  #: the shortest round trips, and a queue makes them longer: of 1, 2, 3, the first without a wrong verdict
ENDLESS: Final = 2**62  #: a time behind all
BLAMED: Final = (HoleCause.LOST_UPSTREAM, HoleCause.LOST_DOWNSTREAM)
NOT_CAPTURED: Final = "not_captured"  #: cause of a stall whose filler is missing where the capture lost frames


class Gaps:
    """The times in which a capture lost frames, from all that it says by now."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._count = -1
        self._since = self._until = np.zeros(0, np.int64)

    def any(self) -> bool:
        """Whether it lost any at places that are known."""
        return self._losses.count > 0

    def between(self, begin: int, end: int) -> bool:
        """Whether it lost frames there."""
        if self._count != self._losses.count:
            self._sort()
        first = int(self._until.searchsorted(begin))
        return first < len(self._since) and int(self._since[first]) <= end

    def _sort(self) -> None:
        """By their ends; each begins where the earliest of those behind it does, so that none is passed over."""
        places, left_out = self._losses.places, self._losses.first_left_out_ns
        spans = [(loss.until_ns, loss.since_ns) for loss in places]
        if left_out is not None:
            spans.append((ENDLESS, left_out))
        table: Int64 = np.array(sorted(spans), np.int64).reshape(-1, 2)
        self._until, self._since = table[:, 0], np.minimum.accumulate(table[::-1, 1])[::-1]
        self._count = self._losses.count


def doubt(trace: Trace, where: Position, segments: Segments, stalls: Sequence[Stall], gaps: Gaps) -> list[Stall]:
    """The stalls; losses and stalls in whose spans frames were lost have a low confidence, and such losses no place."""
    if not len(trace) or not gaps.between(int(trace.time.min()), int(trace.time.max())):
        return list(stalls)
    found = list(stalls)
    for direction in (0, 1):
        spans = _Spans(trace, direction, where.rtt() or 0)
        mine = trace.direction == direction
        for row in np.flatnonzero(mine & np.isin(segments.hole, BLAMED)).tolist():
            opened = segments.kind[row] == Kind.GAP_OPEN
            begin, end = (int(trace.start[row]),) * 2 if opened else (int(trace.start[row]), int(trace.end[row]))
            first, last = spans.before(begin, row if opened else None), spans.acknowledged(end, int(trace.time[row]))
            if gaps.between(first, last + REPORT_NS):
                segments.confidence[row] = Confidence.LOW
            if gaps.between(first, last + REPORT_RTTS * spans.rtt):
                segments.hole[row] = HoleCause.UNRESOLVED
        for place, stall in enumerate(found):
            if stall.direction == direction:
                begin, end = spans.before(stall.holes[0].missing_from), ENDLESS if stall.end_ns is None else stall.end_ns
                if gaps.between(min(begin, stall.start_ns), end):
                    cause = NOT_CAPTURED if stall.ended and stall.filled_row < 0 else stall.cause
                    found[place] = replace(stall, confidence=Confidence.LOW, cause=cause)
    return found


class _Spans:
    """Times of a direction."""

    def __init__(self, trace: Trace, direction: int, rtt: int) -> None:
        self._trace, self.rtt = trace, rtt
        mine, flags = trace.direction == direction, trace.flags
        self._sent = np.flatnonzero(mine & (flags & RST == 0))
        self._reached = np.maximum.accumulate(trace.end[self._sent])
        self._acks = np.flatnonzero(~mine & (flags & (ACK | RST) == ACK))
        self._acked = np.maximum.accumulate(trace.acked[self._acks])

    def before(self, offset: int, opener: int | None = None) -> int:
        """When the bytes just below an offset, or those below what a row opened, were first seen."""
        if opener is not None:
            place = int(self._sent.searchsorted(opener))
            offset = int(self._reached[place - 1]) if place else offset
        last = int(self._reached.searchsorted(offset, side="right")) - 1
        if last < 0:
            return -ENDLESS
        first = int(self._reached.searchsorted(self._reached[last]))
        return int(self._trace.time[self._sent[first]])

    def acknowledged(self, offset: int, least: int) -> int:
        """When all below it was acknowledged, but not before `least`."""
        first = int(self._acked.searchsorted(offset))
        return max(int(self._trace.time[self._acks[first]]), least) if first < len(self._acks) else ENDLESS
