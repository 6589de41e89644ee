# cython: language_level=3
"""What a connection waited for between two packets that say something: payload, SYN, FIN, RST, the ack of a handshake.

S ends the silence with packet k; X sent packet j before it, and may be S. S sent nothing earlier because (the first that holds):

- k repeats a SYN or SYN/ACK: syn_repeat. k repeats data or a FIN: round_trip where acks had said so; unknown where nobody knows
  why; tail_loss where a timer made it: from j on if the first copy was captured, or came right behind j (a full segment without
  PSH, RFC 9293 section 3.9.1.2); else, behind an unknown time, for as long as the timer takes at least: LEAST_RTO_NS + RTT (RFC
  6298 with the floor of Linux), of a probe no more than two RTT (RFC 8985 section 7.2);
- the room in the window was below what silly window avoidance asks for (RFC 1122 section 4.2.3.4: a segment, or half the
  window) until an ack enlarged it, at which S sent at once; or k fills the rest of it: window_full;
- X = S, and S sent as soon as it had heard an ack. Less than a segment, fewer than two segments (RFC 1122 section 4.2.3.2)
  unacknowledged, and the ack late by the time of a delayed ack: nagle_delayed_ack. A segment or more unacknowledged: slow_start,
  or congestion_window once S had to repeat something. Less: round_trip. The same two if S sent without an ack, but with more
  under way than it may have begun with: it probed (RFC 8985 section 7.3), or the ack was lost;
- k was longer on its way than the packet of S before it, by the time stamps of S: network_delay, for as long as it was late;
- X = S, else: its application had nothing to say: client_idle, server_idle (behind a repeat: once it was heard). Between full
  segments of a side that is far away, an ack that was held up behind the capture point may be the reason: unknown;
- X is the other one: what X sent, and the answer, were on their way for `far` at least: round_trip. The rest was the
  application of S: server_thinking, client_idle; where nothing is said (FIN, RST, the end): idle, unanswered.

What S had heard are the acks that passed the capture point `near` before k. Silences that are short against the round trip, gaps
in the rhythm of a slow path, and less than half a round trip with data under way are transfer.
"""

import cython

from analyzer.flow.tcp.ledger.position import TURN_NS as HOST_NS
from analyzer.flow.tcp.ledger.trace import At
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_side import Of, Piece, Told

M = cython.declare(cython.longlong, 0xFFFFFFFF)
LOWEST = cython.declare(cython.longlong, -(1 << 62))
FIN = cython.declare(cython.int, 0x01)
SYN = cython.declare(cython.int, 0x02)
RST = cython.declare(cython.int, 0x04)
PSH = cython.declare(cython.int, 0x08)
ACK = cython.declare(cython.int, 0x10)

QUIET_NS = cython.declare(cython.longlong, 200_000)  # shorter silences are those of hosts at work
TURN_NS = cython.declare(cython.longlong, HOST_NS)  # a way that is shorter ends in the host at the capture point
LEAST_RTO_NS = cython.declare(cython.longlong, 200_000_000)
LEAST_TIMER_NS = cython.declare(cython.longlong, 2_000_000)  # what passes sooner was no wait for a timer
# Linux delays by 40 ms; but a long way varies as much: a quarter of it
DELAYED_ACK_LEAST_NS = cython.declare(cython.longlong, 30_000_000)
DELAYED_ACK_MOST_NS = cython.declare(cython.longlong, 600_000_000)  # RFC 1122 section 4.2.3.2 allows 500 ms
LATE_NS = cython.declare(cython.longlong, 5_000_000)  # ways vary by less, and by less than a quarter of a round trip
INITIAL_WINDOW = cython.declare(cython.longlong, 10)  # segments that a sender may send without any ack (RFC 6928)
RHYTHMS = cython.declare(cython.longlong, 3)  # so many usual gaps between full segments are none out of rhythm

UNKNOWN = cython.declare(cython.int, Reason.UNKNOWN)
TAIL_LOSS = cython.declare(cython.int, Reason.TAIL_LOSS)
SLOW_START = cython.declare(cython.int, Reason.SLOW_START)
CONGESTION_WINDOW = cython.declare(cython.int, Reason.CONGESTION_WINDOW)
TRANSFER = cython.declare(cython.int, Reason.TRANSFER)
ROUND_TRIP = cython.declare(cython.int, Reason.ROUND_TRIP)
TOLD_NOTHING = cython.declare(cython.int, Told.NOTHING)
TOLD_REPEAT = cython.declare(cython.int, Told.REPEAT)
TOLD_PROBE = cython.declare(cython.int, Told.PROBE)
TOLD_BEHIND = cython.declare(cython.int, Told.BEHIND)
TOLD_UNCLEAR = cython.declare(cython.int, Told.UNCLEAR)
TOLD_SILENT = cython.declare(cython.int, Told.SILENT)

SENDER = cython.declare(cython.int, At.DIRECTION)
BEGIN = cython.declare(cython.int, At.START)
END = cython.declare(cython.int, At.END)
LENGTH = cython.declare(cython.int, At.LENGTH)
COVERS = cython.declare(cython.int, At.ACKED)
FLAGS = cython.declare(cython.int, At.FLAGS)
WINDOW = cython.declare(cython.int, At.WINDOW)
TSVAL = cython.declare(cython.int, At.TSVAL)
START = cython.declare(cython.int, Piece.START)
REASON = cython.declare(cython.int, Piece.REASON)
SIDE = cython.declare(cython.int, Piece.SIDE)
FIRST = cython.declare(cython.int, Piece.FIRST)
LAST = cython.declare(cython.int, Piece.LAST)
EVIDENCE = cython.declare(cython.int, Piece.EVIDENCE)
AT_LEAST = cython.declare(cython.int, Piece.AT_LEAST)

NEAR = cython.declare(cython.int, Of.NEAR)
FAR = cython.declare(cython.int, Of.FAR)
REACTION = cython.declare(cython.int, Of.REACTION)
SEGMENT = cython.declare(cython.int, Of.SEGMENT)
ROOM = cython.declare(cython.int, Of.ROOM)
RHYTHM = cython.declare(cython.int, Of.RHYTHM)
TICK = cython.declare(cython.int, Of.TICK)
HIGH = cython.declare(cython.int, Of.HIGH)
ACKED = cython.declare(cython.int, Of.ACKED)
ACKED_AT = cython.declare(cython.int, Of.ACKED_AT)
FLIGHT = cython.declare(cython.int, Of.FLIGHT)
REPEATED = cython.declare(cython.int, Of.REPEATED)
HEARD = cython.declare(cython.int, Of.HEARD)
HEARD_ACK = cython.declare(cython.int, Of.HEARD_ACK)
HEARD_EDGE = cython.declare(cython.int, Of.HEARD_EDGE)
FREED = cython.declare(cython.int, Of.FREED)
OPENED = cython.declare(cython.int, Of.OPENED)
STAMPED = cython.declare(cython.int, Of.STAMPED)


@cython.cclass
class Silences:
    """The packets of one connection; `clock` never goes back. `judge` writes one row per piece of time into `pieces`."""

    clock: cython.longlong[::1]
    of: cython.longlong[:, ::1]  # the columns of the trace, as in At
    told: cython.schar[::1]
    sides: cython.longlong[:, ::1]
    pieces: cython.longlong[:, ::1]
    count: cython.Py_ssize_t
    made: cython.Py_ssize_t
    before: cython.Py_ssize_t
    behind: cython.Py_ssize_t
    client: cython.Py_ssize_t
    spoke: cython.Py_ssize_t
    rtt: cython.longlong
    windows_known: cython.bint
    both: cython.bint
    said_again: cython.bint

    def __init__(
        self,
        client: cython.Py_ssize_t,
        both: cython.bint,
        windows_known: cython.bint,
        rtt: cython.longlong,
        clock: cython.longlong[::1],
        columns: cython.longlong[:, ::1],
        told: cython.schar[::1],
        sides: cython.longlong[:, ::1],
        pieces: cython.longlong[:, ::1],
    ) -> None:
        self.clock, self.of, self.told, self.sides, self.pieces = clock, columns, told, sides, pieces
        self.client, self.rtt, self.both, self.windows_known, self.said_again = client, rtt, both, windows_known, False
        self.count, self.made, self.before, self.behind, self.spoke = len(told), 0, 0, 0, -1

    def judge(self, accepted: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The number of pieces. `accepted`: row of the ack that ends a handshake, or below 0."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t = -1
        s: cython.Py_ssize_t
        says: cython.bint
        for i in range(self.count):
            s = self.of[SENDER, i]
            says = i == accepted or self._says(i)
            if says:
                self._hear(i)
            if not says or self.of[LENGTH, i] <= 0:
                self._acknowledge(i)
            if j >= 0 and (says or i == self.count - 1):
                self._between(j, i, says)
            self._acknowledge(i)
            if says:
                self._said(i)
            elif self.of[END, i] > self.sides[s, HIGH]:
                self.sides[s, HIGH] = self.of[END, i]
            if says or j < 0:
                j = i
        return self.made

    @cython.cfunc
    def _says(self, i: cython.Py_ssize_t) -> cython.bint:
        """Whether the packet is more than an acknowledgment, a keep-alive, a probe or a copy."""
        if self.of[FLAGS, i] & (SYN | FIN | RST):
            return True
        if self.of[LENGTH, i] <= 0 or self.told[i] == TOLD_SILENT:
            return False
        s: cython.Py_ssize_t = self.of[SENDER, i]
        return self.told[i] != TOLD_NOTHING or self.of[LENGTH, i] > 1 or self.of[END, i] > self.sides[s, ACKED]

    @cython.cfunc
    def _hear(self, i: cython.Py_ssize_t) -> cython.void:
        """What the sender of packet i has heard since it sent something; FREED, OPENED: rows of the ack that told it."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        v: cython.Py_ssize_t = self.sides[s, HEARD]
        until: cython.longlong = self.clock[i] - self.sides[s, NEAR]
        high: cython.longlong = self.sides[s, HIGH]
        least: cython.longlong = self.sides[s, ROOM]
        edge: cython.longlong
        if self.sides[s, HEARD_ACK] == LOWEST and high > LOWEST:
            self.sides[s, HEARD_ACK] = self.sides[s, ACKED]
        self.sides[s, FLIGHT] = high - self.sides[s, HEARD_ACK] if high > LOWEST else 0
        self.sides[s, FREED] = self.sides[s, OPENED] = -1
        while v < i and self.clock[v] <= until:
            if self.of[SENDER, v] != s and self.of[FLAGS, v] & (ACK | RST) == ACK:
                if self.of[COVERS, v] > self.sides[s, HEARD_ACK]:
                    self.sides[s, HEARD_ACK] = self.of[COVERS, v]
                    self.sides[s, FREED] = v
                edge = self.of[COVERS, v] + self.of[WINDOW, v]
                if edge > self.sides[s, HEARD_EDGE]:
                    if self.sides[s, HEARD_EDGE] > LOWEST and self.sides[s, HEARD_EDGE] - high < least <= edge - high:
                        self.sides[s, OPENED] = v
                    self.sides[s, HEARD_EDGE] = edge
            v += 1
        self.sides[s, HEARD] = v

    @cython.cfunc
    def _acknowledge(self, i: cython.Py_ssize_t) -> cython.void:
        o: cython.Py_ssize_t = 1 - self.of[SENDER, i]
        if self.of[FLAGS, i] & ACK and self.of[COVERS, i] > self.sides[o, ACKED]:
            self.sides[o, ACKED] = self.of[COVERS, i]
            self.sides[o, ACKED_AT] = self.clock[i]

    @cython.cfunc
    def _said(self, i: cython.Py_ssize_t) -> cython.void:
        s: cython.Py_ssize_t = self.of[SENDER, i]
        self.said_again = self._repeats(i)
        if self.said_again:
            self.sides[s, REPEATED] = 1
        if self.sides[s, ACKED] == LOWEST:
            self.sides[s, ACKED] = self.of[BEGIN, i]
        if self.of[END, i] > self.sides[s, HIGH]:
            self.sides[s, HIGH] = self.of[END, i]
        if self.of[TSVAL, i] >= 0:
            self.sides[s, STAMPED] = i
        if self.of[LENGTH, i] > 0:
            self.spoke = s

    @cython.cfunc
    def _repeats(self, i: cython.Py_ssize_t) -> cython.bint:
        if self.told[i] != TOLD_NOTHING or self.of[FLAGS, i] & RST:
            return TOLD_REPEAT <= self.told[i] <= TOLD_UNCLEAR
        return self.of[END, i] > self.of[BEGIN, i] and self.of[END, i] <= self.sides[self.of[SENDER, i], HIGH]

    @cython.cfunc
    def _between(self, j: cython.Py_ssize_t, i: cython.Py_ssize_t, says: cython.bint) -> cython.void:
        """The time between packet j and the next that says something, or the last one."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        lasted: cython.longlong = self.clock[i] - self.clock[j]
        self.before, self.behind = j, i
        if lasted <= (max(QUIET_NS, self.rtt >> 3) if self.of[SENDER, j] == s and says else QUIET_NS):
            self._piece(self.clock[j], TRANSFER, -1, -1)
        elif not says:
            self._application(j, i, self.clock[i], False)
        elif self._repeats(i):
            self._sent_again(j, i)
        elif self._window_full(i):
            self._piece(self.clock[j], Reason.WINDOW_FULL, s, self.sides[s, OPENED])
        elif self.of[SENDER, j] != s or not self._own_flow(j, i, lasted):
            self._delayed(j, i, self._late(i))

    @cython.cfunc
    def _sent_again(self, j: cython.Py_ssize_t, i: cython.Py_ssize_t) -> cython.void:
        """The time between packet j and a repeat."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        at: cython.longlong = self.clock[j]
        least: cython.longlong
        more: cython.bint = (
            self.of[SENDER, j] == s and not self.of[FLAGS, j] & PSH and self.of[LENGTH, j] >= self.sides[s, SEGMENT]
        )
        if self.of[FLAGS, i] & SYN:
            self._piece(at, Reason.SYN_REPEAT, s, -1)
        elif self.told[i] == TOLD_UNCLEAR:
            self._piece(at, UNKNOWN, -1, -1)
        elif self.told[i] == TOLD_BEHIND or self.clock[i] - at < max(LEAST_TIMER_NS, self.rtt):
            self._piece(at, ROUND_TRIP, s, -1)
        elif more or self.of[END, i] <= self.sides[s, HIGH]:
            self._piece(at, TAIL_LOSS, s, -1)
        else:
            least = min(self.rtt + LEAST_RTO_NS, 2 * self.rtt if self.told[i] == TOLD_PROBE else M)
            if self.clock[i] - at - least <= QUIET_NS:
                self._piece(at, TAIL_LOSS, s, -1)
                return
            self._piece(at, UNKNOWN, -1, -1)
            self._piece(self.clock[i] - least, TAIL_LOSS, s, -1)
            self.pieces[self.made - 1, AT_LEAST] = 1

    @cython.cfunc
    def _delayed(self, j: cython.Py_ssize_t, i: cython.Py_ssize_t, held: cython.longlong) -> cython.void:
        """For the last `held` between two packets the second was on its way; before that, it is as if it had come then."""
        lasted: cython.longlong = self.clock[i] - self.clock[j]
        held = min(held, lasted)
        if lasted - held > QUIET_NS:
            self._application(j, i, self.clock[i] - held, self.of[LENGTH, i] > 0)
        else:
            held = lasted
        if held > 0:
            self._piece(self.clock[i] - held, Reason.NETWORK_DELAY, self.of[SENDER, i], -1)

    @cython.cfunc
    def _late(self, i: cython.Py_ssize_t) -> cython.longlong:
        """How much longer packet i was on its way than the one that its sender had sent before, by their time stamps."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        before: cython.Py_ssize_t = self.sides[s, STAMPED]
        tick: cython.longlong = self.sides[s, TICK]
        ticks: cython.longlong
        late: cython.longlong
        if tick == 0 or before < 0 or self.of[TSVAL, i] < 0:
            return 0
        ticks = (self.of[TSVAL, i] - self.of[TSVAL, before]) & M
        late = self.clock[i] - self.clock[before] - (ticks + 1) * tick
        return late if ticks <= M >> 1 and late > max(LATE_NS, self.rtt >> 2) else 0

    @cython.cfunc
    def _at_once(self, i: cython.Py_ssize_t, heard: cython.Py_ssize_t) -> cython.bint:
        """Whether packet i left as soon as its sender heard that ack."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        return heard >= 0 and self.clock[i] - self.sides[s, NEAR] - self.clock[heard] <= self.sides[s, REACTION]

    @cython.cfunc
    def _window_full(self, i: cython.Py_ssize_t) -> cython.bint:
        s: cython.Py_ssize_t = self.of[SENDER, i]
        edge: cython.longlong = self.sides[s, HEARD_EDGE]
        if self.of[LENGTH, i] <= 0 or edge == LOWEST or not self.windows_known:
            return False
        if self.sides[s, OPENED] >= 0:
            return self._at_once(i, self.sides[s, OPENED])
        return edge - self.sides[s, HIGH] < self.sides[s, ROOM] and self.of[END, i] >= edge

    @cython.cfunc
    def _own_flow(self, j: cython.Py_ssize_t, i: cython.Py_ssize_t, lasted: cython.longlong) -> cython.bint:
        """A silence between two packets of one side that its transport explains."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        segment: cython.longlong = self.sides[s, SEGMENT]
        freed: cython.Py_ssize_t = self.sides[s, FREED]
        at_once: cython.bint = self._at_once(i, freed) and self.of[LENGTH, freed] == 0
        full: cython.bint = self.of[LENGTH, i] >= segment and self.of[LENGTH, j] >= segment
        under_way: cython.longlong = self.sides[s, HIGH] - self.sides[s, HEARD_ACK]
        late: cython.longlong
        if (2 * lasted < self.rtt and (under_way > 0 or at_once)) or (full and lasted <= RHYTHMS * self.sides[s, RHYTHM]):
            self._piece(self.clock[j], TRANSFER, -1, -1)
            return True
        if not at_once:
            if not full or under_way < (segment if self.sides[s, REPEATED] else INITIAL_WINDOW * segment):
                return False
            self._piece(self.clock[j], CONGESTION_WINDOW if self.sides[s, REPEATED] else SLOW_START, s, -1)
            return True
        if 0 < self.of[LENGTH, i] < segment and self.sides[s, FLIGHT] < 2 * segment and self.sides[s, FAR] >= 0:
            late = self.clock[freed] - self.clock[j] - self.sides[s, FAR]
            if max(DELAYED_ACK_LEAST_NS, self.sides[s, FAR] >> 2) <= late <= DELAYED_ACK_MOST_NS:
                self._piece(self.clock[j], Reason.NAGLE_DELAYED_ACK, s, freed)
                return True
        reason: cython.int = CONGESTION_WINDOW if self.sides[s, REPEATED] else SLOW_START
        self._piece(self.clock[j], reason if self.sides[s, FLIGHT] >= segment else ROUND_TRIP, s, freed)
        return True

    @cython.cfunc
    def _application(
        self, j: cython.Py_ssize_t, i: cython.Py_ssize_t, until: cython.longlong, payload: cython.bint
    ) -> cython.void:
        """The time from packet j to `until`: as long as it takes to be heard, and then an application that says nothing."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        x: cython.Py_ssize_t = self.of[SENDER, j]
        at: cython.longlong = self.clock[j]
        way: cython.longlong = self.sides[x, FAR]
        all_acked: cython.bint = self.sides[x, ACKED] >= self.sides[x, HIGH]
        if not self.both:
            self._piece(at, UNKNOWN, -1, -1)
            return
        if x != s or not payload or self.said_again:
            if way < 0 and all_acked and self.sides[x, ACKED_AT] > at:
                way = self.sides[x, ACKED_AT] - at
            if way < 0:
                self._piece(at, UNKNOWN, -1, -1)
                return
            if until - at - way <= max(QUIET_NS, way >> 3):
                self._piece(at, ROUND_TRIP, x, -1)
                return
            if way >= TURN_NS:
                self._piece(at, ROUND_TRIP, x, -1)
                at += way
        if payload and x == s and not self.said_again and not self._pauses(j, i):
            self._piece(at, UNKNOWN, -1, -1)
        elif payload:
            if s == self.client:
                self._piece(at, Reason.CLIENT_IDLE, s, -1)
            else:
                self._piece(at, Reason.SERVER_THINKING if x == self.client else Reason.SERVER_IDLE, s, -1)
        elif not all_acked:
            self._piece(at, UNKNOWN, -1, -1)
        elif self.spoke == self.client:
            self._piece(at, Reason.UNANSWERED, self.spoke, -1)
        else:
            self._piece(at, Reason.IDLE, -1, -1)

    @cython.cfunc
    def _pauses(self, j: cython.Py_ssize_t, i: cython.Py_ssize_t) -> cython.bint:
        """Whether it can be told that a side paused: one far away that has more than a segment may wait for an ack."""
        s: cython.Py_ssize_t = self.of[SENDER, i]
        return self.sides[s, NEAR] == 0 or min(self.of[LENGTH, i], self.of[LENGTH, j]) < self.sides[s, SEGMENT]

    @cython.cfunc
    def _piece(
        self, at: cython.longlong, reason: cython.int, side: cython.Py_ssize_t, evidence: cython.Py_ssize_t
    ) -> cython.void:
        """Time from `at` on, between the present two packets."""
        n: cython.Py_ssize_t = self.made - 1
        if n >= 0 and self.pieces[n, REASON] == reason and self.pieces[n, SIDE] == side and reason in (TRANSFER, TAIL_LOSS):
            self.pieces[n, LAST] = self.behind
            return
        n += 1
        self.pieces[n, START] = at
        self.pieces[n, REASON] = reason
        self.pieces[n, SIDE] = side
        self.pieces[n, FIRST] = self.before
        self.pieces[n, LAST] = self.behind
        self.pieces[n, EVIDENCE] = evidence
        self.pieces[n, AT_LEAST] = 0
        self.made = n + 1
