"""A capture that is growing, watched: source -> reader -> pipeline -> rows as they come, and a summary at the end.

    watch = Watch(open_live(["eth0"]))
    for events in watch:  # a list of Event at least every tenth of a second, mostly an empty one
        ...

Reading comes first: rows of single connections are made in the time that is left, the less of it the more packets wait in the
kernel's buffer. Connections for which there was no time are counted, and are in the rows of flows.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from analyzer.capture.reader import open_capture
from analyzer.flow.columns import Row
from analyzer.flow.findings.ledger import LedgerFindings
from analyzer.flow.names import Names
from analyzer.live.connections import ConnectionRows
from analyzer.live.event import KEYS, Event
from analyzer.live.flows import FlowRows
from analyzer.live.found import FoundRows
from analyzer.live.latest import Latest
from analyzer.live.memory import resident_bytes
from analyzer.live.pace import Pace
from analyzer.live.snapshot import Counters, Snapshot
from analyzer.live.talks import Talks
from analyzer.pipeline import Applications, Dissection, Pipeline
from analyzer.report.summary import Summary
from analyzer.report.wording.live import happened

if TYPE_CHECKING:
    from analyzer.capture.live.source import LiveSource

BUDGET: Final = 256 << 20  #: bytes for the state of conversations
BYTES_FOR_EACH: Final = 1 << 15  #: of that budget there are for each DNS query and HTTP request that is remembered
LEAST_REMEMBERED: Final = 1_000
SECOND_S: Final = 1.0  #: between two statistics
LEAST_S: Final = 1e-6  #: that may have passed, so that nothing is divided by zero
PROTOCOLS: Final = ConnectionRows.wanted | {"websocket", "sse"}  #: those of the summary, and what journeys need
LATEST: Final = 200  #: rows and notices of each kind that a snapshot has
HISTORY: Final = 120  #: seconds whose bytes are remembered
FINDINGS_EVERY: Final = 2.0  #: seconds between two looks at the findings, at least
FINDINGS_SHARE: Final = 20  #: and this many times as long as a look takes
MOST_ENDING_S: Final = 5.0  #: seconds for rows of connections that are open, or may have changed, at the end
PASSED_OVER_FROM: Final = 0.2  #: share of the kernel's buffer in use from which on the contents of new connections are not read
NOTICES: Final = ("interface", "writing")


class Watch:
    """Iterate over it once.

    memory: bytes for the state of conversations. clock: ns since 1970; None: it is as late as the latest packet.
    """

    def __init__(self, source: LiveSource, memory: int | None = None, clock: Callable[[], int] | None = time.time_ns) -> None:
        self.source = source
        self._clock = clock
        most = max((memory or BUDGET) // BYTES_FOR_EACH, LEAST_REMEMBERED)
        ledger_findings = LedgerFindings()
        self._rows = ConnectionRows(ledger_findings.verdicts, self._hurried, most)
        self._reader = open_capture(cast(BinaryIO, source))
        applications = Applications(PROTOCOLS)
        self.pipeline = pipeline = Pipeline(self._reader, None, memory or BUDGET, applications, self._rows.verdicts)
        assert pipeline.ledger is not None and pipeline.messages is not None
        self._ledger = pipeline.ledger
        self._streams = pipeline.messages.streams
        self._rows.bind(pipeline.tcp, pipeline.ledger, pipeline.messages)
        self._flows = FlowRows(pipeline.tcp, pipeline.udp, pipeline.ledger)
        self._talks = Talks(pipeline.tcp, pipeline.udp, self._rows)
        self._found = FoundRows()
        self._names = Names()
        self._pace = Pace()
        self.summary = Summary(pipeline, ledger_findings, most)
        self._began_ns = self._now_ns = 0
        self._second_ends = self._look_at = 0.0
        self._before = (0, 0, 0)  # packets, bytes, dropped packets when the second began
        self._rates = (0.0, 0.0, 0.0)
        self._history: deque[float] = deque(maxlen=HISTORY)
        self._latest = {kind: Latest(KEYS[kind], LATEST) for kind in ("handshake", "journey", "stall")}
        self._notices: deque[Event] = deque(maxlen=LATEST)
        self._until: float | None = None  # while it ends: when there is no time any more

    def __iter__(self) -> Iterator[list[Event]]:
        self._began_ns = self._now_ns = self._clock() if self._clock is not None else 0
        self._second_ends = time.monotonic() + SECOND_S
        yield [Event("capture", self._capture())]
        with self._reader:
            for dissection in self.pipeline:
                yield self._noted(self._update(dissection))
            yield self._noted(self._finish())

    def stop(self) -> None:
        """Nothing more is captured; what is there is read to its end."""
        self.source.stop()

    def close(self) -> None:
        """Nothing is wanted any more."""
        self.source.close()
        if self.source.recorder is not None:
            self.source.recorder.close()

    def resolve(self, address: str) -> str:
        """The name of an address, where the capture has told one."""
        return self._names.name(address)

    @property
    def counters(self) -> Counters:
        """Of everything until now."""
        counted, recorder = self.source.counters, self.source.recorder
        return Counters(
            self.summary.packets, self.summary.bytes, counted.dropped_kernel, counted.dropped_interface, counted.dropped_here,
            counted.backlog, self.pipeline.tcp.slots.count, self.pipeline.udp.slots.count,
            self.pipeline.tcp.slots.evicted + self.pipeline.udp.slots.evicted, self._ledger.early,
            self._ledger.skipped + self._rows.unread,
            resident_bytes(), 0 if recorder is None else recorder.bytes, 0 if recorder is None else recorder.frames,
        )  # fmt: skip

    def snapshot(self, opened: tuple[str, int] | None = None) -> Snapshot:
        """What a screen shows now; opened: protocol and stream of a conversation of which everything is wanted."""
        packets, octets, dropped = self._rates
        return Snapshot(
            self.source.name, self.source.backend, self._now_ns, self._now_ns - self._began_ns, self.counters, packets, octets,
            dropped, tuple(self._history), self._talks.shown(self._now_ns, self.resolve), self._latest["handshake"].rows(),
            self._latest["journey"].rows(), self._latest["stall"].rows(), self._found.latest,
            tuple(happened(event.row) for event in self._notices), self.source.ended,
            None if opened is None else self._talks.opened(*opened),
        )  # fmt: skip

    def _update(self, dissection: Dissection) -> list[Event]:
        batch = dissection.batch
        before = self._now_ns if self._clock is None else self._clock()  # which may have been set back
        self._now_ns = max(before, int(batch.time.max())) if len(batch) else before
        self._began_ns = self._began_ns or self._now_ns
        self._names.update(batch, dissection.udp, self._reader.names)
        events = [*self._told_outside(), *self._flows.gone()]
        self.summary.update(dissection)
        self._rows.update(batch)
        self._streams.passes_over = self.source.counters.backlog >= PASSED_OVER_FROM
        if self._pace.spend(self._rows.work(self._now_ns), self.source.counters.backlog):
            events += self._rows.take()
            now = time.monotonic()
            if now >= self._second_ends:
                events += self._second(now)
        return events

    def _second(self, now: float) -> Iterator[Event]:
        """What is done once a second."""
        passed = max(SECOND_S + now - self._second_ends, LEAST_S)
        self._second_ends = now + SECOND_S
        self._rows.relieve(self._now_ns)
        yield from self._rows.failed_lookups(self._now_ns)
        yield from self._flows.over(self._now_ns)
        for row in self._talks.update(self._now_ns):
            yield Event("trouble", row)
        counters = self.counters
        dropped = counters.dropped_kernel + counters.dropped_interface + counters.dropped_here
        totals = counters.packets, counters.bytes, dropped
        packets, octets, lost = (total - before for total, before in zip(totals, self._before, strict=True))
        self._rates, self._before = (packets / passed, octets / passed, lost / passed), totals
        self._history.append(self._rates[1])
        second = {"second_packets": packets, "second_bytes": octets, "second_dropped": lost}
        yield Event("statistics", {"time_ns": self._now_ns, **asdict(counters), **second})
        if now >= self._look_at:
            yield from self._found.events(self.summary.finding_rows())
            took = time.monotonic() - now
            self._look_at = now + max(FINDINGS_EVERY, FINDINGS_SHARE * took)

    def _finish(self) -> list[Event]:
        """The capture is over."""
        self._until = self._rows.until = time.monotonic() + MOST_ENDING_S
        self._rows.ends()
        self.summary.finish()
        self.close()
        events = [*self._told_outside(), *self._rows.take(), *self._rows.failed_lookups(None)]
        events += [*self._flows.gone(), *self._flows.rest()]
        ended: Row = {"ended": self.source.ended, "counters": asdict(self.counters), "forgotten": self._rows.forgotten}
        return [*events, Event("summary", self.summary.as_dict() | ended)]

    def _hurried(self) -> bool:
        """Whether rows of healthy connections have to wait, or are left out."""
        return self._until is None or time.monotonic() > self._until

    def _told_outside(self) -> Iterator[Event]:
        """What happened to interfaces and files."""
        events = self.source.events
        while events:
            one = events.popleft()
            row = {"time_ns": one.time_ns, "interface": one.interface, "what": one.what}
            yield Event("interface", row | ({"new_name": one.new_name} if one.new_name else {}))
        written = self.source.recorder.events if self.source.recorder is not None else ()
        while written:
            time_ns, what, path, reason = written.popleft()
            yield Event("writing", {"time_ns": time_ns, "what": what, "file": path, "reason": reason or None})

    def _noted(self, events: Iterable[Event]) -> list[Event]:
        """The same events, with those remembered that a screen shows."""
        found = list(events)
        for event in found:
            if event.kind in self._latest:
                self._latest[event.kind].add(event)
            elif event.kind in NOTICES:
                self._notices.appendleft(event)
        return found

    def _capture(self) -> Row:
        return {
            "time_ns": self._began_ns,
            "interfaces": list(self.source.interfaces),
            "backend": self.source.backend,
            "filter": self.source.capture_filter or None,
            "snap_length": self.source.snap_length,
            "buffer_bytes": self.source.buffer_bytes,
        }
