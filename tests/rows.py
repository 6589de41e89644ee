"""Everything that the analysis says about frames, as text: two runs agree if their texts do.

`python -m tests.rows [--interpreted] [CAPTURE ...]` prints a digest of every column of every batch, one line each; without
a capture it reads mutated frames (scripts/fuzz.py) from standard input.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from typing import Any


def digest(array: Any) -> str:
    return hashlib.blake2b(array.tobytes(), digest_size=8).hexdigest()


class Frames:
    """Batches in place of a Reader."""

    def __init__(self, batches: Iterator[Any]) -> None:
        from analyzer.capture.facts import Losses

        self.losses = Losses()
        self._batches = batches

    def __iter__(self) -> Iterator[Any]:
        return self._batches


def rows_of(batches: Any) -> Iterator[str]:
    """A line for each column of each batch and for each message, and at the end one for each conversation and counter."""
    from analyzer.dissect import stack
    from analyzer.flow.fact import Fact
    from analyzer.flow.findings.applications import PROTOCOLS
    from analyzer.flow.slots import DEFAULT_BUDGET
    from analyzer.flow.tcp.ledger.connections import Verdicts
    from analyzer.pipeline import EVERY_APPLICATION, Pipeline

    judged: list[str] = []
    pipeline = Pipeline(batches, None, DEFAULT_BUDGET, EVERY_APPLICATION, Verdicts(True, lambda one: judged.extend(_judged(one))))
    rows = {protocol: make() for protocol, (make, _) in PROTOCOLS.items()}
    for n, dissection in enumerate(pipeline):
        batch = dissection.batch
        for name in ("number", "time", "start", "end", "reported", "interface", "linktype", "fault"):
            yield f"{n} frame.{name} {digest(getattr(batch, name))}"
        for protocol in stack.DISSECTORS:
            table = dissection.walk.table(protocol)
            if table is not None:
                for name in table:
                    yield f"{n} {protocol}.{name} {len(table)} {digest(table[name])}"
        for protocol in ("tcp", "udp"):
            table = dissection.walk.table(protocol)
            facts = getattr(dissection, f"{protocol}_facts")
            if table is None:
                continue
            seen = table["carries"] >= 0 if protocol == "tcp" else slice(None)
            for fact in list(Fact)[: facts.count]:
                if fact is not Fact.SIDE:
                    yield f"{n} {protocol}.{fact.name} {digest(facts[fact][seen])}"
        for message in dissection.messages:
            for row in rows[message.PROTOCOL].rows(message):
                yield f"{n} {message.PROTOCOL} {row}"
    for message in pipeline.finish():
        for row in rows[message.PROTOCOL].rows(message):
            yield f"end {message.PROTOCOL} {row}"
    for protocol in ("tcp", "udp"):
        conversations = getattr(pipeline, protocol).conversations
        for row in conversations.rows(conversations.slots.used()):
            yield f"{protocol} {sorted(row.items())}"
    yield from judged
    yield f"paths {list(pipeline.walk.paths)} {pipeline.walk.paths.packets} {pipeline.walk.paths.bytes}"
    yield f"faults {sorted(pipeline.walk.faults.items())} too deep {pipeline.walk.too_deep}"


def _judged(one: Any) -> Iterator[str]:
    """A line for each thing that is said of a connection."""
    from analyzer.flow.tcp.ledger.event_rows import copied, verdicts
    from analyzer.flow.tcp.ledger.rtt_rows import RttRows, sampled
    from analyzer.flow.tcp.ledger.wait_rows import phases, waits_of

    stream = one.trace.stream
    for said in (verdicts, copied, RttRows(), sampled):
        for row in said(one):
            yield f"{stream} {row}"
    for phase in phases(stream, waits_of(one)):
        yield f"{stream} {phase}"
    for stall in one.stalls:
        yield f"{stream} {stall}"


def main() -> None:
    arguments = sys.argv[1:]
    if "--interpreted" in arguments:
        arguments.remove("--interpreted")
        from tests.interpreted import install

        install()
    from analyzer.capture.reader import CaptureError, open_capture

    if not arguments:
        from scripts.fuzz import batches, load

        for line in rows_of(Frames(batches(load(sys.stdin.buffer)))):
            print(line)
    for path in arguments:
        try:
            with open_capture(path) as reader:
                for line in rows_of(reader):
                    print(path, line)
                print(path, "damage", reader.damage)
        except CaptureError as error:
            print(path, error)


if __name__ == "__main__":
    main()
