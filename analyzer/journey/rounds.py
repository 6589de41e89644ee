"""How often the client had to wait for the server before it could send its request: turns of the talk, counted in the packets.

- One for the handshake of TCP, unless the request was in a SYN that the server took (RFC 7413).
- One for each time that the client went on only after the server had said something: hellos, greetings, CONNECT, STARTTLS. What
  the server said counts if it can have reached the client by then. In TLS 1.3 nothing that the server says behind the client's
  Finished counts: tickets come there, for which no client waits.
- One for each further window of a flight: the server sent a full segment last, and then nothing for a round trip, until the
  client had acknowledged (RFC 5681 section 3.1). A large chain of certificates does that.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.dissect.application.stream import Place
from analyzer.flow.tcp.ledger.opening import ARRIVED
from analyzer.flow.tcp.ledger.position import Position
from analyzer.journey.connection import Opened
from analyzer.journey.payload import Payload, Turn

PAUSE: Final = 0.5  #: of the round trip: less is the pace of a sender


def round_trips(opened: Opened, request: Place, until: int, said: Payload, client: int, position: Position) -> int | None:
    """Of a connection whose SYN was captured. `until`: the frame of the client's last message that waited, or of the request."""
    if opened.syn is None:
        return None
    in_syn = opened.synack is not None and request.frame < opened.synack.frame
    count = 0 if in_syn else 1
    near = int(ARRIVED * (position.near[client] or 0))
    heard: Turn | None = None
    for turn in said.turns():
        if turn.frame > until:
            continue
        if turn.direction != client:
            heard = turn
        elif heard is not None:
            if turn.time - heard.time >= near:
                count += 1 + further_windows(said, heard.row, turn.row, position.rtt())
            heard = None
    return count


def further_windows(said: Payload, first: int, behind: int, rtt: int | None) -> int:
    """How many windows but the first the flight took that lies between these rows."""
    if rtt is None or behind - first < 2:
        return 0
    _, time, direction, start, end, _, new = said.columns[:, first:behind]
    rows = ((direction == direction[0]) & (new != 0)).nonzero()[0]
    length = end[rows] - start[rows]
    since = np.diff(time[rows])
    return int(np.count_nonzero((since >= PAUSE * rtt) & (length[:-1] == length.max())))
