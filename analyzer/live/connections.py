"""Rows of TCP connections while the capture goes on: handshakes, journeys, head-of-line stalls.

A connection is judged when it is over (closed for some seconds, or silent), once more if it went on all the same, and at the end
of the capture. One that stays open is looked at early, as if it were over: EARLY_NS after its first packet, and then whenever
there are twice as many packets of it as the last time, or AGAIN_NS later.

Attempts to reach one name race each other (journey/race.py), so the journeys of those that were told lately are made anew when
another attempt joins them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Final

import numpy as np

from analyzer.batch import Batch, Int64
from analyzer.dissect.application.stream import Message
from analyzer.dissect.application.tls.following import Record
from analyzer.flow.application.message_spans import MessageSpans
from analyzer.flow.application.messages import Messages
from analyzer.flow.columns import Row
from analyzer.flow.slots import Slot
from analyzer.flow.stalls import found_stalls
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.connections import Ledger, Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.stall_rows import rows as stall_rows
from analyzer.flow.tcp.ledger.verdict import Kind
from analyzer.journey.connection import Connection
from analyzer.journey.gather import WANTED, Gather
from analyzer.journey.handshakes import handshake_row
from analyzer.journey.journey import Journey
from analyzer.journey.journeys import Journeys
from analyzer.journey.looked_up import looked_up
from analyzer.journey.lookup import Lookups
from analyzer.live.event import Event
from analyzer.live.racing import Racing
from analyzer.live.told import Told

MOST_KEPT: Final = 4_096  #: connections that are over and whose packets and messages are kept, since they may go on
MOST_DUE: Final = 8_192  #: connections that are over and wait to be judged; the oldest are left out where there are more
EARLY_NS: Final = 1_500_000_000
AGAIN_NS: Final = 30_000_000_000
MOST_RECORDS: Final = 1 << 15  #: of a connection that is looked at as a whole before it is over: some ten milliseconds
MOST_JOURNEYS: Final = 1 << 12  #: of one connection; of more HTTP requests there are no rows, and they are counted
MOST_EXCHANGES: Final = 1 << 10  #: of HTTP, likewise: some hundred milliseconds
LATEST_RECORDS: Final = 1 << 13  #: of a longer one, which are looked at alone
LONG_AGAIN_NS: Final = 2_000_000_000  #: how often that is done
MOST_DETAILS: Final = 4_096  #: connections of which the screen knows what was found last
LATEST_RTTS: Final = 16  #: round trips whose median is the present one


@dataclass(frozen=True, slots=True)
class Detail:
    """What was found in a connection when it was last judged."""

    rtt_ns: int | None
    resent: int
    stalls: int
    stalled_ns: int
    stalled: bool  #: bytes were waiting at its end


class ConnectionRows:
    """Make the pipeline with `verdicts` and the applications `wanted`, then bind it. most: name lookups that are remembered."""

    wanted: Final = WANTED

    def __init__(self, findings: Verdicts, hurried: Callable[[], bool], most: int) -> None:
        self.verdicts = Verdicts(True, self._judged, self._message, self._forget, hurried, self._ending)
        self.spans = MessageSpans()
        self.told = Told()
        self.details: OrderedDict[int, Detail] = OrderedDict()  #: by stream, the latest last
        self.until = inf  #: as monotonic() has it: when there is no time any more to make rows anew, at the end
        self.unread = 0  #: connections without handshakes and journeys, since nobody had time to read what they said
        self.unfinished = 0  #: connections that could not be looked at once more at the end, for want of time
        self._findings = findings
        self._gather = Gather(keeps=True, most_exchanges=MOST_JOURNEYS)
        self._journeys = Journeys(lookups=Lookups(most, growing=True))
        self._gather.dns.append(self._journeys.lookups.message)
        self._kept: list[int] = []  # slots of connections that were over, and may go on
        self._looked = State([0, 0])  # records, and time, of the latest early look
        self._waiting: list[tuple[Connection, bool]] = []  # with whether it is over
        self._racing = Racing()
        self._events: list[Event] = []
        self._passed_over: Container[int] = ()
        self._tcp: TcpAnalysis | None = None
        self._ledger: Ledger | None = None

    def bind(self, tcp: TcpAnalysis, ledger: Ledger, messages: Messages) -> None:
        """Before the first batch."""
        self._tcp, self._ledger = tcp, ledger
        self._passed_over = messages.streams.passed_over
        tcp.slots.add(self._looked)
        self._gather.bind(tcp, messages.labels[0])

    def update(self, batch: Batch) -> None:
        """Each batch, after it was read."""
        self._gather.update(batch)

    def ends(self) -> None:
        """All batches were read: what is judged from now on was open at the end."""
        self._gather.end()

    def work(self, now: int) -> Iterator[None]:
        """What is to be done at this time of the capture, step by step: who has no time left stops taking steps."""
        assert self._ledger is not None
        for slot in self._ledger.settling(now):
            self._kept.append(slot)
            yield
        for slot in self._due(now):
            self._look(slot, now)
            yield

    def relieve(self, now: int) -> None:
        """Free what would take too much memory; about once a second."""
        assert self._ledger is not None
        self._ledger.shed(now, MOST_DUE)
        if len(self._kept) > MOST_KEPT:
            leaving, self._kept = self._kept[:-MOST_KEPT], self._kept[-MOST_KEPT:]
            self._ledger.let_go(np.array(leaving, np.int64))

    def take(self) -> list[Event]:
        """The events since the last time."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._travelled(waiting)
        events, self._events = self._events, []
        return events

    def opened(self, slot: int) -> tuple[Judged, Connection | None] | None:
        """A connection as it is now, of a long one the latest packets alone; None: its packets are not here any more."""
        assert self._ledger is not None
        size = int(self._ledger.sizes(np.array([slot]))[0])
        if not size:
            return None
        if self._is_long(slot, size):
            return self._ledger.latest(slot, LATEST_RECORDS), None
        self._journeys.lookups.notes_use = False
        judged = self._ledger.so_far(slot)
        return judged, self._gather.so_far(judged)

    def handshake_of(self, connection: Connection) -> Row:
        """Its row of handshakes."""
        return handshake_row(connection, looked_up(connection, self._journeys.lookups))

    def journeys_of(self, connection: Connection) -> list[Row]:
        """Its journeys as they are now, whatever it raced against."""
        self._journeys.lookups.notes_use = False
        return list(self._journeys.rows(self._journeys.of(connection)))

    def failed_lookups(self, now: int | None) -> list[Event]:
        """Name lookups that gave no address and were not told; None: at the end."""
        lookups = self._journeys.lookups
        events: list[Event] = []
        for row in self._journeys.rows((), lookups.failures() if now is None else lookups.failed(now)):
            group = row["client"], row["host"], row["start_ns"]
            events += self.told.events("journey", group, (_unnumbered(row),) if row["dns_error"] else ())
        return events

    @property
    def forgotten(self) -> dict[str, int]:
        """What there was no room for: thing -> how many."""
        found = {
            "messages of connections": self._gather.forgotten,
            "name lookups": self._journeys.lookups.forgotten,
            "rows that may come again as new ones": self.told.forgotten,
            "connections that were not looked at once more at the end": self.unfinished,
        }
        return {what: times for what, times in found.items() if times}

    def _due(self, now: int) -> list[int]:
        """The slots of open connections that are worth an early look, those first that had none for the longest time."""
        assert self._tcp is not None and self._ledger is not None
        slots = self._ledger.logged()
        slots = slots[self._ledger.sizes(slots) != self._looked.array[slots, 0]]  # less where it was cut
        slots = slots[~self._ledger.is_told(slots)]
        sizes, looked = self._ledger.sizes(slots), self._looked.array[slots]
        known, since = looked[:, 0], now - looked[:, 1]
        young = now - self._tcp.slots.slots.array[slots, Slot.FIRST_TIME] < EARLY_NS
        again = np.where(sizes > MOST_RECORDS, LONG_AGAIN_NS, AGAIN_NS)
        due = ~young & ((sizes >= 2 * known) | (since >= again))
        slots, looked = slots[due], looked[due]
        found: list[int] = slots[np.argsort(looked[:, 1], kind="stable")].tolist()
        return found

    def _look(self, slot: int, now: int) -> None:
        assert self._ledger is not None
        size = int(self._ledger.sizes(np.array([slot]))[0])
        self._looked.array[slot] = size, now
        if self._is_long(slot, size):
            self._glance(self._ledger.latest(slot, LATEST_RECORDS), self._ledger.oldest(slot))
        else:
            judged = self._ledger.so_far(slot)
            self._give(judged, self._gather.so_far(judged), over=False)

    def _is_long(self, slot: int, size: int) -> bool:
        """Whether there is no time to look at a connection of so many packets as a whole before it is over."""
        assert self._ledger is not None
        stream = int(self._ledger.numbers(np.array([slot]))[0])
        return size > MOST_RECORDS or self._gather.exchanges(stream) > MOST_EXCHANGES

    def _glance(self, judged: Judged, oldest: int) -> None:
        """The latest packets of a long connection: stalls are told in time, and put right when it is judged as a whole.

        oldest: the first frame that was not judged yet.
        """
        trace = judged.trace
        known = int(trace.time[max(len(trace) // 4, min(int(np.searchsorted(trace.frame, oldest)), len(trace) - 1))])
        found = [
            one
            for one in found_stalls(judged, self.spans, keep=True)
            if one.stall.start_ns >= known and one.stall.end_ns is not None
        ]
        self._events += self.told.events("stall", trace.stream, stall_rows(found), whole=False)
        self._note(judged, None)

    def _judged(self, judged: Judged) -> None:
        """A connection is over, or a part of a very long one is decided."""
        if judged.troubled and self._findings.judged is not None:
            self._findings.judged(judged)
        trace = judged.trace
        if trace.over and trace.reported and self._ledger is not None and self._ledger.is_whole(trace.slot):
            judged = self._ledger.so_far(trace.slot)  # it was over before, and went on
            self._give(judged, self._gather.so_far(judged))
        else:
            self._give(judged, self._gather.judged(judged))

    def _give(self, judged: Judged, connection: Connection | None, over: bool = True) -> None:
        """over: False: it is looked at early, when it may not be known yet what it calls the server, and which lookup it used."""
        stream = judged.trace.stream
        found = list(found_stalls(judged, self.spans, keep=True))
        whole = judged.trace.over and not judged.trace.reported
        self._events += self.told.events("stall", stream, stall_rows(found), whole)
        self._note(judged, connection)
        if connection is None:
            return
        if judged.trace.slot in self._passed_over:
            self.unread += whole
            return
        self._journeys.lookups.notes_use = over
        if not connection.again:
            self._events += self.told.events("handshake", stream, (self.handshake_of(connection),))
        self._waiting.append((connection, over))

    def _note(self, judged: Judged, connection: Connection | None) -> None:
        """For the screen."""
        sure = [stall for stall in judged.stalls if stall.sure]
        rtt = None
        if connection is not None and connection.rtt_ns is not None and len(connection.rtt_ns):
            rtt = int(np.median(connection.rtt_ns[-LATEST_RTTS:]))
        self.details[judged.trace.stream] = Detail(
            rtt,
            int(np.count_nonzero(judged.segments.kind == Kind.RETRANSMISSION)),
            len(sure),
            sum(stall.duration_ns or 0 for stall in sure),
            any(stall.end_ns is None for stall in sure),
        )
        self.details.move_to_end(judged.trace.stream)
        if len(self.details) > MOST_DETAILS:
            self.details.popitem(last=False)

    def _travelled(self, connections: list[tuple[Connection, bool]]) -> None:
        """The journeys of these connections, with whether they are over, and of those that raced against them."""
        found: dict[int, list[Journey]] = {}
        given: dict[int, Connection] = {one.stream: one for one, _ in connections}
        over = {one.stream: is_over for one, is_over in connections}
        for connection in list(given.values()):
            self._journeys.lookups.notes_use = over[connection.stream]
            made = found[connection.stream] = self._journeys.of(connection)
            attempt = made[0].attempt if made else None
            if attempt is None:
                continue
            self._journeys.lookups.notes_use = False  # that of the others is noted, if they are over
            for other in self._racing.against(attempt):
                if other.stream not in given and self.told.knows("journey", other.stream):
                    given[other.stream] = other
                    found[other.stream] = self._journeys.of(other)
            self._racing.add(attempt, connection)
        by_stream: dict[int, list[Row]] = {stream: [] for stream in found}
        for row in self._journeys.rows(journey for made in found.values() for journey in made):
            by_stream[row["stream"]].append(_unnumbered(row))
        for stream, rows in by_stream.items():
            self._events += self.told.events("journey", stream, rows, whole=not given[stream].again)

    def _message(self, message: Message) -> None:
        """Each message, before its connection is judged."""
        self._gather.add(message)
        if isinstance(message, Record):
            return
        self.spans.add(message)
        if self._findings.messages is not None:
            self._findings.messages(message)

    def _forget(self, stream: int) -> None:
        """Its packets are not here any more."""
        self.told.forget(stream)
        self._gather.forget(stream)
        self.spans.forget(stream)

    def _ending(self, slots: Int64) -> None:
        """These were over before; what was said of them may have changed with what came later."""
        assert self._ledger is not None
        slots = slots[np.argsort(self._ledger.numbers(slots), kind="stable")]
        for done, slot in enumerate(slots.tolist()):
            if monotonic() > self.until:
                self.unfinished += len(slots) - done
                return
            if self._ledger.is_whole(slot):
                judged = self._ledger.so_far(slot)
                self._give(judged, self._gather.so_far(judged))


def _unnumbered(row: Row) -> Row:
    del row["number"]
    return row
