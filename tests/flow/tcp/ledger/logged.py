"""Ladders of frames (tests/flow/tcp/ladder.py) through the walk, the analysis and the log of packets."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.batch import Batch, Table
from analyzer.dissect.walk import Walk
from analyzer.flow.fact import Facts
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.log import Log
from analyzer.flow.tcp.ledger.trace import Trace
from tests.flow.tcp.ladder import Segment, batch

BUDGET = 1 << 26
Analyzed = tuple[Batch, Table, Facts]


def analyzed(analysis: TcpAnalysis, segments: list[Segment], rows: int = 1 << 20) -> Iterator[Analyzed]:
    """The segments in batches of so many frames; each is valid until the next one is asked for."""
    for first in range(0, len(segments), rows):
        yield of_batch(analysis, batch(segments[first : first + rows], first))


def of_batch(analysis: TcpAnalysis, made: Batch) -> Analyzed:
    """A batch of frames with its TCP headers and what is known of them."""
    walk = Walk()
    walk.batch(made)
    table = walk.table("tcp")
    assert table is not None
    return made, table, analysis.update(made, table)


def log_of(segments: list[Segment], rows: int = 1 << 20, budget: int = BUDGET) -> Log:
    """The log of these packets."""
    analysis = TcpAnalysis()
    log = Log(analysis.slots, analysis.conversations, budget)
    for made in analyzed(analysis, segments, rows):
        log.append(*made)
    return log


def traces_of(segments: list[Segment], rows: int = 1 << 20) -> list[Trace]:
    """Their connections."""
    log = log_of(segments, rows)
    return [log.trace(int(slot), over=True) for slot in log.logged()]
