"""Segments that are too big for a link on the way (RFC 1191, RFC 8201), and nobody acts on it.

A router that cannot forward a packet without fragmenting it says so by ICMP ("fragmentation needed", "packet too big"); the
sender then sends smaller ones. Where the message is filtered or never sent, the connection opens, small packets pass, and
every large one is lost: a *black hole* (RFC 2923 section 2.1). It shows as a large segment, of LARGE bytes of payload or more,
that

- was sent SENT times or more with nothing new in between being acknowledged, each copy at least LARGE long,
- and got through only once its first bytes were sent in a smaller segment, or never,
- while no other segment as large of that sender got through in the connection (acknowledged, without a smaller one that
  carries a part of it),
- and the other side was alive: it sent something after the second copy, or acknowledged the smaller segment.

Where ICMP did tell the sender, which went on all the same, the message is *ignored*: it was filtered behind the capture point,
or its quotation was not believed (RFC 5927). One copy fewer is enough then. What a sender did that heeded the message is no
finding here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.finding import Finding, Severity
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.trace import Trace

from .capture_quality import Tally

LARGE: Final = 500  #: IPv4 hosts take 576 bytes without asking (RFC 1122 section 3.3.3): nothing smaller is too big for a link
SENT: Final = 3  #: the original, and repeats whose loss by chance is unlikely
SENT_IF_TOLD: Final = 2
MAX_STUCK: Final = 10_000  #: directions of connections that are remembered


@dataclass(frozen=True, slots=True)
class Stuck:
    """A large segment that did not get through."""

    stream: int
    frames: Int64  #: its copies
    payload: int  #: of the smallest of them
    lasted_ns: int  #: from the first copy until it was acknowledged in smaller ones, or to the last one
    passed: int  #: payload of the smaller segment that got through; 0: none did


class PathMtu:
    """Is told of every connection that is judged."""

    def __init__(self) -> None:
        self.forgotten = 0
        self._stuck: dict[tuple[int, int], Stuck] = {}  #: by stream and first frame: a part of a connection may tell it again

    def add(self, judged: Judged, mine: Column) -> None:
        """A connection of which the packets `mine`, a mask, count."""
        for direction in (0, 1):
            stuck = find(judged.trace, direction, mine)
            if stuck is None:
                continue
            key = stuck.stream, int(stuck.frames[0])
            if key in self._stuck or len(self._stuck) < MAX_STUCK:
                self._stuck[key] = stuck
            else:
                self.forgotten += 1

    def findings(self, told: Container[int]) -> Iterator[Finding]:
        """`told` are the streams that an ICMP message named as too big."""
        for kind, those in (
            ("mtu_ignored", [one for one in self._stuck.values() if one.stream in told]),
            ("mtu_black_hole", [one for one in self._stuck.values() if one.stream not in told and len(one.frames) >= SENT]),
        ):
            if not those:
                continue
            tally = Tally()
            for one in those:
                tally.add(one.stream, one.frames, 1)
            values = {
                "copies": max(len(one.frames) for one in those),
                "payload": min(one.payload for one in those),
                "passed": max(one.passed for one in those),
            }
            yield tally.finding(kind, Severity.PROBLEM, values, sum(one.lasted_ns for one in those))


def find(trace: Trace, direction: int, mine: Column) -> Stuck | None:
    """The first large segment of this direction that did not get through, in a connection where none did."""
    data = np.flatnonzero((trace.direction == direction) & (trace.length > 0))
    sent = data[trace.length[data] >= LARGE]
    if not len(sent):
        return None
    other = np.flatnonzero(trace.direction != direction)
    acked = np.maximum.accumulate(trace.acked[other])
    sent = sent[trace.length[sent] > _passed(trace, data, int(acked[-1]) if len(acked) else 0)]
    offsets, at, copies = np.unique(trace.start[sent], return_inverse=True, return_counts=True)
    for candidate in np.flatnonzero(copies >= SENT_IF_TOLD).tolist():
        rows, offset = sent[at == candidate], int(offsets[candidate])
        behind = int(np.searchsorted(acked, offset, side="right"))  # the first acknowledgment of more than what stands before it
        answered = behind < len(other)
        freed = int(other[behind]) if answered else len(trace)
        rows = rows[rows < freed]
        later = data[(trace.start[data] == offset) & (data < freed)][-1:]
        smaller = len(rows) > 0 and int(later[0]) > int(rows[-1])
        if len(rows) < SENT_IF_TOLD or not mine[rows].any() or (answered and not smaller):
            continue
        if not answered and not (trace.over and (other > rows[1]).any()):
            continue
        until = trace.time[freed] if answered else trace.time[rows[-1]]
        passed = int(trace.length[later[0]]) if answered else 0
        lasted = int(until - trace.time[rows[0]])
        return Stuck(trace.stream, trace.frame[rows], int(trace.length[rows].min()), lasted, passed)
    return None


def _passed(trace: Trace, data: Int64, acked: int) -> int:
    """Payload of the largest segment that was acknowledged without any smaller one that carries a part of it."""
    starts = trace.start[data]
    offsets, at = np.unique(starts, return_inverse=True)
    least = np.full(len(offsets), np.iinfo(np.int64).max)
    np.minimum.at(least, at, trace.length[data])
    inside = np.searchsorted(offsets, trace.end[data], side="left") > at + 1
    whole = (trace.end[data] <= acked) & ~inside & (trace.length[data] == least[at])
    return int(trace.length[data[whole]].max()) if whole.any() else 0
