"""Receivers that were full, and what was sent only to ask them or to keep a connection open.

- *window_closed*: a receiver said that it takes nothing more (zero window, RFC 9293 section 3.8.6.1), with how long a sender
  had to wait for that and how often it asked meanwhile (window probes).

Wireshark calls probes that carry no new byte keep-alives; how many of either there are is told beside its count.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analyzer.batch import Column
from analyzer.finding import Finding, Severity
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.verdict import Kind
from analyzer.flow.tcp.ledger.wait_zero_window import closures

from .capture_quality import Tally
from .standstill import Waited


class Windows:
    """Is told of every connection that is judged."""

    def __init__(self) -> None:
        self._closed = Tally()
        self._asked = self._kept_alive = 0

    @property
    def streams_forgotten(self) -> int:
        """Connections that findings could not name, for want of room."""
        return self._closed.streams_forgotten

    def add(self, judged: Judged, mine: Column) -> None:
        """A connection of which the packets `mine`, a mask, count."""
        trace, kind = judged.trace, judged.segments.kind
        for sender in (0, 1):
            rows, _ = closures(trace, sender)
            rows = rows[mine[rows]]
            self._closed.add(trace.stream, trace.frame[rows], len(rows))
        self._asked += int(np.count_nonzero(mine & (kind == Kind.WINDOW_PROBE)))
        self._kept_alive += int(np.count_nonzero(mine & (kind == Kind.KEEP_ALIVE)))

    def findings(self, waited: Waited) -> Iterator[Finding]:
        """What was found so far, and the time that senders waited for closed windows."""
        if self._closed.count:
            values = {**waited.values(), "asked": self._asked}
            yield self._closed.finding("window_closed", Severity.WARNING, values, waited.total_ns)

    def beside(self) -> dict[str, dict[str, int | str]]:
        """Kind of a finding of Wireshark's verdicts -> what is known besides."""
        return {"keep_alive": {"kept_alive": self._kept_alive, "asked": self._asked, "judged": 1}}
