"""Why a connection stood still: its time, from the first packet to the latest, cut into phases that have one reason each.

Every instant belongs to exactly one phase. Where several reasons hold, the first of this list does:

- after_reset: one side has reset the connection (RFC 9293 section 3.5.2) and sends nothing but RSTs.
- syn_repeat: from the first SYN or SYN/ACK to the copy of it that was answered (RFC 6298 section 2: the timer is 1 s).
- connect: from the first SYN to the ACK that completes the handshake, to the RST that refuses it, or to the end.
- close: from the first FIN behind which nobody sends payload (RFC 9293 section 3.6), but for the tail_loss of a FIN.
- head_of_line: later bytes are at the receiver, which cannot hand them over since earlier ones are missing (stall.py).
- zero_window: the receiver takes nothing more, and the sender wants to send (RFC 9293 section 3.8.6.1).

The rest lies between packets that say something (payload, SYN, FIN, RST), and the later of the two tells what was waited for:

- tail_loss: a repeat that the sender's timer (RFC 6298) or its tail loss probe (RFC 8985 section 7) made, since nothing behind it
  had arrived: the data or all acknowledgments of it were lost or late. Where the first copy was not seen before, this is as long
  as such a timer takes at least (`at_least`), and unknown before that.
- network_delay: data that was longer on its way than the packet before it by much more than ways vary, as the time stamps of its
  sender tell (RFC 7323): the network, or the host's own queue, held it up.
- window_full: new data, as soon as the receiver's window had room for it (RFC 1122 section 4.2.3.4).
- nagle_delayed_ack: a small segment that was held back until everything before it was acknowledged (RFC 896), and that was
  late by the timer of delayed acknowledgments (RFC 1122 section 4.2.3.2).
- slow_start: new data, as soon as earlier data was acknowledged: a window full was under way (RFC 5681 section 3.1; RFC 6928).
  Each such phase is a round. congestion_window: the same once the sender has had to repeat something.
- round_trip: data and its answer on the way, as long as the way takes at least.
- server_thinking: the rest of the time between the client's payload and the server's. It is as seen at the capture point, less
  the way from there to the server and back; what queues add to the shortest way ever seen is in it.
- client_idle: the same with the roles changed; and pauses of a client that nothing holds up.
- server_idle: pauses of a server between two of its own segments that nothing holds up.
- unanswered: after the client's last payload, which was acknowledged: none of the server came until a FIN, RST or the end.
- idle: the same after the server's last payload: the connection is only kept open, with or without keep-alives.
- transfer: packets follow one another without a silence that is worth a name (wait_silence.py).
- unknown: one direction was not captured, no way was measured, the end came before the acknowledgment, a sender far from the
  capture point paused between full segments, or nobody saw when or why the first copy of a repeat was sent.

Times are those of the capture, on a clock that never goes back: a packet that is stamped before the one in front of it counts as
simultaneous. A trace that goes on from judged packets has its phases from the last of these on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple, Protocol

import numpy as np

from analyzer.batch import Column, Int64, views
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import FIN, Trace
from analyzer.flow.tcp.ledger.verdict import Kind, Need, Segments, Trigger
from analyzer.flow.tcp.ledger.wait_end import endings
from analyzer.flow.tcp.ledger.wait_handshake import handshake
from analyzer.flow.tcp.ledger.wait_joined import join
from analyzer.flow.tcp.ledger.wait_reason import Reason, waited_for
from analyzer.flow.tcp.ledger.wait_side import Piece, Told, sides, windows_known
from analyzer.flow.tcp.ledger.wait_silence import Silences
from analyzer.flow.tcp.ledger.wait_span import Span, disjoint
from analyzer.flow.tcp.ledger.wait_zero_window import zero_windows

LONGEST_NS: Final = 1 << 61  #: 73 years; a clock that jumps further tells nothing
COLUMNS: Final = len(Piece)
MOST_PIECES: Final = 3  #: of the time between two packets: a way, an application, what held the second one up
AT_ONCE: Final = 1024  #: phases that are made together
NOTHING: Final = np.zeros(0, np.int64)
NO_SPANS: Final = np.zeros((0, 3), np.int64)
REASONS: Final = tuple(Reason)
TRANSFER, REPEAT = int(Reason.TRANSFER), int(Told.REPEAT)

TOLD: Final = np.full(len(Kind), Told.NEW, np.int8)
TOLD[Kind.RETRANSMISSION] = Told.REPEAT
TOLD[[Kind.NETWORK_DUPLICATE, Kind.CAPTURE_DUPLICATE, Kind.LATE_ORIGINAL]] = Told.SILENT
TOLD[[Kind.KEEP_ALIVE, Kind.WINDOW_PROBE, Kind.OLD_ACK]] = Told.SILENT
MADE: Final = np.full(len(Trigger), Told.BEHIND, np.int8)  #: of a repeat, by its trigger
MADE[[Trigger.NONE, Trigger.SYN_TIMER, Trigger.SYNACK_TIMER, Trigger.RTO]] = Told.REPEAT
MADE[Trigger.TLP] = Told.PROBE
MADE[Trigger.UNKNOWN] = Told.UNCLEAR
NEVER_HEARD: Final = (Need.UNKNOWN, Need.NONE)  #: of a FIN that nobody answered: that its sender tries on is no loss


class Stalled(Protocol):
    """A head-of-line stall, as far as waits want to know it."""

    @property
    def direction(self) -> int: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int | None: ...
    @property
    def opened_frame(self) -> int | None: ...
    @property
    def filled_frame(self) -> int | None: ...
    @property
    def closed_frame(self) -> int | None: ...


class Wait(NamedTuple):
    """One phase of a connection."""

    reason: Reason
    start_ns: int
    end_ns: int
    side: int  #: direction of the data that it is about, of the later FIN in CLOSE, of the RST in AFTER_RESET; -1: none
    who: str | None  #: "client", "server" or "network": who was waited for
    first_frame: int  #: the packet with which it begins
    last_frame: int  #: and the one that ends it
    evidence: tuple[int, ...]  #: all frames that prove it
    at_least: bool = False  #: it began in the phase before it, which is unknown

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns


@dataclass(slots=True, eq=False)
class Waits:
    """All phases in order, as columns; they may be many."""

    client: int
    begin_ns: int
    start: Int64  #: ns since begin_ns; the first is 0
    reason: Int64
    end: int  #: of the last phase, ns since begin_ns
    _piece: Int64  #: of each phase: the row in _pieces, or -1 - index of its span
    _pieces: Int64
    _frames: Int64
    _spans: list[Span]

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Wait]:
        for first in range(0, len(self), AT_ONCE):
            yield from self.phases(slice(first, first + AT_ONCE))

    @property
    def durations(self) -> Int64:
        found = np.empty_like(self.start)
        np.subtract(self.start[1:], self.start[:-1], out=found[:-1])
        found[-1:] = self.end - self.start[-1:]
        return found

    def totals(self) -> dict[Reason, int]:
        """Time by reason, those that occur."""
        found = [0] * len(REASONS)
        for reason, duration in zip(self.reason.tolist(), self.durations.tolist(), strict=True):
            found[reason] += duration
        return {REASONS[reason]: total for reason, total in enumerate(found) if total}

    def count(self, reason: Reason) -> int:
        """How many phases have this reason."""
        return int(np.count_nonzero(self.reason == int(reason)))

    def at_least(self, at: Int64) -> Column:
        """Which of these phases may have begun earlier."""
        piece = self._piece[at]
        bounds: Column = (piece >= 0) & (self._pieces[np.maximum(piece, 0), Piece.AT_LEAST] != 0)
        return bounds

    def longest(self) -> Wait | None:
        """The longest phase that is none of transfer."""
        durations = self.durations
        durations[self.reason == TRANSFER] = 0
        at = int(durations.argmax()) if len(durations) else 0
        return self.phase(at) if len(durations) and durations[at] > 0 else None

    def phase(self, at: int) -> Wait:
        """The one at this place."""
        return self.phases(slice(at, at + 1))[0]

    def phases(self, places: slice | Int64) -> list[Wait]:
        """Those at these places."""
        starts = self.start[places]
        columns = (starts, starts + self.durations[places], self.reason[places], self._piece[places])
        found: list[Wait] = []
        for start, end, reason, piece in zip(*(column.tolist() for column in columns), strict=True):
            if piece < 0:
                _, _, _, side, frames = self._spans[-1 - piece]
                bounded = 0
            else:
                _, _, side, *rows, bounded = self._pieces[piece].tolist()
                frames = tuple(int(self._frames[row]) for row in rows if row >= 0)
            word = REASONS[reason]
            found.append(
                Wait(
                    word, self.begin_ns + start, self.begin_ns + end, side, waited_for(word, side, self.client),
                    frames[0], frames[1], tuple(sorted({*frames})), bounded != 0,
                )
            )  # fmt: skip
        return found


def waits(
    trace: Trace,
    position: Position,
    stalls: Sequence[Stalled] = (),
    segments: Segments | None = None,
    settled: int | None = None,
) -> Waits:
    """The phases of a connection, from the last row that was reported to the last one that is settled.

    Without verdicts on its segments a range that was seen before is a repeat.
    """
    rows = len(trace) if settled is None else min(settled, len(trace))
    if not rows:
        return Waits(trace.client, 0, NOTHING, NOTHING, 0, NOTHING, NOTHING.reshape(0, len(Piece)), NOTHING, [])
    clock: Int64 = np.maximum.accumulate(trace.time)
    origin = int(clock[0])
    begin, end = int(clock[max(trace.reported - 1, 0)]), int(clock[max(rows, trace.reported, 1) - 1])
    if int(clock[-1]) - origin > LONGEST_NS:
        return _unknown(trace, begin, end)
    clock -= origin
    opening = handshake(trace, clock, position)
    pieces = _pieces(trace, clock, position, _told(trace, stalls, segments), opening.accepted)
    spans = chain(opening.spans, endings(trace, clock), _stalled(stalls, trace, origin), zero_windows(trace, clock, position))
    return _joined(trace, pieces, disjoint(spans, begin - origin, end - origin), origin, begin - origin, end - origin)


def _unknown(trace: Trace, begin: int, end: int) -> Waits:
    """One phase, of a clock that makes no sense."""
    piece = np.array([[0, Reason.UNKNOWN, -1, 0, len(trace) - 1, -1, 0]], np.int64)
    return Waits(trace.client, begin, piece[:, 0], piece[:, 1], end - begin, np.zeros(1, np.int64), piece, trace.frame, [])


def _told(trace: Trace, stalls: Sequence[Stalled], segments: Segments | None) -> Column:
    """What is known of each packet; repeats in a stall, which they did not open, were no timer's.

    Nor were those of which the ack was on its way: the sender waited for nothing but that.
    """
    if segments is None:
        return np.zeros(len(trace), np.int8)
    told = TOLD[segments.kind]
    repeats = (told == REPEAT).nonzero()[0]
    if len(repeats):
        told[repeats] = MADE[segments.trigger[repeats]]
        fins = (trace.flags[repeats] & FIN != 0) & (trace.length[repeats] == 0)
        told[repeats[fins & np.isin(segments.need[repeats], NEVER_HEARD)]] = Told.BEHIND
        told[repeats[segments.need[repeats] == Need.NEEDLESS_CROSSING]] = Told.BEHIND
    for direction in (0, 1) if len(repeats) and stalls else ():
        own = repeats[trace.direction[repeats] == direction]
        ends = [(stall.start_ns, stall.end_ns) for stall in stalls if stall.direction == direction]
        if len(own) and ends:
            opened = np.array([start for start, _ in ends], np.int64)
            closed = np.maximum.accumulate([np.iinfo(np.int64).max if end is None else end for _, end in ends])
            at = np.searchsorted(opened, trace.time[own], "left") - 1
            told[own[(at >= 0) & (trace.time[own] <= closed[at])]] = Told.BEHIND
    return told


def _pieces(trace: Trace, clock: Int64, position: Position, told: Column, accepted: int) -> Int64:
    """What the silences say, from the first packet to the last."""
    most = MOST_PIECES * len(trace)
    pieces = np.empty((most, COLUMNS), np.int64)
    both = 0 < int(np.count_nonzero(trace.direction)) < len(trace)
    known = accepted >= 0 or windows_known(trace)
    state = (clock.data, trace.packed(), told.data, sides(trace, clock, position), pieces.data)
    return pieces[: Silences(trace.client, both, known, position.rtt() or 0, *state).judge(accepted)]


def _stalled(stalls: Sequence[Stalled], trace: Trace, origin: int) -> Iterator[Span]:
    for stall in stalls:
        end = int(trace.time.max()) if stall.end_ns is None else stall.end_ns
        named = (stall.opened_frame, stall.filled_frame, stall.closed_frame)
        frames = tuple(frame for frame in named if frame is not None)
        first, last = frames[:1] or (int(trace.frame[0]),), frames[-1:] or (int(trace.frame[-1]),)
        yield Span(stall.start_ns - origin, end - origin, Reason.HEAD_OF_LINE, stall.direction, (*first, *last, *frames))


def _joined(trace: Trace, pieces: Int64, spans: list[Span], origin: int, begin: int, end: int) -> Waits:
    """The pieces, with the spans laid over them."""
    over = np.array([span[:3] for span in spans], np.int64) if spans else NO_SPANS
    found = np.empty((3, len(pieces) + 2 * len(spans) + 1), np.int64)
    below, above, room = views(pieces, over, found)
    count = join(below, above, begin, end, room)
    start, reason, source = found[:, :count]
    return Waits(trace.client, origin + begin, start - begin, reason, end - begin, source, pieces, trace.frame, spans)
