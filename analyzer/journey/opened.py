"""How a connection was opened, and whether it was reset (RFC 9293 section 3.5).

Repeats by the sender count, copies that the capture made do not: the packets are those of a trace without copies. The ACK that
completes the handshake is the client's first segment with an acceptable ACK behind the SYN/ACK. Where nothing of the server
was captured it is the client's first segment with an ACK: the client has the SYN/ACK, whether it was captured or not.
"""

from __future__ import annotations

import numpy as np

from analyzer.batch import Column
from analyzer.dissect.application.stream import Place
from analyzer.flow.tcp.ledger.opening import opening
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, FIN, RST, SYN, Trace
from analyzer.journey.connection import Opened


def opened(trace: Trace, position: Position) -> Opened:
    """What the first part of a connection says."""
    made = Opened()
    handshake = (trace.flags & SYN).nonzero()[0]
    if not len(handshake):
        return made
    mine = trace.direction == trace.client
    kind, from_client = trace.flags[handshake] & (ACK | RST), mine[handshake]
    syns = handshake[from_client & (kind == 0)]
    synacks = handshake[~from_client & (kind == ACK)]
    made.syn_count, made.synack_count = len(syns), len(synacks)
    if len(syns):
        made.syn = _place(trace, int(syns[0]))
    if len(synacks):
        made.synack = _place(trace, int(synacks[0]))
    completes = mine & (trace.flags & (ACK | SYN | RST) == ACK)
    if len(synacks):
        completes &= trace.acked >= 0
        completes[: synacks[0] + 1] = False
    elif np.count_nonzero(mine) == len(trace) and len(syns):
        completes[: syns[0] + 1] = False
    else:
        completes[:] = False
    row = int(completes.argmax())
    if completes[row]:
        made.ack = _place(trace, row)
    if len(syns) == len(synacks) == 1 and made.ack is not None and trace.time[syns[0]] <= trace.time[synacks[0]] <= made.ack.time:
        made.server_side_rtt_ns = int(trace.time[synacks[0]] - trace.time[syns[0]])
        made.client_side_rtt_ns = made.ack.time - int(trace.time[synacks[0]])
    else:  # one of them may have been sent again
        halves = opening(trace, position)
        made.server_side_rtt_ns, made.client_side_rtt_ns = halves.server_ns, halves.client_ns
    return made


class Endings:
    """FINs and the first reset, over all parts of a connection."""

    def __init__(self) -> None:
        self.fins = [False, False]
        self.fin: Place | None = None  #: the first one
        self.reset: Place | None = None  #: the first RST before both FINs
        self.reset_direction = -1

    def add(self, trace: Trace, last: int) -> None:
        """The next part: its rows from the first that was not reported to before `last`."""
        flags: Column = trace.flags[trace.reported : last]
        ends = (flags & (FIN | RST)).nonzero()[0] + trace.reported
        for row in ends.tolist():
            if self.reset is not None:
                return
            direction = int(trace.direction[row])
            if trace.flags[row] & RST:
                if not all(self.fins):
                    self.reset, self.reset_direction = _place(trace, row), direction
            else:
                self.fins[direction] = True
                if self.fin is None:
                    self.fin = _place(trace, row)


def _place(trace: Trace, row: int) -> Place:
    return Place(int(trace.frame[row]), int(trace.time[row]))
