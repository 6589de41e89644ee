"""A capture clock that jumps forward is told by the clocks of the hosts."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pytest

from analyzer.batch import Batch
from analyzer.finding import Finding
from analyzer.flow.findings import clock
from analyzer.flow.findings.clock import ClockJumps
from analyzer.pipeline import Pipeline
from tests.frames import batch_of, ethernet, ipv4, tcp

MS = 1_000_000
JUMP = 700 * MS


class Source:
    def __init__(self, *batches: Batch) -> None:
        self._batches = batches

    def __iter__(self) -> Any:
        return iter(self._batches)


def packet(sender: int, sent_ms: int, tick_ms: int = 1) -> bytes:
    stamps = b"\1\1" + struct.pack("!BBII", 8, 10, 0xFFFFFF00 + sent_ms // tick_ms & 0xFFFFFFFF, 0)
    ends = ("10.0.0.1", "10.0.0.2") if sender == 0 else ("10.0.0.2", "10.0.0.1")
    segment = bytearray(tcp(options=stamps))
    if sender:
        segment[0:4] = segment[2:4] + segment[0:2]
    return ethernet(ipv4(bytes(segment), 6, *ends))


def found_in(frames: Sequence[bytes], times: Sequence[int], rows: int = 1 << 20) -> list[Finding]:
    batches = []
    for first in range(0, len(frames), rows):
        batch = batch_of(frames[first : first + rows], times=times[first : first + rows])
        batch.number += first
        batches.append(batch)
    pipeline = Pipeline(Source(*batches))  # type: ignore[arg-type]
    jumps = ClockJumps()
    for dissection in pipeline:
        assert dissection.tcp is not None and dissection.tcp_facts is not None
        jumps.update(dissection.tcp, dissection.tcp_facts)
    return list(jumps.findings())


def talk(pause_ms: int = 300) -> tuple[list[int], list[int]]:
    """Who sends when (ms): two hosts in turn, with a pause before packet 40."""
    sent = [10 * i + (pause_ms if i >= 40 else 0) for i in range(60)]
    return [i % 2 for i in range(60)], sent


@pytest.mark.parametrize("rows", (1 << 20, 40, 16))
def test_all_clocks_but_the_captures(rows: int) -> None:
    who, sent = talk()
    frames = [packet(*one) for one in zip(who, sent, strict=True)]
    times = [ms * MS + (JUMP if i >= 40 else 0) for i, ms in enumerate(sent)]
    (finding,) = found_in(frames, times, rows)
    assert (finding.kind, finding.count, finding.frames) == ("clock_jumped", 1, (41,))
    assert finding.values["largest_ns"] == pytest.approx(JUMP, abs=2 * MS)


@pytest.mark.parametrize("tick_ms", (1, 4, 10, 500))
def test_pauses_are_no_jumps(tick_ms: int) -> None:
    who, sent = talk(900)
    frames = [packet(sender, ms, tick_ms) for sender, ms in zip(who, sent, strict=True)]
    assert not found_in(frames, [ms * MS for ms in sent])


def test_one_clock_alone_proves_nothing() -> None:
    """A host was suspended, or what it sent waited in a queue."""
    who, sent = talk()
    counted = [ms - (700 if i >= 40 and sender else 0) for i, (sender, ms) in enumerate(zip(who, sent, strict=True))]
    frames = [packet(*one) for one in zip(who, counted, strict=True)]
    assert not found_in(frames, [ms * MS for ms in sent])


def test_pauses_that_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many, and one more for so many segments: a quiet network has pauses for ever."""
    monkeypatch.setattr(clock, "MAX_PAUSES", 3)
    monkeypatch.setattr(clock, "PAUSE_SHARE", 10)
    jumps = ClockJumps()
    frames = [packet(i % 2, 200 * i) for i in range(100)]
    pipeline = Pipeline(Source(batch_of(frames, times=[200 * MS * i for i in range(100)])))  # type: ignore[arg-type]
    for dissection in pipeline:
        assert dissection.tcp is not None and dissection.tcp_facts is not None
        jumps.update(dissection.tcp, dissection.tcp_facts)
    assert jumps.pauses_left_out == 99 - 3 - 10
