"""What every packet was: kind, need and fate, from the wire's log and the captures at both hosts. No classifier is asked.

kind, where the packet left its host: `original`; `retransmission` (bytes that this sender had sent before); `keep_alive` and
`window_probe` (no new byte, one below what is acknowledged; RFC 9293 sections 3.8.4 and 3.8.6.1), apart by the window that
the host last heard; `old_ack`. At a capture point a packet may besides be a `network_duplicate` (the wire's second copy), and
an original `late_original` (a later-sent copy of its bytes passed earlier) or `reordered` (later-sent higher bytes did).

need of a retransmission: `needed` (no earlier copy ever arrives), `needless` (one arrived before this one), `premature`
(one arrives, but after this one). A copy that was itself lost is judged at the moment at which it would have arrived.
What the receiving host refused for its old timestamp (PAWS, RFC 7323 section 5) brings nothing, and repairs nothing.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections import defaultdict, deque
from dataclasses import dataclass, field

from .frame import ACK, RST, SYN, Segment, distance, parse
from .space import OTHER
from .wire import Crossing

PAWS_WINDOW = 1  #: ticks that Linux allows a timestamp to be older
Frames = list[tuple[int, bytes]]
Flow = tuple[bytes, int, bytes, int]


@dataclass
class Emission:
    """A segment that left a host."""

    number: int
    crossing: Crossing
    segment: Segment
    left: int = 0  #: ns, when it left the host by the host's own capture
    start: int = 0  #: sequence number since the sender's first; SYN is 0, the first byte 1
    kind: str = "original"
    new: int = 0  #: sequence numbers never sent before
    head: bool = False  #: begins at the oldest byte that the host knows to be unacknowledged
    last: bool = False  #: ends at the highest byte sent
    trigger: str | None = None
    probe: bool = False  #: new data, sent as a tail loss probe
    need: str | None = None
    mixed: bool = False  #: parts of it have different needs
    arrivals: list[int | None] = field(default_factory=list)  #: of each copy that the wire let through
    refused: dict[int, int] = field(default_factory=dict)  #: copy -> when the receiving host threw it away
    brought: list[int] = field(default_factory=list)  #: sequence numbers that this copy brought first

    @property
    def end(self) -> int:
        """Behind its last sequence number."""
        return self.start + self.segment.length

    @property
    def arrival(self) -> int | None:
        """When the first copy arrived."""
        return min((time for time in self.arrivals if time is not None), default=None)


@dataclass(frozen=True)
class Sighting:
    """A packet in a capture: which emission, which copy (0: the first, or the only one before the impairment)."""

    time: int
    emission: Emission
    copy: int


@dataclass
class Point:
    """A capture: frame number -> what was in it (several emissions in a superframe)."""

    frames: dict[int, list[Sighting]] = field(default_factory=dict)
    unmatched: int = 0  #: frames that the wire does not know
    missing: int = 0  #: frames that the wire delivered and the capture lacks


def emissions(crossings: list[Crossing]) -> list[Emission]:
    """Every TCP segment in the order in which it left its host."""
    first: dict[Flow, int] = {}
    found: list[Emission] = []
    for crossing in sorted(crossings, key=lambda one: one.time):
        segment = parse(crossing.frame)
        if segment is None:
            continue
        base = first.setdefault(segment.flow, segment.seq)
        offset, nowhere = distance(segment.seq, base), [None] * len(crossing.leaves)
        found.append(Emission(len(found), crossing, segment, crossing.time, offset, arrivals=[*nowhere]))
    return found


def at_host(capture: Frames, side: str, sent: list[Emission], raw: list[tuple[str, bytes]]) -> Point:
    """Recognise the frames of a host's capture by their bytes; notes when they left or arrived."""
    leaving: dict[bytes, deque[int]] = defaultdict(deque)
    coming: dict[bytes, deque[tuple[Emission, int]]] = defaultdict(deque)
    parts: dict[int, list[Emission]] = defaultdict(list)
    for number, (sender, frame) in enumerate(raw):
        if sender == side:
            leaving[frame].append(number)
    copies = [(moment, copy, one) for one in sent for copy, moment in enumerate(one.crossing.sent) if moment]
    for emission in sent:
        if emission.crossing.sender == side:
            parts[emission.crossing.raw].append(emission)
    for _, copy, emission in sorted(copies, key=lambda row: row[0]):
        if emission.crossing.sender == OTHER[side]:
            coming[emission.crossing.frame].append((emission, copy))
    point = Point()
    for number, (time, frame) in enumerate(capture, 1):
        if leaving.get(frame):
            ours = parts[leaving[frame].popleft()]
            for one in ours:
                one.left = time
            point.frames[number] = [Sighting(time, one, 0) for one in ours]
        elif coming.get(frame):
            emission, copy = coming[frame].popleft()
            emission.arrivals[copy] = time
            point.frames[number] = [Sighting(time, emission, copy)]
        else:
            point.unmatched += 1
    for emission, copy in (one for ones in coming.values() for one in ones):
        emission.arrivals[copy] = emission.crossing.sent[copy]  # the capture missed it, or had ended
    point.missing = sum(map(len, leaving.values())) + sum(map(len, coming.values()))
    return point


def on_wire(sent: list[Emission], behind: bool) -> tuple[Point, Frames]:
    """The capture before or behind the impairment: who is in it, and its frames."""
    seen = []
    for emission in sent:
        times = emission.crossing.leaves if behind else [emission.crossing.enters]
        seen += [Sighting(time, emission, copy) for copy, time in enumerate(times)]
    seen.sort(key=lambda sighting: (sighting.time, sighting.emission.number))
    point = Point({number: [sighting] for number, sighting in enumerate(seen, 1)})
    return point, [(sighting.time, sighting.emission.crossing.frame) for sighting in seen]


def judge(sent: list[Emission]) -> None:
    """Kind and need of every emission; arrivals must be known."""
    flows: dict[Flow, list[Emission]] = defaultdict(list)
    for emission in sent:
        flows[emission.segment.flow].append(emission)
    for flow, ours in flows.items():
        _refuse(ours, flows.get((flow[2], flow[3], flow[0], flow[1]), []))
    for flow, ours in flows.items():
        _kinds(ours, flows.get((flow[2], flow[3], flow[0], flow[1]), []))
        _brought(ours)
        for at, emission in enumerate(ours):
            if emission.kind == "retransmission":
                _need(emission, [one for one in ours[:at] if one.end > emission.start and one.start < emission.end])


def _kinds(ours: list[Emission], theirs: list[Emission]) -> None:
    heard: list[tuple[int, int, int, bool]] = []  # when the host got an answer: acknowledged up to, window, SYN
    for emission in theirs:
        for time in emission.arrivals:
            if time is not None:
                insort(heard, (time, emission.segment.ack, emission.segment.window, bool(emission.segment.flags & SYN)))
    highest, base = 0, (ours[0].segment.seq if ours else 0)
    for emission in ours:
        known = heard[: bisect_right(heard, (emission.left + 1,))]
        acked = max((distance(ack, base) for _, ack, _, _ in known), default=0)
        emission.head = emission.start == acked
        segment = emission.segment
        if not segment.length:
            if emission.start < highest and not segment.flags & RST:
                closed = bool(known) and known[-1][2] == 0
                probe = "window_probe" if closed else "keep_alive"
                emission.kind = probe if emission.start == acked - 1 else "old_ack"
            continue
        emission.last = emission.end >= highest
        emission.new = max(0, emission.end - max(highest, emission.start))
        if emission.start < highest:
            emission.kind = "retransmission"
        highest = max(highest, emission.end)


def _refuse(ours: list[Emission], theirs: list[Emission]) -> None:
    """PAWS as Linux does it: older than the timestamp of the last segment that began at or below what was acknowledged."""
    arrived = sorted((time, one.number, copy, one) for one in ours for copy, time in enumerate(one.arrivals) if time is not None)
    answers = sorted((one.left, distance(one.segment.ack, ours[0].segment.seq)) for one in theirs if one.segment.flags & ACK)
    recent: int | None = None
    for time, _, copy, emission in arrived:
        if emission.segment.timestamps is None:
            continue
        stamp = emission.segment.timestamps[0]
        if recent is not None and emission.segment.length and distance(recent, stamp) > PAWS_WINDOW:
            emission.refused[copy] = time
            emission.arrivals[copy] = None
            continue
        before = bisect_right(answers, (time,))
        acked = answers[before - 1][1] if before else 0
        # What lies wholly below the window is dropped before its timestamp counts.
        if emission.start <= acked <= emission.end and (recent is None or distance(stamp, recent) >= 0):
            recent = stamp


def _brought(ours: list[Emission]) -> None:
    arrived = sorted((time, one.number, copy, one) for one in ours for copy, time in enumerate(one.arrivals) if time is not None)
    have = Ranges()
    for emission in ours:
        emission.brought = [0] * len(emission.arrivals)
    for _, _, copy, emission in arrived:
        emission.brought[copy] = have.add(emission.start, emission.end)


def _need(emission: Emission, earlier: list[Emission]) -> None:
    second = emission.crossing.enters - emission.crossing.time  # a dropped copy: as if the rest took as long as the way so far
    times = (
        [time for time in emission.arrivals if time is not None]
        or list(emission.refused.values())
        or [
            *emission.crossing.leaves,
            emission.crossing.enters + second,
        ]
    )
    arrival = min(times)
    cuts = {emission.start, emission.end - emission.new}
    cuts |= {edge for one in earlier for edge in (one.start, one.end) if emission.start < edge < emission.end}
    edges = sorted(cuts)
    needs = set()
    for low, high in itertools.pairwise(edges):
        whole = [one for one in earlier if one.start <= low and one.end >= high]
        came = [time for one in whole for time in one.arrivals if time is not None]
        # Thrown away after this copy had come, it was superfluous; before, it was as good as lost.
        came += [time for one in whole for time in one.refused.values() if time > arrival]
        needs.add("needed" if not came else "needless" if min(came) < arrival else "premature")
    emission.mixed = len(needs) > 1 or emission.new > 0
    emission.need = next((need for need in ("needed", "premature", "needless") if need in needs), None)


class Ranges:
    """A set of numbers as disjoint ranges."""

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> int:
        """Put in a range; how many were not there."""
        if start >= end:
            return 0
        touching = [one for one in self.ranges if one[0] <= end and one[1] >= start]
        inside = sum(min(end, high) - max(start, low) for low, high in touching if low < end and high > start)
        for one in touching:
            self.ranges.remove(one)
        insort(self.ranges, (min([start, *(low for low, _ in touching)]), max([end, *(high for _, high in touching)])))
        return end - start - inside

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """What lies between the ranges."""
        return [(one[1], two[0]) for one, two in itertools.pairwise(self.ranges)]


def kinds_at(point: Point) -> dict[tuple[int, int], str]:
    """(emission, copy) -> kind at this capture point."""
    passed: dict[Flow, list[Emission]] = defaultdict(list)
    seen: set[int] = set()
    found = {}
    for number in sorted(point.frames):
        for sighting in point.frames[number]:
            emission, before = sighting.emission, passed[sighting.emission.segment.flow]
            kind = emission.kind
            if emission.number in seen:
                kind = "network_duplicate"
            elif kind == "original" and emission.segment.length:
                later = [one for one in before if one.number > emission.number and one.segment.length]
                if any(one.start < emission.end and one.end > emission.start for one in later):
                    kind = "late_original"
                elif any(one.end > emission.end for one in later):
                    kind = "reordered"
            seen.add(emission.number)
            before.append(emission)
            found[emission.number, sighting.copy] = kind
    return found
