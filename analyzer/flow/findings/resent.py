"""What was sent again, why, and whether it had to be; and what came in another order than it was sent.

- *loss*: retransmissions that were needed: no earlier copy had arrived.
- *needless_retransmission*: an earlier copy had arrived, or was only late, or its acknowledgment was on its way.
- *retransmission_unclear*: the capture does not tell which of the two it was, or only the timing speaks for a retransmission.
- *reordering*: segments that were overtaken on the way by others that were sent later, those included that were overtaken by
  their own retransmission.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzer.batch import Column
from analyzer.finding import Finding, Severity
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.verdict import Confidence, HoleCause, Kind, Need, Trigger

from .capture_quality import Tally
from .tcp import FEW, LOSS_PROBLEM, LOSS_WARNING

#: value of a finding, the triggers that it counts
REPAIRS: Final = {
    "fast": (Trigger.FAST_RETRANSMIT, Trigger.FAST_RECOVERY),
    "timeout": (Trigger.RTO,),
    "after_timeout": (Trigger.RTO_RECOVERY,),
    "probe": (Trigger.TLP,),
    "handshake": (Trigger.SYN_TIMER, Trigger.SYNACK_TIMER),
}
WHERE: Final = {"upstream": HoleCause.LOST_UPSTREAM, "downstream": HoleCause.LOST_DOWNSTREAM}
WHY: Final = {"had_arrived": Need.NEEDLESS, "crossing": Need.NEEDLESS_CROSSING, "premature": Need.PREMATURE}


class Resent:
    """Is told of every connection that is judged."""

    def __init__(self) -> None:
        self._lost, self._needless, self._unclear, self._reordered = Tally(), Tally(), Tally(), Tally()
        self._counts = dict.fromkeys((*REPAIRS, *WHERE, *WHY), 0)
        self._latest_ns = 0
        self._lost_bytes = self._needless_bytes = 0

    @property
    def streams_forgotten(self) -> int:
        """Connections that findings could not name, for want of room."""
        return sum(tally.streams_forgotten for tally in (self._lost, self._needless, self._unclear, self._reordered))

    def add(self, judged: Judged, mine: Column) -> None:
        """A connection of which the packets `mine`, a mask, count."""
        segments, trace = judged.segments, judged.trace
        resent = mine & (segments.kind == Kind.RETRANSMISSION)
        if resent.any():
            needed = resent & (segments.need == Need.NEEDED) & (segments.confidence != Confidence.LOW)
            needless = resent & np.isin(segments.need, list(WHY.values()))
            for tally, those in ((self._lost, needed), (self._needless, needless), (self._unclear, resent & ~needed & ~needless)):
                tally.add(trace.stream, trace.frame[those], int(np.count_nonzero(those)))
            self._lost_bytes += int(trace.length[needed].sum())
            self._needless_bytes += int(trace.length[needless].sum())
            for name, triggers in REPAIRS.items():
                self._counts[name] += int(np.count_nonzero(np.isin(segments.trigger[needed], triggers)))
            for name, where in WHERE.items():
                self._counts[name] += int(np.count_nonzero(segments.hole[needed] == where))
            for name, need in WHY.items():
                self._counts[name] += int(np.count_nonzero(segments.need[needless] == need))
        late = np.flatnonzero(mine & ((segments.kind == Kind.REORDERED) | (segments.kind == Kind.LATE_ORIGINAL)))
        self._reordered.add(trace.stream, trace.frame[late], len(late))
        for row in late.tolist():
            overtaken = segments.evidence.get(row)
            if overtaken:
                self._latest_ns = max(self._latest_ns, int(trace.time[row] - trace.time[overtaken[0]]))

    def findings(self, packets: int) -> Iterator[Finding]:
        """Of so many TCP packets."""
        of = {"of": packets}
        if self._lost.count:
            values = {name: self._counts[name] for name in (*REPAIRS, *WHERE)}
            grave = _severity(self._lost.count, packets)
            if values["timeout"] + values["handshake"]:
                grave = max(grave, Severity.WARNING)  # nobody sends while a timer runs
            yield self._lost.finding("loss", grave, of | values, cost_bytes=self._lost_bytes)
        if self._needless.count:
            values = {name: self._counts[name] for name in WHY}
            grave = min(_severity(self._needless.count, packets), Severity.WARNING)
            yield self._needless.finding("needless_retransmission", grave, of | values, cost_bytes=self._needless_bytes)
        if self._unclear.count:
            yield self._unclear.finding("retransmission_unclear", Severity.NOTE, of)
        if self._reordered.count:
            grave = Severity.WARNING if self._reordered.count >= max(FEW, LOSS_PROBLEM * packets) else Severity.NOTE
            yield self._reordered.finding("reordering", grave, of | {"latest_ns": self._latest_ns})


def _severity(count: int, packets: int) -> Severity:
    share = count / max(packets, 1)
    if share < LOSS_WARNING:
        return Severity.NOTE
    return Severity.WARNING if share < LOSS_PROBLEM or count < FEW else Severity.PROBLEM
