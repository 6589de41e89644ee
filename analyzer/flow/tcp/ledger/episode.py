"""What a sender is in the middle of: recovery (RFC 6675 section 5), loss (RFC 6298 section 5), a probe (RFC 8985 section 7).

It is followed as Linux does it. All is well again when everything is acknowledged that had been sent when the trouble began;
or when an acknowledgment shows that the first retransmission was needless (RFC 3522).
"""

from __future__ import annotations

from typing import Final

from analyzer.batch import Int64

from .order import serial
from .sender import NOWHERE, Sender
from .trace import NONE

NEVER: Final = 1 << 62  #: an index that no acknowledgment has
WINDOW: Final = 4096  #: segments that may be on their way together
OVERTAKEN: Final = 64  #: originals behind a retransmission that are asked whether they were sent before it


class Episode:
    """What the sender is in the middle of."""

    def __init__(self, sender: Sender, late: Int64) -> None:
        self._sender = sender
        self._late = late  #: rows of the originals that their own copies overtook
        self.recovery = NOWHERE  #: offset that ends the recovery
        self.loss = NOWHERE  #: and the one that ends the loss state
        self.probe = NOWHERE  #: end of the segment that was sent as a probe
        self.last_timer = 0  #: when the timer went off, or a probe was sent
        self.timeouts = 0  #: in a row
        self.timed_out = NOWHERE  #: first unacknowledged byte at the latest one
        self._first = -1  #: row of the first retransmission since everything was well
        self._repaired = NOWHERE  #: highest end of what was sent again since then
        self._answer = NEVER  #: index of the acknowledgment that answers the one that began this

    def highest_sent(self, row: int) -> int:
        """Highest end of what was sent before a packet, as far as it was seen, before it or behind it."""
        sender = self._sender
        highest = int(sender.high_before[int(sender.segments.searchsorted(row))])
        behind = self._late[int(self._late.searchsorted(row)) :][:WINDOW]
        higher = behind[sender.trace.end[behind] > highest][:OVERTAKEN].tolist()
        return max([highest, *(int(sender.trace.end[late]) for late in higher if sender.order.sent_before(late, row))])

    def begin(self, row: int, acks: int) -> None:
        """A retransmission begins an episode, or a worse one within it; the sender knows so many acknowledgments."""
        sender, trace = self._sender, self._sender.trace
        if self._first < 0:
            self._first, self._repaired = row, NOWHERE
        edge = max(sender.una_after(acks), int(trace.start[row]))
        self._answer = int(sender.una.searchsorted(edge, side="right"))
        if sender.near:  # what passed long before it left and was not known then was lost on its way
            self._answer = max(self._answer, int(sender.ack_time.searchsorted(int(sender.left[row]) - sender.near)))

    def send_again(self, end: int) -> None:
        """A segment up to `end` was sent again."""
        self._repaired = max(self._repaired, end)

    def advance(self, una: int, acks: int) -> None:
        """The sender knows so many acknowledgments, and everything before `una` is acknowledged."""
        if self.loss != NOWHERE and self._needless(self._answer, acks):
            self.loss = NOWHERE
        if self.recovery != NOWHERE:
            drained = int(self._sender.una.searchsorted(self._repaired))
            if self._needless(max(self._answer, drained), acks):
                self.recovery = NOWHERE
        if una > self.timed_out:
            self.timeouts = 0
        if una >= self.recovery:
            self.recovery = NOWHERE
        if una >= self.loss:
            self.loss = NOWHERE
        if self.recovery == NOWHERE and self.loss == NOWHERE:
            self._first = -1
        if una >= self.probe:
            self.probe = NOWHERE

    def _needless(self, answer: int, acks: int) -> bool:
        """Whether this acknowledgment is known and shows that the first retransmission was needless (RFC 3522): all is well then.

        In recovery that is so as soon as nothing is on its way that was sent again, after a timeout at once.
        """
        if answer >= acks or self._first < 0:
            return False
        trace = self._sender.trace
        echo, stamp = int(trace.tsecr[self._sender.ack_row[answer]]), int(trace.tsval[self._first])
        return echo > 0 and stamp != NONE and serial(echo, stamp) < 0
