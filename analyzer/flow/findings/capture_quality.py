"""What the packets of TCP connections tell about the capture itself.

- *captured twice*: the same packet in several frames. How: at the same place twice (a mirror port that copies both directions of
  both ports), at another link (bridge, VLAN, several interfaces), on both sides of a router (fewer hops left), or in other
  portions (before and after segmentation offload).
- *out of order*: packets that only the capture has in the wrong order (several queues or interfaces).
- *missed*: bytes that were acknowledged, but are in no frame. No loss that is seen in these connections may be blamed on the
  network without a look at that.
- *duplicated by the network*: copies that the receiver got too. That is no flaw of the capture, but is found in the same way.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.finding import Finding, Severity
from analyzer.flow.tcp.ledger.capture_loss import Missed, missed
from analyzer.flow.tcp.ledger.copies import Copies
from analyzer.flow.tcp.ledger.trace import Trace

from .evidence import MAX_FRAMES, MAX_STREAMS, SHOWN_STREAMS

MUCH: Final = 0.01  #: share of the packets that a capture may miss before its losses cannot be believed


class Tally:
    """Occurrences that come connection by connection: their first frames, and the streams with most of them."""

    def __init__(self) -> None:
        self.count = 0
        self.streams_forgotten = 0
        self._frames: list[int] = []
        self._streams: dict[int, int] = {}

    def add(self, stream: int, frames: Int64, count: int) -> None:
        """So many in a stream, shown by these frames."""
        if not count:
            return
        self.count += count
        self._frames = heapq.nsmallest(MAX_FRAMES, {*self._frames, *np.sort(frames)[:MAX_FRAMES].tolist()})
        if stream in self._streams or len(self._streams) < MAX_STREAMS:
            self._streams[stream] = self._streams.get(stream, 0) + count
        else:
            self.streams_forgotten += 1

    def finding(
        self,
        kind: str,
        severity: Severity,
        values: Mapping[str, int | str],
        cost_ns: int | None = None,
        cost_bytes: int | None = None,
    ) -> Finding:
        """As a finding."""
        most = heapq.nlargest(SHOWN_STREAMS, self._streams, key=lambda stream: (self._streams[stream], -stream))
        return Finding(kind, severity, self.count, tuple(self._frames), "tcp", tuple(most), values, cost_ns, cost_bytes)


class CaptureQuality:
    """Is told of every connection that is judged."""

    def __init__(self) -> None:
        self.packets = 0
        self._twice = Tally()
        self._by_network = Tally()
        self._missed = Tally()
        self._late = Tally()
        self._how = {"same_place": 0, "other_link": 0, "other_hops": 0, "resegmented": 0}
        self._missed_bytes = self._missed_repairs = 0

    @property
    def streams_forgotten(self) -> int:
        """Connections that findings could not name, for want of room."""
        return sum(tally.streams_forgotten for tally in (self._twice, self._by_network, self._missed, self._late))

    def add(self, trace: Trace, copies: Copies, passed: Trace, settled: int | None = None) -> None:
        """The packets of a connection, of which some are copies; `passed` are the others in the order in which they passed.

        Only those count that were not told before (`reported`), up to the row `settled` of `passed` if more is to come.
        """
        upto = len(trace)
        if settled is not None and settled < len(passed):
            upto = int(np.searchsorted(trace.frame, passed.frame[settled]))
        self.packets += max(upto - trace.reported, 0)
        late = passed.frame[passed.reported : settled][:-1]
        late = late[late > np.minimum.accumulate(passed.frame[passed.reported : settled][::-1])[::-1][1:]]
        self._late.add(trace.stream, late, len(late))
        if copies:
            captured, doubled = copies.captured.copy(), copies.by_network.copy()
            for mask in (captured, doubled):
                mask[: trace.reported] = mask[upto:] = False
            self._twice.add(trace.stream, trace.frame[captured], int(np.count_nonzero(captured)))
            self._by_network.add(trace.stream, trace.frame[doubled], int(np.count_nonzero(doubled)))
            self._tell_how(trace, copies, captured)
        for direction in (0, 1):
            lost = missed(trace, direction)
            if len(lost):
                self._note_missed(trace, lost, upto)

    def _tell_how(self, trace: Trace, copies: Copies, captured: Column) -> None:
        rows = np.flatnonzero(captured)
        first = copies.original[rows]
        portions = (trace.start[rows] != trace.start[first]) | (trace.length[rows] != trace.length[first])
        hops = ~portions & (trace.ttl[rows] != trace.ttl[first])
        link = ~portions & ~hops & (trace.link[rows] != trace.link[first])
        for name, those in (("resegmented", portions), ("other_hops", hops), ("other_link", link)):
            self._how[name] += int(np.count_nonzero(those))
        self._how["same_place"] += int(np.count_nonzero(~(portions | hops | link)))

    def _note_missed(self, trace: Trace, lost: Missed, upto: int) -> None:
        fresh = (lost.row >= trace.reported) & (lost.row < upto)
        if not fresh.any():
            return
        segments = int(lost.segments[fresh].sum())
        self._missed.add(trace.stream, trace.frame[lost.row[fresh]], segments)
        self._missed_bytes += int((lost.end - lost.start)[fresh].sum())
        self._missed_repairs += int(np.count_nonzero(lost.lost_before[fresh]))

    def findings(self) -> Iterator[Finding]:
        """What was found so far."""
        of = {"of": self.packets}
        if self._twice.count:
            yield self._twice.finding("captured_twice", Severity.NOTE, {**of, **self._how})
        if self._missed.count:
            much = self._missed.count > MUCH * (self.packets + self._missed.count)
            values = {"of": self.packets + self._missed.count, "bytes": self._missed_bytes, "repairs": self._missed_repairs}
            yield self._missed.finding("capture_missed", Severity.WARNING if much else Severity.NOTE, values)
        if self._late.count:
            yield self._late.finding("captured_out_of_order", Severity.NOTE, of)
        if self._by_network.count:
            yield self._by_network.finding("network_duplicate", Severity.NOTE, of)
