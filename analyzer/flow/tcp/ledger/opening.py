"""How long the two round trips of a handshake took, apart from how long it took to connect (RFC 9293 section 3.5).

To the server: from the SYN that was answered to the SYN/ACK. To the client: from the SYN/ACK that was answered to the ACK.
Their sum is the handshake's round trip. To connect took from the first SYN to that ACK, with every repeat and its timer.

Which copy was answered: the one whose TSval is echoed, if it is the last one before the answer; that Linux answers a repeated
SYN with the TSval of the first is why an older echo proves nothing. Else the last copy that had time to arrive, where
this time is known. An older copy than the last is taken for the answered one only if the
answer came before its sender's own timer could have repeated it (1 s, RFC 6298 section 2.1). One copy needs no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.delay import STEP_BACK_NS
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, RST, SYN, Trace

ARRIVED: Final = 0.8  #: of the shortest way there and back: an answer sooner than that answers something else
SYNACK_TIMER_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Opening:
    """Durations in ns as the capture point saw them; None: not captured, or it cannot be told which copy was answered."""

    server_ns: int | None = None  #: SYN -> SYN/ACK
    client_ns: int | None = None  #: SYN/ACK -> ACK
    connect_ns: int | None = None  #: first SYN -> ACK

    @property
    def rtt_ns(self) -> int | None:
        return None if self.server_ns is None or self.client_ns is None else self.server_ns + self.client_ns


NO_OPENING: Final = Opening()


def opening(trace: Trace, position: Position) -> Opening:
    """Of a connection whose beginning was captured."""
    opens = (trace.flags & (SYN | RST) == SYN).nonzero()[0]
    if not len(opens):
        return NO_OPENING
    from_client, answers = trace.direction[opens] == trace.client, trace.flags[opens] & ACK != 0
    syns = opens[from_client & ~answers]
    synacks = opens[~from_client & answers & (trace.acked[opens] >= 0)]
    if not len(synacks):
        return NO_OPENING
    behind = int(synacks[0]) + 1
    acks = (trace.flags[behind:] & (ACK | SYN | RST) == ACK) & (trace.acked[behind:] >= 0)
    completes = behind + (acks & (trace.direction[behind:] == trace.client)).nonzero()[0][:1]
    connect = int(trace.time[completes[0]] - trace.time[syns[0]]) if len(completes) and len(syns) else None
    return Opening(
        _answered(trace, syns, synacks[:1], position.far[trace.client]),
        _answered(trace, synacks, completes, position.near[trace.client]),
        connect if connect is not None and connect >= 0 else None,
    )


def _answered(trace: Trace, copies: Int64, answer: Int64, shortest: int | None) -> int | None:
    """From the copy that was answered to the answer."""
    if not len(answer):
        return None
    row = int(answer[0])
    before = copies[: copies.searchsorted(row)]
    if not len(before):
        return None
    if len(before) == 1:
        only = int(trace.time[row] - trace.time[before[0]])
        return only if only >= 0 else None
    delay = trace.time[row] - trace.time[before]
    if (delay < 0).any() or (np.diff(trace.time[before]) < -STEP_BACK_NS).any():
        return None
    last = int(delay[-1])
    echoed = trace.tsval[before] == trace.tsecr[row]
    if echoed[-1] and trace.tsecr[row] > 0 and not echoed[:-1].any():
        return last
    possible = delay[delay >= ARRIVED * shortest] if shortest is not None else delay[:0]
    if not len(possible):
        return None
    taken = int(possible[-1])
    return taken if taken == last or taken < SYNACK_TIMER_NS else None
