"""The connections of a capture as traces."""

from pathlib import Path

from analyzer.capture.reader import open_capture
from analyzer.flow.tcp.ledger.log import Log
from analyzer.flow.tcp.ledger.trace import Trace
from analyzer.pipeline import Pipeline

BUDGET = 1 << 30


def traces(path: str | Path) -> list[Trace]:
    """Every TCP connection of a capture, in the order of the streams."""
    with open_capture(str(path)) as reader:
        pipeline = Pipeline(reader)
        log = Log(pipeline.tcp.slots, pipeline.tcp.conversations, BUDGET)
        for dissection in pipeline:
            if dissection.tcp is not None and dissection.tcp_facts is not None:
                log.append(dissection.batch, dissection.tcp, dissection.tcp_facts)
        found = [log.trace(int(slot), over=True) for slot in log.logged()]
    return sorted(found, key=lambda trace: trace.stream)
