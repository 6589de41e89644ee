"""Why connections stood still though there was something to send or to read.

- *head_of_line*: bytes had arrived, but waited for earlier ones; with the longest case.
- *tail_loss*: no acknowledgment came of the last data before a pause: a timer had to run off. Where the first copy had not passed
  the capture point, only the least time that this can have taken is known.
- *window_limit*: what a sender had was more than the receiver's window had room for.
- *nagle_delayed_ack*: a small segment waited for an acknowledgment that its receiver delayed (RFC 896, RFC 1122 4.2.3.2).

Stalls so short that the times of the capture may be apart by chance are none to speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from analyzer.finding import Finding, Severity
from analyzer.flow.application.message_spans import MessageSpans
from analyzer.flow.stalls import found_stalls
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.stall_rows import Found
from analyzer.flow.tcp.ledger.verdict import Kind, word
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_rows import waits_of
from analyzer.flow.tcp.ledger.waits import Wait

from .capture_quality import Tally
from .evidence import MAX_FRAMES

FELT_NS: Final = 10_000_000  #: waiting for longer than this is worth a warning
SEVERAL: Final = "several"  #: protocol of messages of more than one
FINDINGS: Final = {
    Reason.TAIL_LOSS: "tail_loss",
    Reason.WINDOW_FULL: "window_limit",
    Reason.NAGLE_DELAYED_ACK: "nagle_delayed_ack",
}


class Waited:
    """The phases of one reason."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.total_ns = self.longest_ns = 0
        self.at_least = 0  #: phases that may have been longer
        self.unanswered = 0  #: how often the last data was sent again in the phase that no acknowledgment ended; 0: there is none

    def values(self) -> dict[str, int | str]:
        """For a finding."""
        return {
            "waited_ns": self.total_ns,
            "longest_ns": self.longest_ns,
            "at_least": self.at_least,
            "unanswered": self.unanswered,
        }


class Standstill:
    """Is told of every connection that is judged."""

    def __init__(self) -> None:
        self.spans = MessageSpans()
        self._stalls = Waited()
        self._longest: tuple[int, Found] | None = None
        self.zero_window = Waited()
        self._waited = {Reason.ZERO_WINDOW: self.zero_window} | {reason: Waited() for reason in FINDINGS}

    @property
    def streams_forgotten(self) -> int:
        """Connections that findings could not name, for want of room."""
        return self._stalls.tally.streams_forgotten + sum(one.tally.streams_forgotten for one in self._waited.values())

    def add(self, judged: Judged, chosen: Callable[[int], bool] | None) -> None:
        """A connection; `chosen` says of which frames something has to be said."""
        for found in found_stalls(judged, self.spans):
            stall = found.stall
            frames = [stall.first_held_frame, stall.opened_frame, stall.filled_frame, stall.closed_frame]
            known = [frame for frame in frames if frame is not None]
            lasted = stall.duration_ns or 0
            if stall.sure and (chosen is None or any(map(chosen, known))):
                self._stalls.tally.add(found.stream, np.array([known[0], known[-1]]), 1)
                self._stalls.total_ns += lasted
                if self._longest is None or lasted > self._longest[0]:
                    self._longest = lasted, found
        self._note_waits(judged, chosen)

    def _note_waits(self, judged: Judged, chosen: Callable[[int], bool] | None) -> None:
        waits = waits_of(judged)
        durations = waits.durations
        for reason, waited in self._waited.items():
            at = np.flatnonzero(waits.reason == reason)
            if not len(at):
                continue
            phases = [waits.phase(int(one)) for one in (at if chosen is not None else at[:MAX_FRAMES])]
            if chosen is not None:
                kept = [chosen(phase.first_frame) or chosen(phase.last_frame) for phase in phases]
                at = at[np.array(kept, np.bool_)]
                phases = [phase for phase, keep in zip(phases, kept, strict=True) if keep]
            if len(at):
                waited.tally.add(judged.trace.stream, np.array([phase.last_frame for phase in phases]), len(at))
                waited.total_ns += int(durations[at].sum())
                waited.longest_ns = max(waited.longest_ns, int(durations[at].max()))
                waited.at_least += int(np.count_nonzero(waits.at_least(at)))
                if reason == Reason.TAIL_LOSS and judged.trace.over:
                    waited.unanswered = max(waited.unanswered, _unanswered(judged, waits.phase(int(at[-1]))))

    def findings(self) -> Iterator[Finding]:
        """What was found so far."""
        if self._longest is not None:
            lasted, found = self._longest
            grave = Severity.WARNING if lasted >= FELT_NS or not found.stall.ended else Severity.NOTE
            values = {"total_ns": self._stalls.total_ns, **_values(found)}
            yield self._stalls.tally.finding("head_of_line", grave, values, self._stalls.total_ns)
        for reason, kind in FINDINGS.items():
            waited = self._waited[reason]
            if waited.tally.count:
                grave = Severity.WARNING if waited.longest_ns >= FELT_NS else Severity.NOTE
                yield waited.tally.finding(kind, grave, waited.values(), waited.total_ns)


def _unanswered(judged: Judged, last: Wait) -> int:
    """How often data was sent again in the last wait for a timer, if nobody ever acknowledged it."""
    trace = judged.trace
    row = int(np.flatnonzero(trace.frame == last.last_frame)[0])
    heard = (trace.direction != last.side) & (trace.acked > trace.start[row])
    if heard.any():
        return 0
    again = (judged.segments.kind == Kind.RETRANSMISSION) & (trace.direction == last.side) & (trace.start == trace.start[row])
    return int(np.count_nonzero(again))


def _values(found: Found) -> dict[str, int | str]:
    """The longest stall."""
    stall = found.stall
    protocols = {victim.span.protocol for victim in found.victims}
    spans = [(victim.span.start, victim.span.end) for victim in found.victims]
    return {
        "stream": found.stream,
        "direction": "client" if stall.direction == found.client else "server",
        "bytes_held": stall.bytes_held,
        "duration_ns": -1 if stall.duration_ns is None else stall.duration_ns,
        "hole_count": stall.hole_count,
        "missing_bytes": sum(hole.missing_to - hole.missing_from for hole in stall.holes),
        "cause": stall.cause,
        "need": word(found.need) or "",
        "victim_count": len(found.victims),
        "victim_bytes": spans[0][1] - spans[0][0] if len(spans) == 1 else 0,
        "victim_protocol": protocols.pop() if len(protocols) == 1 else SEVERAL if protocols else "",
    }
