"""What the ledger of TCP segments found, over the whole capture or the selected frames. Make the pipeline with `verdicts`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

import numpy as np

from analyzer.finding import Finding
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged

from .capture_quality import CaptureQuality
from .path_mtu import PathMtu
from .resent import Resent
from .standstill import Standstill
from .windows import Windows


class LedgerFindings:
    """Connections with trouble are judged; of all others there is nothing to say."""

    def __init__(self) -> None:
        self._resent = Resent()
        self._standstill = Standstill()
        self._windows = Windows()
        self._quality = CaptureQuality()
        self._path_mtu = PathMtu()
        #: says which frames count, of those that were read; None: all
        self.chosen: Callable[[int], bool] | None = None
        self.verdicts = Verdicts(judged=self._judged, messages=self._standstill.spans.add)

    @property
    def streams_forgotten(self) -> int:
        """Connections that findings could not name, for want of room."""
        return sum(one.streams_forgotten for one in (self._resent, self._standstill, self._windows, self._quality))

    def _judged(self, judged: Judged) -> None:
        trace = judged.trace
        mine = np.zeros(len(trace), np.bool_)
        mine[trace.reported : judged.settled] = True
        if self.chosen is not None:
            rows = np.flatnonzero(mine)
            mine[rows] = np.fromiter(map(self.chosen, trace.frame[rows].tolist()), np.bool_, len(rows))
        if not mine.any():
            return
        self._resent.add(judged, mine)
        self._standstill.add(judged, self.chosen)
        self._windows.add(judged, mine)
        self._path_mtu.add(judged, mine)
        self._quality.add(judged.whole, judged.copies, trace, judged.settled)

    @property
    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        return {"segment too big for the way": self._path_mtu.forgotten}

    def findings(self, packets: int, too_big: Container[int] = ()) -> Iterator[Finding]:
        """Of so many TCP packets; `too_big` are the streams that ICMP messages name as too big for a link."""
        yield from self._path_mtu.findings(too_big)
        yield from self._resent.findings(packets)
        yield from self._standstill.findings()
        yield from self._windows.findings(self._standstill.zero_window)
        yield from self._quality.findings()

    def beside(self) -> dict[str, dict[str, int | str]]:
        """Kind of a finding of Wireshark's verdicts -> what is known besides."""
        return self._windows.beside()
