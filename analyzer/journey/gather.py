"""Puts together what is known of each TCP connection: its packets as judged, and the messages of its application.

    gather = Gather(give)                     # give(connection) is called for each one, when it is over
    pipeline = Pipeline(reader, applications=Applications(gather.wanted), verdicts=gather.verdicts)
    gather.bind(pipeline.tcp, pipeline.messages.labels[0])
    for dissection in pipeline:
        gather.update(dissection.batch)
    pipeline.close()

or, for rows of connections that a selection chooses, `GatheredRows`, which does all but making the pipeline. Functions in `dns`
are called with each DNS message; all messages of a capture come before its connections are given, except of those that had to
be judged early for want of room.

Messages come while a capture is read, and connections are judged later, a very long one in several parts. So what messages say
is kept here in short until their connection is over. After that a later part of it may follow, where there was no room to wait
for it: that is a Connection of its own, with `again` set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from enum import IntEnum, auto
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from analyzer.batch import Batch, Column, Int64
from analyzer.dissect.application.dns.message import DnsMessage
from analyzer.dissect.application.http1.message import Request, Response
from analyzer.dissect.application.stream import Message, Origin
from analyzer.dissect.application.tls.following import Record
from analyzer.dissect.application.tls.message import TlsMessage
from analyzer.flow.application.labels import Labels
from analyzer.flow.fact import Fact, Shown
from analyzer.flow.judged_rows import JudgedRows, Reads
from analyzer.flow.slots import Slot
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.journey.connection import Connection
from analyzer.journey.parts import Parts
from analyzer.journey.talk import Talk

MOST_TALKS: Final = 1 << 20  #: connections whose messages are kept at the same time; further ones have none
WANTED: Final = frozenset(("dns", "tls", "tls_record", "http"))
Made = TypeVar("Made")


class Noted(IntEnum):
    """Columns of what is noted of each conversation while it has a slot."""

    GIVEN = 0
    RTT_SHOWN = auto()  #: some frame has tcp.analysis.initial_rtt


class Gather:
    """Of all connections. detail: also waits and round trips, which take time and memory; headers: those of HTTP, too.

    most_exchanges: of HTTP, of one connection, that are kept. keeps: what messages say is kept until `forget`, since a connection
    that is over may go on.
    """

    wanted: Final = WANTED  #: for Applications

    def __init__(
        self,
        give: Callable[[Connection], None] | None = None,
        detail: bool = True,
        keeps: bool = False,
        headers: bool = False,
        most_exchanges: int | None = None,
    ) -> None:
        self.verdicts = Verdicts(True, self._judged, self.add)
        self.dns: list[Callable[[DnsMessage], None]] = []
        self.forgotten = 0  #: messages of connections that there was no room for
        self._give = give
        self._detail = detail
        self._keeps = keeps
        self._headers = headers
        self._most_exchanges = most_exchanges
        self._tcp: TcpAnalysis | None = None
        self._labels: Labels | None = None
        self._latest_ns: int | None = None
        self._ended = False
        self._talks: dict[int, Talk] = {}
        self._parts: dict[int, Parts] = {}
        self._noted = State([0] * len(Noted), dtype=np.uint8)

    def bind(self, tcp: TcpAnalysis, labels: Labels | None) -> None:
        """Where to look up what the pipeline knows of connections; before the first batch is read."""
        self._tcp, self._labels = tcp, labels
        tcp.slots.add(self._noted)
        tcp.conversations.watchers.append(self._leave)

    def update(self, batch: Batch) -> None:
        """Each batch, after it was read: how far the capture has come, and what was said of its segments."""
        if len(batch):
            latest = int(batch.time.max())
            self._latest_ns = latest if self._latest_ns is None else max(self._latest_ns, latest)
        if self._tcp is not None:
            facts = self._tcp.facts
            side = facts[Fact.SIDE]
            shown = side[(facts[Fact.INITIAL_RTT] != 0) & (facts[Fact.SHOWN] == Shown.ANALYSIS) & (side >= 0)]
            self._noted.array[shown >> 1, Noted.RTT_SHOWN] = 1

    def end(self) -> None:
        """The last batch was read: what is judged from now on was not over before."""
        self._ended = True

    def add(self, message: Message) -> None:
        """A message of an application."""
        if isinstance(message, DnsMessage):
            for use in self.dns:
                use(message)
            return
        origin = message.origin
        if origin is None or origin.transport != "tcp" or not isinstance(message, TlsMessage | Record | Request | Response):
            return
        talk = self._talks.get(origin.stream)
        if talk is None:
            if self._left(origin):  # with what it held back until then: nobody will ask for it
                return
            if len(self._talks) >= MOST_TALKS:
                self.forgotten += 1
                return
            talk = self._talks[origin.stream] = Talk(self._headers, self._most_exchanges)
        talk.add(message)

    def judged(self, judged: Judged) -> Connection | None:
        """A connection, or a part of it: the connection, if it is over."""
        trace = judged.trace
        stream = trace.stream
        parts = self._parts.pop(stream, None)
        if parts is None:
            parts = Parts(judged, self._detail)
        parts.add(judged)
        if not trace.over:
            self._parts[stream] = parts
            return None
        made = self._made(parts, trace.slot, stream)
        made.again = self._again(trace.slot)
        if not self._keeps:
            self._talks.pop(stream, None)
        return made

    def so_far(self, judged: Judged) -> Connection:
        """A connection that is not over yet, as if it were."""
        trace = judged.trace
        parts = deepcopy(self._parts.get(trace.stream)) if trace.reported else None
        if parts is None:
            parts = Parts(judged, self._detail)
        parts.add(judged)
        return self._made(parts, trace.slot, trace.stream)

    def exchanges(self, stream: int) -> int:
        """How many of HTTP are kept of it."""
        talk = self._talks.get(stream)
        return 0 if talk is None or talk.http is None else len(talk.http.found)

    def forget(self, stream: int) -> None:
        """Nothing of it that was kept is needed any more."""
        self._talks.pop(stream, None)

    def _made(self, parts: Parts, slot: int, stream: int) -> Connection:
        talk = self._talks.get(stream) or Talk(self._headers, self._most_exchanges)
        made = parts.connection(talk, self._application(slot), self._latest_ns)
        made.opened.initial_rtt_ns = self._initial_rtt(slot)
        if self._ended and made.fin is None and made.opened.reset is None and not parts.unseen(made.client):
            made.until_ns = self._latest_ns
        return made

    def _judged(self, judged: Judged) -> None:
        made = self.judged(judged)
        if made is not None and self._give is not None:
            self._give(made)

    def _initial_rtt(self, slot: int) -> int | None:
        if self._tcp is None or not self._noted.array[slot, Noted.RTT_SHOWN]:
            return None
        return int(self._tcp.slots.slots.array[slot, Slot.INITIAL_RTT]) or None

    def _application(self, slot: int) -> str | None:
        return None if self._labels is None else self._labels.application(slot) or None

    def _again(self, slot: int) -> bool:
        """Whether this conversation was given before; from now on it was."""
        self._noted.reserve(slot + 1)
        again = bool(self._noted.array[slot, Noted.GIVEN])
        self._noted.array[slot, Noted.GIVEN] = 1
        return again

    def _left(self, origin: Origin) -> bool:
        """Whether the conversation had to leave already."""
        return self._tcp is not None and int(self._tcp.slots.slots.array[origin.slot, Slot.NUMBER]) != origin.stream

    def _leave(self, slots: Int64) -> None:
        """These conversations have to leave, after they were judged."""
        assert self._tcp is not None
        for stream in self._tcp.slots.numbers(slots).tolist() if self._talks or self._parts else ():
            self._talks.pop(stream, None)
            self._parts.pop(stream, None)


class ReadsMessages(Reads, Protocol):
    """The pipeline, as far as it is needed here."""

    @property
    def messages(self) -> _Labelled | None: ...


class _Labelled(Protocol):
    @property
    def labels(self) -> tuple[Labels, Labels]: ...


class GatheredRows(Generic[Made]):
    """What `make` says of each connection that has a selected frame. The pipeline has to be made with `verdicts` and `wanted`."""

    wanted: Final = WANTED

    def __init__(self, make: Callable[[Connection], Iterable[Made]], detail: bool = True, headers: bool = False) -> None:
        self.gather = Gather(detail=detail, headers=headers)
        self._make = make
        self._rows = JudgedRows(self._made, every=True, messages=self.gather.add)
        self.verdicts = self._rows.verdicts

    def read(self, pipeline: ReadsMessages, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[Made]:
        """Read all batches, each with a mask of its selected frames: rows as connections are judged."""
        self.gather.bind(pipeline.tcp, None if pipeline.messages is None else pipeline.messages.labels[0])
        yield from self._rows.read(pipeline, self._noted(batches))

    def _noted(self, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[tuple[Batch, Column | None]]:
        for batch, mask in batches:
            self.gather.update(batch)
            yield batch, mask
        self.gather.end()

    def _made(self, judged: Judged) -> Iterable[Made]:
        made = self.gather.judged(judged)
        return () if made is None else self._make(made)
