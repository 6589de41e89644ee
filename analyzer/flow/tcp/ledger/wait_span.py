"""Stretches of a connection that have a reason of their own, whatever its packets do meanwhile: which one holds at an instant."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from analyzer.flow.tcp.ledger.wait_reason import PRECEDENCE, Reason


class Span(NamedTuple):
    """Times are ns on the clock of the waits, frames those that prove it."""

    start: int
    end: int
    reason: Reason
    side: int
    frames: tuple[int, ...]


def disjoint(spans: Iterable[Span], begin: int, end: int) -> list[Span]:
    """Inside [begin, end), in order of time, cut where one of higher PRECEDENCE holds too; of equals the earlier stays."""
    waiting = sorted(span if begin <= span.start and span.end <= end else _cut(span, begin, end) for span in spans)
    if all(one.start < one.end <= other.start for one, other in pairwise(waiting)):
        return waiting if not waiting or waiting[-1].start < waiting[-1].end else waiting[:-1]
    found: list[Span] = []
    active: list[tuple[int, Span]] = []
    at = begin
    for span in [*waiting, None]:
        until = end if span is None else span.start
        while active and at < until:
            top = active[0][1]
            if top.end <= at:
                heapq.heappop(active)
                continue
            reach = min(top.end, until)
            if found and found[-1].end == at and found[-1].frames is top.frames and found[-1].reason == top.reason:
                found[-1] = found[-1]._replace(end=reach)
            else:
                found.append(top._replace(start=at, end=reach))
            at = reach
        at = max(at, until)
        if span is not None and span.end > span.start:
            heapq.heappush(active, (PRECEDENCE.index(span.reason), span))
    return found


def _cut(span: Span, begin: int, end: int) -> Span:
    return span._replace(start=max(span.start, begin), end=min(span.end, end))
