"""Courses of the connections in a capture, as a report gathers them."""

from __future__ import annotations

from pathlib import Path

from analyzer.capture.reader import open_capture
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.pipeline import Pipeline
from analyzer.report.graphs.connection_graphs import ConnectionGraphs
from analyzer.report.graphs.course import Course

PCAPS = Path(__file__).resolve().parents[3] / "pcaps"


def gathered(name: str, most: int = 100, only: int | None = None) -> ConnectionGraphs:
    """All connections of a capture in pcaps/."""
    graphs = ConnectionGraphs(most, only)
    with open_capture(str(PCAPS / name)) as reader:
        pipeline = Pipeline(reader, verdicts=Verdicts(every=True, judged=graphs.judged))
        for _ in pipeline:
            pass
        pipeline.close()
    return graphs


def course(name: str, stream: int = 0) -> Course:
    found = gathered(name).course(stream)
    assert found is not None
    return found
