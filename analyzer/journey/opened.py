# cython: language_level=3
"""How a connection was opened, and whether it was reset (RFC 9293 section 3.5).

Repeats by the sender count, copies that the capture made do not: the packets are those of a trace without copies. The ACK that
completes the handshake is the client's first segment with an acceptable ACK behind the SYN/ACK. Where nothing of the server
was captured it is the client's first segment with an ACK: the client has the SYN/ACK, whether it was captured or not.
"""

from __future__ import annotations

import cython

from analyzer.dissect.application.stream import Place
from analyzer.flow.tcp.ledger.opening import opening
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, FIN, RST, SYN, At, Trace
from analyzer.journey.connection import Opened

DIRECTION = cython.declare(cython.int, At.DIRECTION)
ACKED = cython.declare(cython.int, At.ACKED)
FLAGS = cython.declare(cython.int, At.FLAGS)
TIME = cython.declare(cython.int, At.TIME)
FLAG_SYN = cython.declare(cython.longlong, SYN)
FLAG_ACK = cython.declare(cython.longlong, ACK)
FIN_RST = cython.declare(cython.longlong, FIN | RST)
ACK_RST = cython.declare(cython.longlong, ACK | RST)
ACK_SYN_RST = cython.declare(cython.longlong, ACK | SYN | RST)


def opened(trace: Trace, position: Position) -> Opened:
    """What the first part of a connection says."""
    made = Opened()
    made.syn_count, made.synack_count, *rows, made.syn_ns = _find(trace.packed(), trace.client)
    syn, synack, ack = (None if row < 0 else _place(trace, row) for row in rows)
    made.syn, made.synack, made.ack = syn, synack, ack
    once = made.syn_count == made.synack_count == 1
    if once and syn is not None and synack is not None and ack is not None and syn.time <= synack.time <= ack.time:
        made.server_side_rtt_ns, made.client_side_rtt_ns = synack.time - syn.time, ack.time - synack.time
    elif synack is not None:  # one of them may have been sent again
        halves = opening(trace, position)
        made.server_side_rtt_ns, made.client_side_rtt_ns = halves.server_ns, halves.client_ns
    return made


def _find(columns: cython.longlong[:, ::1], client: cython.longlong) -> tuple[int, int, int, int, int, int]:
    """How many SYNs and SYN/ACKs, the rows of the first ones and of the ACK, or -1, and the latest time of a SYN."""
    i: cython.Py_ssize_t
    flags: cython.longlong
    mine: cython.bint
    syns: cython.Py_ssize_t = 0
    synacks: cython.Py_ssize_t = 0
    syn: cython.Py_ssize_t = -1
    synack: cython.Py_ssize_t = -1
    others: cython.Py_ssize_t = 0
    latest: cython.longlong = 0
    for i in range(columns.shape[1]):
        flags = columns[FLAGS, i]
        mine = columns[DIRECTION, i] == client
        others += not mine
        if not flags & FLAG_SYN:
            continue
        latest = max(latest, columns[TIME, i])
        if mine and flags & ACK_RST == 0:
            syns += 1
            if syn < 0:
                syn = i
        elif not mine and flags & ACK_RST == FLAG_ACK:
            synacks += 1
            if synack < 0:
                synack = i
    if synack < 0 and (syn < 0 or others):
        return int(syns), 0, int(syn), -1, -1, int(latest)
    for i in range((synack if synack >= 0 else syn) + 1, columns.shape[1]):
        if (
            columns[DIRECTION, i] == client
            and columns[FLAGS, i] & ACK_SYN_RST == FLAG_ACK
            and (synack < 0 or columns[ACKED, i] >= 0)
        ):
            return int(syns), int(synacks), int(syn), int(synack), int(i), int(latest)
    return int(syns), int(synacks), int(syn), int(synack), -1, int(latest)


class Endings:
    """FINs and the first reset, over all parts of a connection."""

    def __init__(self) -> None:
        self.fins = [False, False]
        self.fin: Place | None = None  #: the first one
        self.reset: Place | None = None  #: the first RST before both FINs
        self.reset_direction = -1

    def add(self, trace: Trace, last: int) -> None:
        """The next part: its rows from the first that was not reported to before `last`."""
        for row in _ends(trace.packed(), trace.reported, last):
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


def _ends(columns: cython.longlong[:, ::1], first: cython.Py_ssize_t, last: cython.Py_ssize_t) -> list[int]:
    """Rows with FIN or RST."""
    return [int(i) for i in range(first, last) if columns[FLAGS, i] & FIN_RST]


def _place(trace: Trace, row: int) -> Place:
    return Place(int(trace.frame[row]), int(trace.time[row]))
