"""The ledger of a whole capture: packets are logged as they come, and a connection is judged when it is over.

It is over when the capture ends, when its conversation is forgotten, or, once the log is full, when it was closed or fell
silent. Connections that fill the log are judged before their end: what was judged stays as history for what follows.

Who cannot wait for the end of the capture asks for those that are over by now (`settling`). Their packets stay as long as there
is room, so that a connection that goes on all the same is judged as a whole once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table
from analyzer.capture.facts import Losses
from analyzer.dissect.application.stream import Message
from analyzer.flow.columns import Columns, where
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.slots import Slot
from analyzer.flow.state import State
from analyzer.flow.table import Ends
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.verdict import Verdict

from .ledger import SETTLED_NS, Judged, healthy, judge
from .log import Log
from .own_loss import Gaps
from .record import LedgerSlot, Trouble
from .trace import Trace
from .verdict import Kind, Need, Trigger

CLOSED: Final = 3  #: LedgerSlot.CLOSED from here on: FIN of both sides, or RST
FEW: Final = 64  #: connections that are judged at a time where there is hurry: those with trouble, and the longest
SILENCE_NS: Final = 60_000_000_000  #: after so long a connection may be judged though nobody closed it
HISTORY: Final = 4096  #: packets that are kept of a connection that was judged before its end
ABOUT_WINDOWS: Final = Verdict.ZERO_WINDOW | Verdict.ZERO_WINDOW_PROBE | Verdict.WINDOW_FULL | Verdict.KEEP_ALIVE
NEEDLESS: Final = np.isin(np.arange(len(Need)), (Need.NEEDLESS, Need.NEEDLESS_CROSSING, Need.PREMATURE))  #: by need
UNKNOWN: Final = -1  #: Total.STALLS of a connection with trouble that was not judged, for want of time
KEPT_SHARE: Final = 2  #: one part in so many of the log may stay in use when it was full
HISTORY_SHARE: Final = 4  #: one part in so many of it may be history


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is to be found out about connections."""

    every: bool = False  #: of the healthy ones, too, in which every segment was new and in order
    judged: Callable[[Judged], None] | None = None  #: is shown each connection, or part of a very long one
    messages: Callable[[Message], None] | None = None  #: is shown each message of an application, before its connection is judged
    forgot: Callable[[int], None] | None = None  #: is told each stream whose packets are not here any more
    hurried: Callable[[], bool] | None = None  #: to make room or to end, whether only FEW connections are judged
    ending: Callable[[Int64], None] | None = None  #: at the end, with those that were over before and are still here


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

    def __init__(self, tcp: TcpAnalysis, budget: int, verdicts: Verdicts, losses: Losses | None = None) -> None:
        self._tcp = tcp
        self._gaps = None if losses is None else Gaps(losses)
        self._verdicts = verdicts
        self._log = Log(tcp.slots, tcp.conversations, budget)
        self._totals = State([0] * len(Total))
        tcp.slots.add(self._totals)
        tcp.conversations.watchers.append(self._leave)
        tcp.conversations.more.append(self._columns)
        self.early = 0  #: how often a connection was judged before its end for want of room
        self.skipped = 0  #: how often nobody was shown a connection, or a part of it, since there was no time

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
        slots = self._log.logged()
        told = self._log.told(slots)
        for slot in self._worth_it(self._in_order(self._wanted(slots[~told]))):
            self._tell(slot)
            yield
        if self._verdicts.ending is not None:
            self._verdicts.ending(slots[told])
        self._log.clear()

    def settling(self, now: int) -> Iterator[int]:
        """At each step a connection is judged that is over at this time of the capture; its slot."""
        slots = self._log.logged()
        slots = slots[~self._log.told(slots)]
        for slot in self._in_order(self._wanted(slots[self._over(slots, now)])).tolist():
            self._tell(slot)
            yield slot

    def shed(self, now: int, most: int) -> None:
        """Of the connections that are over at this time and wait to be judged, only `most` may go on waiting: the latest."""
        slots = self._log.logged()
        slots = slots[~self._log.told(slots)]
        slots = slots[self._over(slots, now)]
        if len(slots) > most:
            latest = self._tcp.slots.slots.array[slots, Slot.PREVIOUS_TIME]
            slots = slots[np.argsort(latest, kind="stable")][: len(slots) - most]
            self._skip(self._wanted(slots))
            self._drop(slots)

    def let_go(self, slots: Int64) -> None:
        """The packets of these connections are not needed any more, unless something came since they were judged."""
        self._drop(slots[self._log.told(slots) & (self._log.sizes(slots) > 0)])

    def so_far(self, slot: int) -> Judged:
        """A connection as if it were over, which nobody else is shown."""
        trace = self._log.trace(slot, over=True)
        if self._log.whole(slot):
            trace.reported = 0
        judged = self._judge(slot, trace)
        judged.ends = self._ends(judged.trace)
        return judged

    def latest(self, slot: int, records: int) -> Judged:
        """The same of its latest packets alone: what hangs on earlier ones may be wrong."""
        judged = self._judge(slot, self._log.trace(slot, over=True, most=records))
        judged.ends = self._ends(judged.trace)
        return judged

    def logged(self) -> Int64:
        """The slots of connections whose packets are here."""
        return self._log.logged()

    def is_told(self, slots: Int64) -> Column:
        """Which of these were judged as over, and nothing has come since."""
        return self._log.told(slots)

    def is_settled(self, slots: Int64) -> Column:
        """Of which of these nothing waits to be judged."""
        found: Column = self._log.told(slots) | (self._log.sizes(slots) == 0)
        return found

    def oldest(self, slot: int) -> int:
        """The first frame of a connection that nobody was shown; 0: there is none."""
        return int(self._log.connections.array[slot, LedgerSlot.OLDEST])

    def is_whole(self, slot: int) -> bool:
        """Whether every packet that was seen of a connection is here."""
        return self._log.whole(slot)

    def numbers(self, slots: Int64) -> Int64:
        """The streams of these slots."""
        return self._tcp.slots.numbers(slots)

    def sizes(self, slots: Int64) -> Int64:
        """How much is here of each of these: records, of which a packet has one or two."""
        return self._log.sizes(slots)

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
        for slot in self._worth_it(self._wanted(slots[~self._log.told(slots)])):
            self._tell(slot)
        self._drop(slots)

    def _drop(self, slots: Int64) -> None:
        self._log.drop(slots)
        if self._verdicts.forgot is not None:
            for stream in self._tcp.slots.numbers(slots).tolist():
                self._verdicts.forgot(stream)

    def _wanted(self, slots: Int64) -> Int64:
        """Those of them that are judged."""
        return slots if self._verdicts.every else slots[self._log.trouble(slots) != 0]

    def _worth_it(self, slots: Int64) -> Iterator[int]:
        """Those of them for which there is time, and FEW with trouble besides; the others are counted."""
        few = FEW
        for slot, trouble in zip(slots.tolist(), self._log.trouble(slots).tolist(), strict=True):
            if not self._in_hurry():
                yield slot
            elif trouble and few:
                few -= 1
                yield slot
            else:
                self._skip(np.array([slot]))

    def _skip(self, slots: Int64) -> None:
        """Nobody is shown these, or a part of them: what trouble they had stays unknown."""
        self.skipped += len(slots)
        self._totals.array[slots[self._log.trouble(slots) != 0], Total.STALLS] = UNKNOWN

    def _in_hurry(self) -> bool:
        return self._verdicts.hurried is not None and self._verdicts.hurried()

    def _in_order(self, slots: Int64) -> Int64:
        """In the order of their numbers."""
        return slots[np.argsort(self._tcp.slots.numbers(slots), kind="stable")]

    def _over(self, slots: Int64, now: int) -> Column:
        """Which of these were closed, or are silent, for so long that they are over."""
        silent = now - self._tcp.slots.slots.array[slots, Slot.PREVIOUS_TIME]
        found: Column = (self._log.closed(slots) >= CLOSED) & (silent > SETTLED_NS) | (silent > SILENCE_NS)
        return found

    def _tell(self, slot: int) -> None:
        """A connection is over."""
        trace = self._log.trace(slot, over=True)
        packets = len(trace)
        if trace.reported and self._log.whole(slot):  # it was over before, and went on: all of it counts anew
            self._totals.reset(np.array([slot]))
            self._count(self.so_far(slot))
            self._show(self._judge(slot, trace), counts=False)
        else:
            self._show(self._judge(slot, trace))
        self._log.tell(slot, packets)

    def _judge(self, slot: int, whole: Trace) -> Judged:
        if not self._log.connections.array[slot, LedgerSlot.TROUBLE]:
            return healthy(whole)
        judged = judge(whole, self._gaps)
        judged.troubled = not self._verdicts.every or bool(self._log.trouble(np.array([slot]))[0])
        return judged

    def _show(self, judged: Judged, counts: bool = True) -> None:
        if counts:
            self._count(judged)
        judged.ends = self._ends(judged.trace)
        if self._verdicts.judged is not None:
            self._verdicts.judged(judged)

    def _ends(self, trace: Trace) -> Ends:
        """The client first."""
        ends = self._tcp.slots.ends(trace.slot)
        return ends.turned() if trace.client else ends

    def _count(self, judged: Judged) -> None:
        total = self._totals.array[judged.trace.slot]
        if judged.senders and total[Total.STALLS] != UNKNOWN:
            total += totals(judged)

    def _leave(self, slots: Int64) -> None:
        self._settle(slots[self._log.sizes(slots) > 0])

    def _make_room(self, now: int) -> None:
        """Judge what is over; of the longest others what is settled."""
        slots = self._log.logged()
        over = self._log.told(slots) | self._over(slots, now)
        self._settle(slots[over])
        slots = slots[~over]
        history = min(HISTORY, self._log.most // (HISTORY_SHARE * max(len(slots), 1)))
        for done, slot in enumerate(slots[np.argsort(-self._log.sizes(slots), kind="stable")].tolist()):
            if not self._log.crowded(0, KEPT_SHARE):
                break
            if done >= FEW and self._in_hurry():
                self._skip(np.array([slot]))
                self._pass_over(slot, history, told=True)
            else:
                self.early += 1
                self._judge_early(slot, pressed=True, history=history)

    def _judge_early(self, slot: int, silent: bool = False, pressed: bool = False, history: int = HISTORY) -> None:
        """Judge what is settled; all, if it fell silent; half of it at least, if there is no room."""
        if not len(self._wanted(np.array([slot]))):
            self._pass_over(slot, history)
            return
        whole = self._log.trace(slot, over=silent)
        whole.pressed = pressed
        told = whole.reported
        if told < len(whole):
            judged = self._judge(slot, whole)
            self._show(judged)
            told = judged.settled_whole
        keep = min(len(whole), history + len(whole) - told)
        self._log.cut(slot, keep, told - (len(whole) - keep))

    def _pass_over(self, slot: int, history: int, told: bool = False) -> None:
        """Keep its latest packets without judging the others; told: nobody will be shown those, either."""
        keep = min(len(self._log.trace(slot, over=False)), history)
        self._log.cut(slot, keep, keep if told else 0)

    def _columns(self, slots: Int64) -> Columns:
        found = self._totals.array[slots]
        known = found[:, Total.STALLS] != UNKNOWN
        if known.all():
            return {key: found[:, total] for key, total in COLUMNS.items()}
        return {key: where(known, found[:, total], None) for key, total in COLUMNS.items()}


def totals(judged: Judged) -> Int64:
    """What is kept of a connection, or of the part of it that was judged now: by Total."""
    settled = slice(judged.trace.reported, judged.settled)
    segments = judged.segments
    sure = [stall for stall in judged.stalls if stall.sure]
    return np.array((
        len(sure), sum(stall.duration_ns or 0 for stall in sure), np.count_nonzero(segments.kind[settled] == Kind.RETRANSMISSION),
        np.count_nonzero(NEEDLESS[segments.need[settled]]), np.count_nonzero(segments.trigger[settled] == Trigger.RTO),
    ), np.int64)  # fmt: skip
