"""The ledger of one connection: every question asked of its trace, in the order in which the answers need each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.table import Ends

from . import hole, kind, need, trigger
from .capture_order import in_order
from .copies import Copies, copies
from .own_loss import Gaps, doubt
from .position import Answers, Position, answers, located
from .sender import Sender, sender
from .stall import stalls
from .stall_cause import explained
from .stall_record import Stall
from .trace import Trace
from .verdict import Segments

SETTLED_NS: Final = 3_000_000_000  #: what is younger may still be decided by packets to come


@dataclass(slots=True, eq=False)
class Judged:
    """A connection with our verdicts. What was told before (`trace.reported`) or is not settled yet is only context."""

    whole: Trace  #: every packet that was captured
    copies: Copies  #: which of these are copies
    trace: Trace  #: without the copies, in the order in which they passed: what the two ends sent
    position: Position
    answers: Answers  #: in `trace`
    segments: Segments  #: the verdicts on the packets of `trace`
    senders: tuple[Sender, ...]  #: of both directions; none of a healthy connection, of which nobody asked
    stalls: list[Stall]  #: head-of-line stalls that began in the settled part, with their causes
    ends: Ends | None = None  #: client and server, where whoever asks knows them
    troubled: bool = True  #: it is judged for its trouble; False: only since every connection is wanted

    @property
    def settled(self) -> int:
        """The rows of `trace` before this one are decided."""
        return _settled(self.trace)

    @property
    def settled_whole(self) -> int:
        """The rows of `whole` before this one are decided."""
        settled = self.settled
        return int(np.searchsorted(self.whole.frame, self.trace.frame[settled])) if settled < len(self.trace) else len(self.whole)


def judge(whole: Trace, gaps: Gaps | None = None) -> Judged:
    """All verdicts on a connection; `gaps`: where the capture itself lost frames."""
    doubled = copies(whole)
    trace = in_order(whole.take(doubled.original < 0) if doubled else whole)
    known = answers(trace)
    where = located(trace, known)
    segments = Segments.of(len(trace))
    senders = (sender(trace, 0, where), sender(trace, 1, where))
    for one in senders:
        left = kind.judge(one, segments)
        if not left and not segments.repeated(one.rows):
            continue
        trigger.judge(one, segments)
        need.judge(one, segments, _doubled(whole, doubled.by_network, one.direction) if doubled else [])
        hole.judge(one, segments, left)
    waited = _stalls(trace, where, segments)
    if gaps is not None and gaps.any():
        waited = doubt(trace, where, segments, waited, gaps)
    return Judged(whole, doubled, trace, where, known, segments, senders, waited)


def healthy(whole: Trace) -> Judged:
    """The same of a connection in which every segment was new and in order: there is nothing to find out but the way."""
    nobody = np.zeros(len(whole), np.bool_)
    first = np.empty(len(whole), np.int64)
    first.fill(-1)
    single = Copies(first, nobody, nobody)
    known = answers(whole)
    return Judged(whole, single, whole, located(whole, known), known, Segments.of(len(whole)), (), [], troubled=False)


def _settled(trace: Trace) -> int:
    """The rows before this one are decided: all, or those that are old enough."""
    if trace.over or not len(trace):
        return len(trace)
    young = np.flatnonzero(trace.time > trace.time[-1] - SETTLED_NS)
    least = len(trace) // 2 if trace.pressed else trace.reported
    return max(int(young[0]) if len(young) else len(trace), least, trace.reported)


def _stalls(trace: Trace, where: Position, segments: Segments) -> list[Stall]:
    found = [explained(stall, segments) for stall in stalls(trace, where)]
    if trace.over and not trace.reported:
        return found
    first, last = trace.reported, _settled(trace)
    if first == len(trace):
        return []
    begin = int(trace.time[first])
    end = int(trace.time[last]) if last < len(trace) else None
    return [stall for stall in found if begin <= stall.start_ns and (end is None or stall.start_ns < end)]


def _doubled(trace: Trace, by_network: Int64, direction: int) -> list[tuple[int, int, int]]:
    """Time and range of what the network doubled in a direction."""
    rows = np.flatnonzero(by_network & (trace.direction == direction) & (trace.end > trace.start))
    return list(zip(trace.time[rows].tolist(), trace.start[rows].tolist(), trace.end[rows].tolist(), strict=True))
