"""RST segments (RFC 9293 section 3.5.2): the first of each stream, how many each side sent, and those that the side did not send.

A *foreign reset* bears the address of one end of a connection, but was made elsewhere: by a firewall, a load balancer or a
censor on the way (RFC 3360). What tells it is the distance that it travelled, against that of the other packets of the same
sender in the same connection. Hosts begin with a TTL or hop limit of 32, 64, 128 or 255; what is missing from the next of
these is the distance. That of the reset must differ by HOPS and more from that of every other packet known, and these must
agree with one another within SPREAD. A host that begins its resets with another of the four values keeps its distance and is
not accused.

One hop of difference is enough where the IPv4 identification is wrong, too: LEAST_IDS packets and more show a sender that
counts, in steps of at most STEP, and the reset's number lies JUMP and more off the last one, which is NEAR_NS old at most. A
number alone says nothing: many hosts number the resets of closed sockets with another counter, or with 0.

Known are the sender's SYNs, and its packets of the batch that holds the reset: both cost nothing where there is no reset.
Without any nothing is said, nor where SYNs were captured at several places of the way. A capture on the sending machine sees
all of its packets with distance 0, and a middlebox's as they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table
from analyzer.finding import Finding, Severity
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.slots import Slots
from analyzer.flow.state import State

from .evidence import Evidence

SYN: Final = 0x02
RST: Final = 0x04
MAX_STREAMS: Final = 65_536  #: that have not left, of which resets are remembered
MAX_JUDGED: Final = 10_000  #: resets that are compared with other packets
HOPS: Final = 2  #: one hop more or less also comes from a route that changes
SPREAD: Final = 1
LEAST_IDS: Final = 3
STEP: Final = 256  #: a busy host that counts for all of its connections takes larger steps: it cannot be judged
JUMP: Final = 4_096
NEAR_NS: Final = 1_000_000_000  #: later a host that counts for all of its connections may have come that far
INITIAL: Final = np.array([32, 64, 128, 255])  #: TTL that hosts begin with
IPV4_ID: Final = 4
TTL_AT: Final = {4: 8, 6: 7}  #: in the header


class Resets:
    """Looks at the segments with RST, and at others only for their sake."""

    def __init__(self) -> None:
        self.first: dict[int, int] = {}  #: stream -> first frame with RST
        self.sent: dict[int, list[int]] = {}  #: stream -> how many each direction sent
        self.forgotten = 0
        self._opening = State([0, 0], sides=2, dtype=np.uint8)  #: lowest and highest TTL of the SYNs of each side; 0: none
        self._foreign = Evidence()
        self._by_id = 0
        self._judged = 0
        self._ttls = (0, 0)  #: of the first foreign reset, and of its sender otherwise
        self.not_compared = 0

    @property
    def streams_forgotten(self) -> int:
        """Foreign resets of connections that the finding could not name."""
        return self._foreign.streams_forgotten

    def watch(self, slots: Slots) -> None:
        """The conversations that it will be about."""
        slots.add(self._opening)

    def leave(self, streams: Iterable[int]) -> None:
        """These were judged, and no packet will belong to them."""
        for stream in streams:
            self.first.pop(stream, None)
            self.sent.pop(stream, None)

    def update(self, batch: Batch, table: Table, facts: Facts, chosen: Column) -> None:
        """Look at the segments of a batch; only the chosen ones of its frames become findings."""
        packets = facts[Fact.SIZE] >= 0
        flags = facts[Fact.FLAGS]
        opening = np.flatnonzero(packets & (flags & (SYN | RST) == SYN) & (facts[Fact.SIDE] >= 0))
        if len(opening):
            self._note_opening(batch, table, facts, opening)
        rows = np.flatnonzero(packets & (flags & RST != 0))
        streams, frames, sides = (facts[fact][rows].tolist() for fact in (Fact.STREAM, Fact.FRAME, Fact.SIDE))
        for stream, frame, side in zip(streams, frames, sides, strict=True):
            if stream in self.first or len(self.first) < MAX_STREAMS:
                self.first.setdefault(stream, frame)
                self.sent.setdefault(stream, [0, 0])[side & 1] += 1
            else:
                self.forgotten += 1
        rows = rows[chosen[table["row"][rows]] & (facts[Fact.SIDE][rows] >= 0)]
        if len(rows):
            self._judge(batch, table, facts, rows)

    def _note_opening(self, batch: Batch, table: Table, facts: Facts, rows: Int64) -> None:
        sides, opening = facts[Fact.SIDE][rows], self._opening.array
        ttl = _ttl(batch, table, rows).astype(np.uint8)
        fresh = opening[sides, 0] == 0
        opening[sides[fresh]] = ttl[fresh, None]
        np.minimum.at(opening[:, 0], sides, ttl)
        np.maximum.at(opening[:, 1], sides, ttl)

    def _judge(self, batch: Batch, table: Table, facts: Facts, resets: Int64) -> None:
        """Compare these resets with the other packets of their senders."""
        sides = facts[Fact.SIDE]
        near = np.flatnonzero(np.isin(sides, sides[resets]) & (facts[Fact.SIZE] >= 0) & (facts[Fact.FLAGS] & RST == 0))
        near = near[np.argsort(_ends(facts, near), kind="stable")]
        ends, ends_near = _ends(facts, resets), _ends(facts, near)
        opening = self._opening.array[sides[resets]]
        first, behind = np.searchsorted(ends_near, ends, side="left"), np.searchsorted(ends_near, ends, side="right")
        comparable = np.flatnonzero((behind > first) | (opening[:, 0] > 0))
        room = MAX_JUDGED - self._judged
        self.not_compared += max(0, len(comparable) - room)
        comparable = comparable[:room]
        self._judged += len(comparable)
        ttl, ttl_near = _ttl(batch, table, resets), _ttl(batch, table, near)
        number, number_near = _id(batch, table, resets), _id(batch, table, near)
        time = facts[Fact.TIME]
        for one in comparable.tolist():
            mine = slice(int(first[one]), int(behind[one]))
            hops = _hops_apart(int(ttl[one]), np.append(ttl_near[mine], opening[one]))
            before = near[mine] < resets[one]
            counted = bool(hops) and _miscounted(int(number[one]), number_near[mine][before])
            counted = counted and int(time[resets[one]] - time[near[mine][before][-1]]) <= NEAR_NS
            if hops < HOPS and not counted:
                continue
            if not self._foreign:
                self._ttls = int(ttl[one]), int(opening[one, 0] or ttl_near[mine][0])
            self._by_id += counted
            self._foreign.one(int(facts[Fact.FRAME][resets[one]]), int(facts[Fact.STREAM][resets[one]]))

    def findings(self) -> Iterator[Finding]:
        """Those that somebody else sent."""
        if self._foreign:
            values = {"by_id": self._by_id, "ttl": self._ttls[0], "usual_ttl": self._ttls[1]}
            yield self._foreign.finding("foreign_reset", Severity.PROBLEM, "tcp", values)


def _ends(facts: Facts, rows: Int64) -> Int64:
    """A number for each sender, that no later conversation uses again."""
    ends: Int64 = 2 * facts[Fact.STREAM][rows] + (facts[Fact.SIDE][rows] & 1)
    return ends


def _ttl(batch: Batch, table: Table, rows: Int64) -> Int64:
    """TTL or hop limit; 0 without an IP header."""
    network, version = table["network"][rows], table["version"][rows]
    found = np.zeros(len(rows), np.int64)
    for family, at in TTL_AT.items():
        mine = (version == family) & (network >= 0)
        found[mine] = batch.data[network[mine] + at]
    return found


def _id(batch: Batch, table: Table, rows: Int64) -> Int64:
    """Identification; 0 where there is none."""
    found = np.zeros(len(rows), np.int64)
    network = table["network"][rows]
    mine = (table["version"][rows] == 4) & (network >= 0)
    at = network[mine] + IPV4_ID
    found[mine] = batch.data[at].astype(np.int64) << 8 | batch.data[at + 1]
    return found


def _distance(ttl: Int64) -> Int64:
    """Hops from the next of the usual initial values."""
    distance: Int64 = INITIAL[np.searchsorted(INITIAL, ttl)] - ttl
    return distance


def _hops_apart(ttl: int, known: Int64) -> int:
    """By how many hops the distance of a packet differs from that of the others; 0 where they do not agree among themselves."""
    known = known[known > 0]
    if not ttl or not len(known) or int(known.max() - known.min()) > SPREAD:
        return 0
    off = np.abs(_distance(known) - _distance(np.array([ttl])))
    return int(np.minimum(off, np.abs(known - ttl)).min())


def _miscounted(number: int, before: Int64) -> bool:
    """Whether a sender that counts would not have come to this number."""
    if not number or len(before) < LEAST_IDS:
        return False
    steps = np.diff(before) & 0xFFFF
    if (steps == 0).all() or int(steps.max()) > STEP:
        return False
    off = number - int(before[-1]) & 0xFFFF
    return min(off, 0x10000 - off) >= JUMP
