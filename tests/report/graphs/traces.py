"""Traces of one connection made by hand: the server sends segments, the client acknowledges every second one."""

from __future__ import annotations

import numpy as np

from analyzer.flow.tcp.ledger.ledger import Judged, healthy
from analyzer.flow.tcp.ledger.trace import ACK, NONE, Trace
from analyzer.flow.tcp.ledger.verdict import Kind, Need, Trigger

SEGMENT = 1000
WINDOW = 1 << 20


def download(packets: int, step_ns: int = 1_000_000, stream: int = 0, segment: int = SEGMENT) -> Trace:
    """So many packets, a third of them acks; the client is direction 0."""
    rows = np.arange(packets)
    server = rows % 3 != 2
    length = np.where(server, segment, 0)
    end = np.cumsum(length)
    nothing = np.full(packets, NONE)
    zero = np.zeros(packets, np.int64)
    return Trace(
        stream=stream, slot=stream, client=0, frame=rows + 1, time=rows * step_ns, direction=server.astype(np.int64),
        start=np.where(server, end - length, 0), end=np.where(server, end, 0), length=length, acked=np.where(server, 0, end),
        flags=np.full(packets, ACK), window=np.full(packets, WINDOW), tsval=nothing, tsecr=nothing, ip_id=nothing, ttl=zero + 64,
        link=zero, sack_row=zero[:0], sack_from=zero[:0], sack_to=zero[:0], sack=True,
    )  # fmt: skip


def judged(trace: Trace, resent: tuple[int, ...] = ()) -> Judged:
    """All of it new; but some rows were sent again by a timer."""
    found = healthy(trace)
    found.segments.kind[list(resent)] = Kind.RETRANSMISSION
    found.segments.trigger[list(resent)] = Trigger.RTO
    found.segments.need[list(resent)] = Need.NEEDED
    return found
