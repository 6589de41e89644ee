"""Whatever the packets are: the phases follow one another without a gap, add up to the duration, and are the same interpreted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest

from analyzer.flow.tcp.ledger import waits as judged
from analyzer.flow.tcp.ledger.position import Position, position
from analyzer.flow.tcp.ledger.trace import NO_ACK, Trace
from analyzer.flow.tcp.ledger.verdict import Kind, Segments
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import LONGEST_NS, waits
from tests.flow.tcp.ledger.making import assembled
from tests.flow.tcp.ledger.making import trace as exactly
from tests.flow.tcp.ledger.test_waits import Stalled
from tests.soon import soon

LIMIT = 20.0  #: seconds, of less than one that 40,000 packets take
FLAGS = np.array([0x10, 0x10, 0x10, 0x18, 0x18, 0x02, 0x12, 0x11, 0x04, 0x14, 0x00, 0x3F])
ENDS = (0, 1, 500, 1000, 1448, 1 << 31, (1 << 33) - 1, -5)
LENGTHS = (0, 0, 0, 1, 1, 100, 1448, 64_000, 1 << 31)
STEPS = (0, 0, 0, 1_000, 300_000, 2_000_000, 20_000_000, 400_000_000, -50_000_000, 7_000_000_000)


def hostile(random: np.random.Generator, rows: int) -> Trace:
    """Packets that no two hosts would exchange."""
    columns = {
        "frame": np.arange(1, rows + 1),
        "time": random.integers(-(1 << 60), 1 << 60) + np.cumsum(random.choice(STEPS, rows)),
        "direction": random.integers(0, 2, rows) if random.random() < 0.9 else np.zeros(rows, np.int64),
        "start": random.choice(ENDS, rows) + random.integers(0, 3000, rows),
        "length": random.choice(LENGTHS, rows),
        "acked": np.where(random.random(rows) < 0.1, NO_ACK, random.choice(ENDS, rows) + random.integers(0, 3000, rows)),
        "flags": random.choice(FLAGS, rows),
        "window": random.choice((0, 0, 1, 1000, 65_535, 1 << 30), rows),
        "tsval": random.integers(-1, 50, rows),
        "tsecr": random.integers(-1, 50, rows),
        "ip_id": random.integers(-1, 1 << 16, rows),
        "ttl": np.full(rows, 64),
        "link": np.zeros(rows, np.int64),
    }
    columns["end"] = columns["start"] + columns["length"] + (columns["flags"] & 1) + (columns["flags"] >> 1 & 1)
    made = [{name: int(column[row]) for name, column in columns.items()} for row in range(rows)]
    return assembled(made, (), client=int(random.integers(0, 2)))


def stalls(random: np.random.Generator, trace: Trace) -> list[Stalled]:
    times = np.sort(random.choice(trace.time, 2 * int(random.integers(0, 4))))
    ends = [None if random.random() < 0.2 else end for end in times[1::2].tolist()]
    return [Stalled(int(random.integers(0, 2)), start, end, 1) for start, end in zip(times[::2].tolist(), ends, strict=True)]


def somewhere(random: np.random.Generator, trace: Trace) -> Position:
    if random.random() < 0.5:
        return position(trace)
    halves = [None if random.random() < 0.2 else int(random.choice((0, 30_000, 5_000_000, 100_000_000))) for _ in range(2)]
    return Position((halves[0], halves[1]), (None, None), trace.client)


def test_any_packets(monkeypatch: pytest.MonkeyPatch, interpreted: Callable[[str], ModuleType]) -> None:
    plain = interpreted("analyzer.flow.tcp.ledger.wait_silence").Silences
    for seed in range(400):
        random = np.random.default_rng(seed)
        trace = hostile(random, int(random.integers(1, 40)))
        segments = Segments.of(len(trace)) if random.random() < 0.7 else None
        if segments is not None:
            segments.kind[:] = random.integers(0, len(Kind), len(trace))
        where, held = somewhere(random, trace), stalls(random, trace)
        trace.reported = int(random.integers(0, len(trace))) if random.random() < 0.3 else 0
        found = waits(trace, where, held, segments)
        phases = list(found)
        clock = np.maximum.accumulate(trace.time).tolist()
        begin = clock[max(trace.reported - 1, 0)]
        assert sum(phase.duration_ns for phase in phases) == clock[-1] - begin == sum(found.totals().values()), seed
        assert [phase.start_ns for phase in phases] == ([begin, *(phase.end_ns for phase in phases)])[: len(phases)], seed
        assert all(phase.duration_ns > 0 for phase in phases), seed
        assert {frame for phase in phases for frame in phase.evidence} <= set(trace.frame.tolist()), seed
        with monkeypatch.context() as patch:
            patch.setattr(judged, "Silences", plain)
            assert list(waits(trace, where, held, segments)) == phases, seed


def test_as_many_pieces_as_there_can_be() -> None:
    """Packets that were held up on their way: the way of the one before, the application, the delay."""
    ladder = [f"{1000 * i} {'cs'[i % 2]} A {100 * (i // 2)}+100 ts {1000 * i - 300 * (i // 2 % 2)}/1" for i in range(60)]
    found = waits(exactly(*ladder), Position((20_000_000, 20_000_000), ("acks", "acks"), 0))
    delayed = found.count(Reason.NETWORK_DELAY)
    assert delayed > 20
    assert len(found) == 2 * 59 + delayed


def test_a_long_trace_takes_no_longer_per_packet() -> None:
    """Ten times as many packets with windows that close, holes and silences: no part of it is quadratic."""
    random = np.random.default_rng(0)
    trace = hostile(random, 40_000)
    trace.time[:] = np.cumsum(random.integers(0, 3_000_000, len(trace)))
    assert trace.time[-1] < LONGEST_NS
    times = np.linspace(0, int(trace.time[-1]), 10_001).astype(np.int64).tolist()
    held = [Stalled(0, start, end - 1, 1) for start, end in pairwise(times)]
    with soon(LIMIT):
        found = waits(trace, Position((20_000_000, 1_000_000), ("acks", "acks"), 0), held)
    assert sum(found.totals().values()) == int(trace.time[-1] - trace.time[0])
