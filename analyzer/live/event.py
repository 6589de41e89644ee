"""What happens while a capture grows, one value for each; EVENTS says which there are.

A row that changed after it was given (a connection that was closed received something, a race was decided) comes again with a
higher `revision`; the latest counts. KEYS say which rows are the same. One that is not true any more comes again with those keys
alone, and `withdrawn`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analyzer.flow.columns import Row

EVENTS: Final = {
    "capture": "the capture began: interfaces, backend, filter, and what was said about permissions",
    "interface": "an interface went down, came up, was removed, renamed or added",
    "writing": "a file is being written, was closed or deleted, or cannot be written any further",
    "statistics": "counters: of everything until now, and packets and bytes of the second that is over",
    "trouble": "Wireshark's verdicts on a conversation in the second that is over: how many retransmissions, lost segments ...",
    "handshake": "a row of the command handshakes",
    "journey": "a row of the command journeys, without `number`, which is known at the end only",
    "stall": "a row of the command stalls",
    "flow": "a row of the command flows: of a conversation that is over, silent, or had to leave",
    "finding": "a finding of the command summary, when it is new, and whenever it has doubled",
    "summary": "the capture has ended: everything that the command summary says, and the counters",
}
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "handshake": ("stream",),
    "journey": ("kind", "client", "stream", "exchange", "host", "start_ns"),
    "stall": ("stream", "direction", "start_ns"),
    "flow": ("protocol", "stream"),
    "finding": ("kind", "protocol", "first_frame"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One of them."""

    kind: str  #: key of EVENTS
    row: Row
    revision: int = 1  #: of a row that has KEYS
    withdrawn: bool = False

    def as_row(self) -> Row:
        """The row with the keys that say what it is."""
        withdrawn = {"withdrawn": True} if self.withdrawn else {}
        return {"event": self.kind, "revision": self.revision, **withdrawn, **self.row}
