"""The pictures of the most interesting connections of a capture, gathered while its connections are judged.

Interesting is what lost most time (stalls, closed windows, segments sent again, resets), then what moved most bytes; the one
with the most bytes is always among them. Of every connection only this is asked; a Course is made of those that are chosen.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.trace import RST
from analyzer.flow.tcp.ledger.verdict import Kind
from analyzer.flow.tcp.ledger.wait_zero_window import closures

from .axes import OTHER
from .course import RESENT_NS, Course
from .graph import Graph
from .rtt import rtt
from .sequence import sequence
from .stall_timeline import stall_timeline
from .throughput import in_flight, throughput

MOST: Final = 12  #: connections of which a report has pictures
RESET_NS: Final = 100_000_000  #: a connection that was reset is as interesting as a stall of this length

Score = tuple[int, int]  #: time lost in ns, bytes


class ConnectionGraphs:
    """Show it every connection, then ask for graphs. only: the one stream that is wanted."""

    def __init__(self, most: int = MOST, only: int | None = None) -> None:
        self._most = most
        self._only = only
        self._courses: dict[int, Course] = {}
        self._scores: dict[int, Score] = {}  #: of the same

    def judged(self, judged: Judged) -> None:
        """The next connection, or part of one."""
        stream = judged.trace.stream
        if self._only not in (None, stream) or not len(judged.trace):
            return
        time, octets = score(judged)
        course = self._courses.get(stream)
        if course is None:
            if not self._room((time, octets)):
                return
            course = self._courses[stream] = Course(judged)
            self._scores[stream] = (0, 0)
        course.add(judged)
        before = self._scores[stream]
        self._scores[stream] = (before[0] + time, before[1] + octets)

    @property
    def streams(self) -> list[int]:
        """Those that have graphs, the most interesting first."""
        return sorted(self._courses, key=lambda stream: self._scores[stream], reverse=True)

    def graphs(self, stream: int) -> list[Graph]:
        """All pictures of a connection that show something: of one direction, and the other's sequence if it had trouble, too."""
        sender = self.sender(stream)
        course = self._courses[stream]
        other = OTHER[sender]
        sequences = [sequence(course, side) for side in (sender, other) if side == sender or course.trouble(side)]
        made = (*sequences, stall_timeline(course), throughput(course), in_flight(course, sender), rtt(course))
        return [graph for graph in made if not graph.empty]

    def course(self, stream: int) -> Course | None:
        """What is known of one; None: it was not chosen."""
        return self._courses.get(stream)

    def sender(self, stream: int) -> str:
        """Whose data is to be looked at: that with more trouble; without any, of whom sent more."""
        course = self._courses[stream]
        return max(("server", "client"), key=lambda side: (course.trouble(side), course.way(side).bytes))

    def _room(self, score: Score) -> bool:
        """Whether there is room for one of this score: it may take the place of a less interesting one."""
        if len(self._courses) < self._most:
            return True
        biggest = max(self._scores, key=lambda stream: self._scores[stream][1])
        others = [stream for stream in self._scores if stream != biggest]
        if score[1] > self._scores[biggest][1]:
            others.append(biggest)
        if not others:
            return False
        least = min(others, key=lambda stream: self._scores[stream])
        if self._scores[least] >= score and score[1] <= self._scores[biggest][1]:
            return False
        del self._courses[least], self._scores[least]
        return True


def score(judged: Judged) -> Score:
    """How interesting a connection, or a part of one, is."""
    trace = judged.trace
    settled = slice(trace.reported, judged.settled)
    lost = sum(stall.duration_ns or 0 for stall in judged.stalls)
    lost += RESENT_NS * int(np.count_nonzero(judged.segments.kind[settled] == Kind.RETRANSMISSION))
    lost += RESET_NS * bool((trace.flags[settled] & RST).any())
    if len(trace.window[settled]) and not trace.window[settled].all():
        for sender in (0, 1):
            starts, ends = closures(trace, sender)
            closed = trace.time[np.minimum(ends, len(trace) - 1)] - trace.time[starts]
            lost += int(np.maximum(closed[(starts >= settled.start) & (starts < settled.stop)], 0).sum())
    return lost, int(trace.length[settled].sum())
