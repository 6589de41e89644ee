"""The receiver is full: from the acknowledgment that closes its window to the one that opens it (RFC 9293 section 3.8.6.1).

It held the connection up only if the sender had something to send: it probed the window meanwhile, or sent as soon as the
opening had reached it. A window that never opens again needs a probe.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, FIN, RST, SYN, Trace
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_span import Span

AT_ONCE_NS: Final = 5_000_000  #: after the opening has reached the sender
NOTHING: Final = np.zeros(0, np.int64)


def zero_windows(trace: Trace, clock: Int64, position: Position) -> list[Span]:
    """The spans zero_window of both directions; `side` is the sender that had to wait."""
    found: list[Span] = []
    for sender in (0, 1):
        starts, ends = closures(trace, sender)
        if len(starts):
            found += _held(trace, clock, sender, starts, ends, position.near[sender] or 0)
    return found


def closures(trace: Trace, sender: int) -> tuple[Int64, Int64]:
    """The rows with which the window for this sender closes, and those with which it opens (or the length of the trace)."""
    if np.count_nonzero(trace.window) == len(trace):
        return NOTHING, NOTHING
    shut = (trace.window == 0) & (trace.direction != sender) & (trace.flags & (SYN | RST | FIN | ACK) == ACK)
    if not shut.any():
        return NOTHING, NOTHING
    says = shut | (trace.window > 0) & (trace.direction != sender) & (trace.flags & (SYN | RST | ACK) == ACK)
    acks: Int64 = np.flatnonzero(says)
    edges = np.diff(shut[acks].astype(np.int8), prepend=0, append=0)
    return acks[np.flatnonzero(edges == 1)], np.append(acks, len(trace))[np.flatnonzero(edges == -1)]


def _held(trace: Trace, clock: Int64, sender: int, starts: Int64, ends: Int64, near: int) -> list[Span]:
    """Those of the spans from row to row (or to the end of the trace) that held the sender up."""
    own = np.flatnonzero((trace.direction == sender) & (trace.flags & (SYN | RST) == 0))
    high = np.maximum.accumulate(np.append(np.int64(-1), trace.end[own]))[:-1]
    asks = (trace.length[own] > 0) | (trace.start[own] < high) & (trace.flags[own] & FIN == 0)
    probes, sends = own[asks], own[trace.length[own] > 0]
    probed = np.searchsorted(probes, ends) > np.searchsorted(probes, starts)
    following = np.append(sends, len(trace))[np.searchsorted(sends, ends)]
    times = np.append(clock, np.iinfo(np.int64).max)
    opened = ends < len(trace)
    ready = np.where(opened, times[ends], 0) + near + AT_ONCE_NS
    kept = probed | opened & (following < len(trace)) & (times[following] <= ready)
    until = np.minimum(ends, len(trace) - 1)
    frames = np.stack((trace.frame[starts], trace.frame[until]), axis=1)
    return [
        Span(int(clock[starts[i]]), int(clock[until[i]]), Reason.ZERO_WINDOW, sender, tuple(frames[i].tolist()))
        for i in np.flatnonzero(kept).tolist()
    ]
