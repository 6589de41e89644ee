"""The ledger of a whole capture: packets are logged as they come, and a connection is judged when it is over.

It is over when the capture ends, when its conversation is forgotten, or, once the log is full, when it was closed or fell
silent. Connections that fill the log are judged before their end: what was judged stays as history for what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from analyzer.batch import Batch, Int64, Table
from analyzer.dissect.application.stream import Message
from analyzer.flow.columns import Columns
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.slots import Slot
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.verdict import Verdict

from .ledger import SETTLED_NS, Judged, healthy, judge
from .log import Log
from .record import LedgerSlot, Trouble
from .trace import Trace
from .verdict import Kind, Need, Trigger

SILENCE_NS: Final = 60_000_000_000  #: after so long a connection may be judged though nobody closed it
HISTORY: Final = 4096  #: packets that are kept of a connection that was judged before its end
ABOUT_WINDOWS: Final = Verdict.ZERO_WINDOW | Verdict.ZERO_WINDOW_PROBE | Verdict.WINDOW_FULL | Verdict.KEEP_ALIVE
NEEDLESS: Final = np.isin(np.arange(len(Need)), (Need.NEEDLESS, Need.NEEDLESS_CROSSING, Need.PREMATURE))  #: by need
KEPT_SHARE: Final = 2  #: one part in so many of the log may stay in use when it was full


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is to be found out about connections."""

    every: bool = False  #: of the healthy ones, too, in which every segment was new and in order
    judged: Callable[[Judged], None] | None = None  #: is shown each connection, or part of a very long one
    messages: Callable[[Message], None] | None = None  #: is shown each message of an application, before its connection is judged


class Total(IntEnum):
    """What is kept of each connection that was judged, for its row."""

    STALLS = 0
    STALLED_NS = 1
    RESENT = 2
    NEEDLESS = 3
    TIMEOUTS = 4


COLUMNS: Final = {
    "hol_stalls": Total.STALLS,
    "hol_stalled_ns": Total.STALLED_NS,
    "resent": Total.RESENT,
    "resent_needlessly": Total.NEEDLESS,
    "timeouts": Total.TIMEOUTS,
}


class Ledger:
    """Hand it the "tcp" table of each batch with its facts."""

    def __init__(self, tcp: TcpAnalysis, budget: int, verdicts: Verdicts) -> None:
        self._tcp = tcp
        self._verdicts = verdicts
        self._log = Log(tcp.slots, tcp.conversations, budget)
        self._totals = State([0] * len(Total))
        tcp.slots.add(self._totals)
        tcp.conversations.watchers.append(self._leave)
        tcp.conversations.more.append(self._columns)
        self.early = 0  #: how often a connection was judged before its end for want of room

    def update(self, batch: Batch, table: Table, facts: Facts) -> None:
        """Log the packets of a batch."""
        if self._log.crowded(len(table)):
            self._make_room(int(batch.time[-1]))
        self._log.append(batch, table, facts)
        window = np.flatnonzero(facts[Fact.VERDICT] & ABOUT_WINDOWS)
        if len(window):
            sides = facts[Fact.SIDE][window]
            self._log.connections.array[sides[sides >= 0] >> 1, LedgerSlot.TROUBLE] |= Trouble.WINDOW

    def finish(self) -> Iterator[None]:
        """The capture is over: at each step one connection is judged."""
        slots = self._wanted(self._log.logged())
        for slot in slots[np.argsort(self._tcp.slots.numbers(slots), kind="stable")].tolist():
            self._show(self._judge(slot, self._log.trace(slot, over=True)))
            yield
        self._log.clear()

    def judge_so_far(self, now: int) -> None:
        """Judge what is settled at this time of the capture, for who does not want to wait for its end."""
        slots = self._log.logged()
        slots = slots[self._log.trouble(slots) != 0]
        silent = now - self._tcp.slots.slots.array[slots, Slot.PREVIOUS_TIME] > SETTLED_NS
        for slot, over in zip(slots.tolist(), silent.tolist(), strict=True):
            self._judge_early(slot, over)

    @property
    def horizon(self) -> int | None:
        """All verdicts on frames before this one were shown; None: on all that were seen."""
        return self._log.horizon()

    def _settle(self, slots: Int64) -> None:
        """These connections are over."""
        for slot in self._wanted(slots).tolist():
            self._show(self._judge(slot, self._log.trace(slot, over=True)))
        for slot in slots.tolist():
            self._log.drop(slot)

    def _wanted(self, slots: Int64) -> Int64:
        """Those of them that are judged."""
        return slots if self._verdicts.every else slots[self._log.trouble(slots) != 0]

    def _judge(self, slot: int, whole: Trace) -> Judged:
        if not self._log.connections.array[slot, LedgerSlot.TROUBLE]:
            return healthy(whole)
        judged = judge(whole)
        judged.troubled = not self._verdicts.every or bool(self._log.trouble(np.array([slot]))[0])
        return judged

    def _show(self, judged: Judged) -> None:
        if judged.senders:
            self._count(judged)
        ends = self._tcp.slots.ends(judged.trace.slot)
        judged.ends = ends.turned() if judged.trace.client else ends
        if self._verdicts.judged is not None:
            self._verdicts.judged(judged)

    def _count(self, judged: Judged) -> None:
        total = self._totals.array[judged.trace.slot]
        total[Total.STALLS] += sum(stall.sure for stall in judged.stalls)
        total[Total.STALLED_NS] += sum(stall.duration_ns or 0 for stall in judged.stalls if stall.sure)
        settled = slice(judged.trace.reported, judged.settled)
        total[Total.RESENT] += np.count_nonzero(judged.segments.kind[settled] == Kind.RETRANSMISSION)
        total[Total.NEEDLESS] += np.count_nonzero(NEEDLESS[judged.segments.need[settled]])
        total[Total.TIMEOUTS] += np.count_nonzero(judged.segments.trigger[settled] == Trigger.RTO)

    def _leave(self, slots: Int64) -> None:
        self._settle(slots[self._log.sizes(slots) > 0])

    def _make_room(self, now: int) -> None:
        """Judge what is over; of the longest others what is settled."""
        slots = self._log.logged()
        latest = self._tcp.slots.slots.array[slots, Slot.PREVIOUS_TIME]
        over = (self._log.closed(slots) >= 3) & (now - latest > SETTLED_NS) | (now - latest > SILENCE_NS)
        self._settle(slots[over])
        slots = slots[~over]
        for slot in slots[np.argsort(-self._log.sizes(slots), kind="stable")].tolist():
            if not self._log.crowded(0, KEPT_SHARE):
                break
            self.early += 1
            self._judge_early(slot, pressed=True)

    def _judge_early(self, slot: int, silent: bool = False, pressed: bool = False) -> None:
        """Judge what is settled; all, if it fell silent; half of it at least, if there is no room."""
        if not len(self._wanted(np.array([slot]))):
            packets = len(self._log.trace(slot, over=False))
            self._log.cut(slot, min(packets, HISTORY), 0)
            return
        whole = self._log.trace(slot, over=silent)
        whole.pressed = pressed
        if whole.reported == len(whole):
            return
        judged = self._judge(slot, whole)
        self._show(judged)
        told = judged.settled_whole
        keep = min(len(whole), HISTORY + len(whole) - told)
        self._log.cut(slot, keep, told - (len(whole) - keep))

    def _columns(self, slots: Int64) -> Columns:
        totals = self._totals.array[slots]
        return {key: totals[:, total] for key, total in COLUMNS.items()}
