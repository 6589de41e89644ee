"""What a connection did over time, as much of it as a picture can show: made of judged parts, however long it is.

Times are ns of the capture on a clock that never goes back; offsets are those of the Trace. Every column is thinned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.delay import UNUSABLE
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.rtt_rows import measured
from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.trace import ACK, FIN, NO_ACK, RST, SYN
from analyzer.flow.tcp.ledger.verdict import Kind
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_rows import waits_of
from analyzer.flow.tcp.ledger.wait_side import windows_known
from analyzer.flow.tcp.ledger.wait_zero_window import closures
from analyzer.flow.tcp.ledger.waits import Wait, Waits

from . import thinning
from .rate import Rate

RESENT_NS: Final = 20_000_000  #: a segment sent again is as bad as a stall of this length
MOST_WAITS: Final = 1_500  #: the longest phases that are kept
NOTHING: Final = np.zeros(0, np.int64)
FIRST_SEEN: Final = np.isin(np.arange(len(Kind)), (Kind.NEW, Kind.GAP_OPEN))  #: by kind
OVERTAKEN: Final = np.isin(np.arange(len(Kind)), (Kind.REORDERED, Kind.LATE_ORIGINAL))


@dataclass(slots=True, eq=False)
class Line:
    """A value over time."""

    time: Int64 = field(default_factory=lambda: NOTHING)
    value: Int64 = field(default_factory=lambda: NOTHING)

    def add(self, time: Int64, value: Int64) -> None:
        kept = thinning.line(time, value)
        time, value = np.concatenate((self.time, time[kept])), np.concatenate((self.value, value[kept]))
        kept = thinning.line(time, value)
        self.time, self.value = time[kept], value[kept]


@dataclass(slots=True, eq=False)
class Strokes:
    """Ranges of bytes at a time; long runs of them are one sloping stroke."""

    columns: tuple[Int64, Int64, Int64, Int64] = (NOTHING, NOTHING, NOTHING, NOTHING)  #: time, its end, offset, its end

    def add(self, time: Int64, start: Int64, end: Int64) -> None:
        new = thinning.strokes(time, time, start, end)
        joined = [np.concatenate(pair) for pair in zip(self.columns, new, strict=True)]
        self.columns = thinning.strokes(joined[0], joined[1], joined[2], joined[3])


@dataclass(slots=True, eq=False)
class Events:
    """Rare things, one by one: rows of integers."""

    width: int
    rows: Int64 = field(default_factory=lambda: NOTHING)
    left_out: int = 0

    def add(self, *columns: Column) -> None:
        rows = np.stack([column.astype(np.int64) for column in columns], axis=1)
        rows = np.concatenate((self.rows.reshape(-1, self.width), rows))
        kept = thinning.events(len(rows))
        self.left_out += len(rows) - len(kept)
        self.rows = rows[kept]

    def columns(self) -> list[Int64]:
        return list(self.rows.reshape(-1, self.width).T)


@dataclass(slots=True, eq=False)
class Way:
    """One direction of a connection: its data, and what the other side said of that."""

    rate: Rate  #: bytes that were seen for the first time
    again: Rate  #: bytes that were sent again
    sent: Strokes = field(default_factory=Strokes)  #: data that was seen for the first time, in order
    acked: Line = field(default_factory=Line)  #: offset below which all was acknowledged
    edge: Line = field(default_factory=Line)  #: offset up to which the receiver took data
    room: Line = field(default_factory=Line)  #: the receiver's window in bytes
    flight: Line = field(default_factory=Line)  #: bytes sent and not acknowledged, as seen at the capture point
    sacked: Strokes = field(default_factory=Strokes)
    resent: Events = field(default_factory=lambda: Events(6))  #: time, start, end, Trigger, Need, frame
    overtaken: Events = field(default_factory=lambda: Events(5))  #: time, start, end, Kind, frame
    fins: Events = field(default_factory=lambda: Events(3))  #: time, offset, frame
    resets: Events = field(default_factory=lambda: Events(3))
    closed: Events = field(default_factory=lambda: Events(4))  #: zero windows: from, to, frames of both
    trips: Events = field(default_factory=lambda: Events(6))  #: time of the ack, far, near or below 0, total, delayed, frame
    bytes: int = 0


class Course:
    """A connection. `begin_ns`: when its first packet was seen, or the first that was not forgotten (`late`)."""

    def __init__(self, judged: Judged) -> None:
        trace = judged.trace
        self.stream = trace.stream
        self.client = trace.client
        self.ends: Ends | None = judged.ends
        self.late = trace.reported > 0
        self.begin_ns = int(trace.time[min(trace.reported, len(trace) - 1)])
        self.end_ns = self.begin_ns
        self.packets = 0
        self.ways = tuple(Way(Rate(self.begin_ns), Rate(self.begin_ns)) for _ in (0, 1))  #: by direction of the data
        self.stalls: list[Stall] = []
        self.stalls_left_out = 0
        self.waits: list[Wait] = []  #: the longest phases, in order
        self.totals: dict[Reason, int] = {}  #: ns of all phases with a reason
        self.place: str | None = None  #: where the capture was taken
        self.handshake_ns: int | None = None

    def way(self, sender: str) -> Way:
        """The data of "client" or "server"."""
        return self.ways[self.client if sender == "client" else 1 - self.client]

    def trouble(self, sender: str) -> int:
        """The time that the data of "client" or "server" lost: behind holes, at closed windows, and as much for each repeat."""
        way = self.way(sender)
        stalled = sum(stall.duration_ns or 0 for stall in self.stalls if self.ways[stall.direction] is way)
        closed = sum(until - since for since, until, *_ in way.closed.rows.reshape(-1, way.closed.width).tolist())
        return stalled + closed + RESENT_NS * (len(way.resent.rows) + way.resent.left_out)

    def add(self, judged: Judged) -> None:
        """The next part."""
        trace = judged.trace
        first, last = trace.reported, judged.settled
        if last <= first:
            return
        clock = np.maximum.accumulate(trace.time)
        self.end_ns = max(self.end_ns, int(clock[last - 1]))
        self.packets += last - first
        self.ends = judged.ends or self.ends
        self.place = judged.position.place or self.place
        for direction in (0, 1):
            _Part(judged, clock, direction, first, last).into(self.ways[direction])
        room = thinning.MOST_EVENTS - len(self.stalls)
        self.stalls += judged.stalls[: max(room, 0)]
        self.stalls_left_out += max(len(judged.stalls) - room, 0)
        self._measure(judged, clock)
        self._wait(waits_of(judged))

    def _wait(self, waits: Waits) -> None:
        for reason, total in waits.totals().items():
            self.totals[reason] = self.totals.get(reason, 0) + total
        longest = np.argsort(-waits.durations, kind="stable")[:MOST_WAITS]
        found = sorted([*self.waits, *map(waits.phase, longest.tolist())], key=lambda wait: -wait.duration_ns)
        self.waits = sorted(found[:MOST_WAITS], key=lambda wait: wait.start_ns)

    def _measure(self, judged: Judged, clock: Int64) -> None:
        trips, samples = measured(judged)
        if self.handshake_ns is None:
            self.handshake_ns = trips.opening.rtt_ns
        for direction in (0, 1):
            some = samples[direction]
            near = np.where(some.near == UNUSABLE, -1, some.near)
            self.ways[direction].trips.add(
                clock[some.ack], some.far, near, some.total, some.delayed, judged.trace.frame[some.ack]
            )


class _Part:
    """The rows from `first` to before `last` of a trace, of which one direction is looked at."""

    def __init__(self, judged: Judged, clock: Int64, direction: int, first: int, last: int) -> None:
        self.judged, self.trace, self.clock, self.first, self.last = judged, judged.trace, clock, first, last
        self.direction = direction
        self.own = self.trace.direction == direction

    def _told(self, mask: Column) -> Int64:
        """The rows of the part among these."""
        rows = np.flatnonzero(mask[self.first : self.last])
        return rows + self.first

    def into(self, way: Way) -> None:
        trace, clock, verdicts = self.trace, self.clock, self.judged.segments
        solid = self.own & (trace.end > trace.start) & (trace.flags & RST == 0)
        new = self._told(solid & FIRST_SEEN[verdicts.kind])
        late = self._told(solid & OVERTAKEN[verdicts.kind])
        again = self._told(solid & (verdicts.kind == Kind.RETRANSMISSION))
        way.sent.add(clock[new], trace.start[new], trace.end[new])
        way.overtaken.add(clock[late], trace.start[late], trace.end[late], verdicts.kind[late], trace.frame[late])
        way.resent.add(
            clock[again], trace.start[again], trace.end[again], verdicts.trigger[again], verdicts.need[again], trace.frame[again]
        )
        fresh = np.sort(np.concatenate((new, late)))
        way.rate.add(clock[fresh], trace.length[fresh])
        way.again.add(clock[again], trace.length[again])
        way.bytes += int(trace.length[fresh].sum())
        fins = self._told(self.own & (trace.flags & FIN != 0))
        way.fins.add(clock[fins], trace.end[fins], trace.frame[fins])
        resets = self._told(self.own & (trace.flags & RST != 0))
        high = np.maximum.accumulate(np.where(solid, trace.end, NO_ACK))
        edge = np.where(high > NO_ACK, high, trace.start)
        way.resets.add(clock[resets], edge[resets], trace.frame[resets])
        self._answers(way, solid, high)

    def _answers(self, way: Way, solid: Column, high: Int64) -> None:
        """What the receiver said, and what was under way."""
        trace, clock = self.trace, self.clock
        says = ~self.own & (trace.acked > NO_ACK) & (trace.flags & (RST | ACK) == ACK)
        says &= _plausible(trace.acked, says, high)
        una = np.maximum.accumulate(np.where(says, trace.acked, NO_ACK))
        acks = self._told(says)
        way.acked.add(clock[acks], una[acks])
        scaled = self._told(says & (trace.flags & SYN == 0))
        if windows_known(trace):
            edge = np.maximum.accumulate(np.where(says & (trace.flags & SYN == 0), trace.acked + trace.window, NO_ACK))
            way.edge.add(clock[scaled], edge[scaled])
            way.room.add(clock[scaled], trace.window[scaled])
        known = self._told((solid | says) & (una > NO_ACK) & (high > NO_ACK))
        way.flight.add(clock[known], np.maximum(high[known] - una[known], 0))
        self._selective(way, una)
        starts, ends = closures(trace, self.direction)
        mine = (starts >= self.first) & (starts < self.last)
        starts, ends = starts[mine], np.minimum(ends[mine], len(trace) - 1)
        way.closed.add(clock[starts], clock[ends], trace.frame[starts], trace.frame[ends])

    def _selective(self, way: Way, una: Int64) -> None:
        """What was acknowledged selectively (RFC 2018), each range once; without D-SACK, which lies below (RFC 2883)."""
        trace, row = self.trace, self.trace.sack_row
        mine = np.flatnonzero(
            (row >= self.first)
            & (row < self.last)
            & ~self.own[row]
            & (trace.sack_to > una[row])
            & (trace.sack_to > trace.sack_from)
        )
        if not len(mine):
            return
        edges = np.stack((trace.sack_from[mine], trace.sack_to[mine]), axis=1)
        kept = mine[np.sort(np.unique(edges, axis=0, return_index=True)[1])]
        way.sacked.add(self.clock[row[kept]], trace.sack_from[kept], trace.sack_to[kept])


def _plausible(acked: Int64, says: Column, high: Int64) -> Column:
    """Not those of the acks that lie beyond everything ever sent, unless nearly all do, since that was not captured."""
    sane: Column = acked <= high[-1]
    return sane if 2 * np.count_nonzero(says & sane) >= np.count_nonzero(says) else np.ones(len(acked), np.bool_)
