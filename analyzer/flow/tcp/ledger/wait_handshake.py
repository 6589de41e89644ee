"""Until a connection stands: from the first SYN to the ACK that completes the handshake (RFC 9293 section 3.5).

The part that was spent waiting for a SYN or SYN/ACK to be repeated ends with the copy that was answered: the latest
one that is old enough for an answer. Time stamps do not tell: hosts echo that of the first copy. A handshake that is refused ends
with the RST, one that is never answered not at all.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, RST, SYN, Trace
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_span import Span

SOONEST: Final = 0.8  #: of the shortest way ever measured; an answer that comes sooner is one to an earlier copy


class Handshake(NamedTuple):
    spans: list[Span]
    accepted: int  #: row of the ACK, -1: none


def handshake(trace: Trace, clock: Int64, position: Position) -> Handshake:
    """The spans connect and syn_repeat; none if the capture begins later."""
    syn = (trace.flags & SYN).nonzero()[0]
    if not len(syn) or np.count_nonzero(trace.length[: syn[0]]):
        return Handshake([], -1)
    client = trace.client
    of_client = trace.direction == client
    answers = syn[~of_client[syn] & (trace.flags[syn] & ACK != 0)]
    accepted = _first(of_client & (trace.flags & (SYN | ACK | RST) == ACK) & (trace.acked >= 0), answers)
    first = int(syn[0])
    last = accepted
    if last < 0:
        refused = _first(trace.flags & RST != 0, syn)
        last = refused if refused >= 0 else len(trace) - 1
    span = Span(int(clock[first]), int(clock[last]), Reason.CONNECT, -1, (int(trace.frame[first]), int(trace.frame[last])))
    if len(syn) == len(answers[:1]) + 1 and of_client[first]:
        return Handshake([span], accepted)
    repeats: list[Span] = []
    requests = syn[of_client[syn] & (syn <= last)]
    answers = answers[answers < last]
    answer = _answered(clock, answers, accepted, position.far[1 - client]) if accepted >= 0 else -1
    request = _answered(clock, requests, answer, position.far[client]) if answer >= 0 else int(syn[syn <= last][-1])
    if len(requests) and request > requests[0]:
        repeats.append(_repeat(trace, clock, int(requests[0]), request))
    again = answers[(answers >= request) & (answers <= answer)]
    if len(again) > 1:
        repeats.append(_repeat(trace, clock, int(again[0]), int(again[-1])))
    return Handshake([span, *repeats], accepted)


def _first(wanted: np.ndarray, behind: Int64) -> int:
    """The first of the wanted rows behind the first of others; -1: none."""
    if not len(behind):
        return -1
    first = int(behind[0]) + 1
    found = wanted[first:].nonzero()[0]
    return first + int(found[0]) if len(found) else -1


def _answered(clock: Int64, copies: Int64, answer: int, far: int | None) -> int:
    """Which of these copies, all of one segment, row `answer` answers; -1: there is none."""
    copies = copies[copies <= answer]
    if not len(copies):
        return -1
    old = copies[clock[copies] <= clock[answer] - int(SOONEST * (far or 0))]
    return int(old[-1] if len(old) else copies[0])


def _repeat(trace: Trace, clock: Int64, first: int, last: int) -> Span:
    frames = (int(trace.frame[first]), int(trace.frame[last]))
    return Span(int(clock[first]), int(clock[last]), Reason.SYN_REPEAT, int(trace.direction[last]), frames)
