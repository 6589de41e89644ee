"""Rows of judged connections: of those with a selected frame, made before they may be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer
from analyzer.capture.reader import open_capture
from analyzer.flow.judged_rows import JudgedRows
from analyzer.flow.tcp.ledger import connections
from analyzer.flow.tcp.ledger.ledger import Judged, healthy, judge
from analyzer.flow.tcp.ledger.trace import Trace
from analyzer.pipeline import Pipeline

PCAPS = Path(__file__).parents[2] / "pcaps"
PATHS = (PCAPS / "recorded/http_lossy.pcap", PCAPS / "recorded/http_keep_alive.pcap", PCAPS / "recorded/refused.pcap")


def told(judged: Judged) -> Iterator[tuple[int, str, int]]:
    assert judged.ends is not None
    yield judged.trace.stream, judged.ends.addresses[0], len(judged.whole)


def read(every: bool, chosen: int | None = None, memory: int = 1 << 30) -> list[tuple[int, str, int]]:
    rows = JudgedRows(told, every)
    with open_capture(*map(str, PATHS), rows=2) as reader:
        pipeline = Pipeline(reader, None, memory, verdicts=rows.verdicts)
        batches = ((one, None if chosen is None else one.batch.number == chosen) for one in pipeline)
        return list(rows.read(pipeline, batches))


def test_the_healthy_only_if_wanted() -> None:
    every, few = read(True), read(False)
    with analyzer.open(*PATHS) as capture:
        flows = {flow["stream"]: flow for flow in capture.flows()}
    packets = {stream: flow["packets_client"] + flow["packets_server"] for stream, flow in flows.items()}
    assert {stream: count for stream, _, count in every} == packets
    assert {stream: client for stream, client, _ in every} == {stream: flow["client"] for stream, flow in flows.items()}
    assert set(few) < set(every) and len(few) >= 1


def test_connections_with_a_selected_frame() -> None:
    with analyzer.open(*PATHS) as capture:
        stream = next(capture.packets(["tcp.stream"], frames="1"))["tcp.stream"]
    assert [row[0] for row in read(True, chosen=1)] == [stream]
    assert read(True, chosen=1 << 20) == []


def test_of_healthy_connections_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def compared(whole: Trace) -> Judged:
        short, full = healthy(whole), judge(whole)
        assert len(short.trace) == len(full.trace) and not full.copies and not full.stalls
        assert not full.segments.kind.any() and not short.segments.kind.any() and short.position == full.position
        seen.append(True)
        return short

    monkeypatch.setattr(connections, "healthy", compared)
    for path in sorted((PCAPS / "recorded").glob("*.pcap")) + sorted((PCAPS / "tcp").glob("*.pcap")):
        assert len(list(analyzer.open(path).rtt())) % 2 == 0
    assert len(seen) > 50
