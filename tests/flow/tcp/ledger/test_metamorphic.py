"""What happens to a capture, and not to the traffic, changes no verdict on TCP (metamorphic.py says what may happen).

Compared are byte ranges: which of them are anything else than new and in order, and the stalls. A clock that is set, and packets
in slightly other order, are tried where all is new and in order: what they do inside of a recovery is not decidable.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analyzer.flow.findings.capture_quality import CaptureQuality
from analyzer.flow.tcp.ledger.ledger import Judged, judge
from analyzer.flow.tcp.ledger.verdict import Kind
from tests.flow.tcp.ledger import metamorphic
from tests.flow.tcp.ledger.metamorphic import Frame, cut, doubled, joined, read, segment, shifted, shuffled, split
from tests.flow.tcp.ledger.traces import traces

ROOT = Path(__file__).parents[4]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
OURS = sorted([*(ROOT / "pcaps" / "tcp").glob("*.pcap"), *(ROOT / "pcaps" / "recorded").glob("*.pcap")])
LAB = sorted((Path(REFERENCE) / "tcp-lab").glob("*.pcap")) if REFERENCE else []
DAY_NS = 86_400_000_000_123
STEP_NS = 2_000_000_000
TOLERANCE_NS = 150_000  #: of the duration of a stall, of which both ends are seen up to 50 us late

Words = tuple[int, ...]


@dataclass
class Said:
    """What is said about a capture."""

    packets: int = 0
    ranges: set[tuple[int, int, Words, tuple[tuple[int, int], ...]]] = field(default_factory=set)
    stalls: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not self.ranges and not self.stalls


def said(path: Path) -> Said:
    """Our verdicts on all connections of a capture."""
    result = Said()
    quality = CaptureQuality()
    for trace in traces(path):
        judged = judge(trace)
        quality.add(judged.whole, judged.copies, judged.trace)
        result.ranges |= _ranges(judged)
        for stall in judged.stalls:
            holes = stall.holes
            bounds = (holes[0].missing_from, holes[-1].missing_to) if holes else (0, 0)
            result.stalls.append((judged.trace.stream, stall.direction, *bounds, stall.seen_by))
            result.durations.append(stall.duration_ns or 0)
    result.packets = quality.packets
    result.findings = {finding.kind: finding.count for finding in quality.findings()}
    return result


def _ranges(judged: Judged) -> set[tuple[int, int, Words, tuple[tuple[int, int], ...]]]:
    """For each verdict the bytes that have it, in ranges as long as possible: however they are cut into segments."""
    trace, verdicts = judged.trace, judged.segments
    found: dict[tuple[int, Words], list[tuple[int, int]]] = {}
    for row in np.flatnonzero((verdicts.kind != Kind.NEW) | (verdicts.hole != 0)).tolist():
        words = tuple(int(column[row]) for column in (verdicts.kind, verdicts.trigger, verdicts.need, verdicts.hole))
        start, end = int(trace.start[row]), int(trace.end[row])
        # how much of what lies behind a hole came in one segment does not matter
        bounds = (start, start if words[0] == Kind.GAP_OPEN else end)
        found.setdefault((int(trace.direction[row]), words), []).append(bounds)
    return {(trace.stream, direction, words, _joined(ranges)) for (direction, words), ranges in found.items()}


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    chains: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        before = next((i for i, chain in enumerate(chains) if chain[1] == start < end), None)
        if before is None:
            chains.append((start, end))
        else:
            chains[before] = (chains[before][0], end)
    return tuple(sorted(chains))


@cache
def frames_of(path: Path) -> Sequence[Frame]:
    return tuple(read(path))


@cache
def plainly(path: Path) -> Said:
    return said(path)


def resplit(frames: Sequence[Frame]) -> list[Frame]:
    """Joined, and split again into segments as long as the longest one was."""
    layouts = [layout for layout in map(segment, frames) if layout]
    return split(joined(frames), max((layout.size for layout in layouts), default=1))


def in_silence(frames: Sequence[Frame]) -> int:
    """The frame behind the longest silence."""
    times = [frame.time for frame in frames]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return gaps.index(max(gaps)) + 1 if gaps else 0


ANYWHERE: dict[str, Callable[[Sequence[Frame]], list[Frame]]] = {
    "doubled": doubled,
    "behind_router": metamorphic.behind_router,
    "joined": joined,
    "split": resplit,
    "cut": cut,
    "shifted": lambda frames: shifted(frames, DAY_NS),
}
CLEAN: dict[str, Callable[[Sequence[Frame]], list[Frame]]] = {
    "shuffled": shuffled,
    "set_forward": lambda frames: shifted(frames, STEP_NS, in_silence(frames)),
    "set_back": lambda frames: shifted(frames, -STEP_NS, in_silence(frames)),
}
FOUND = {"doubled": "captured_twice", "behind_router": "captured_twice"}


def check(path: Path, name: str, transform: Callable[[Sequence[Frame]], list[Frame]], tmp_path: Path) -> None:
    before = plainly(path)
    after = said(metamorphic.write(transform(frames_of(path)), tmp_path / "other.pcapng"))
    assert after.ranges == before.ranges
    assert after.stalls == before.stalls
    assert after.durations == pytest.approx(before.durations, abs=TOLERANCE_NS)
    if name in FOUND and before.packets:
        assert after.findings.get(FOUND[name], 0) > before.findings.get(FOUND[name], 0)


@pytest.mark.parametrize("name", ANYWHERE)
@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_ours(path: Path, name: str, tmp_path: Path) -> None:
    check(path, name, ANYWHERE[name], tmp_path)


@pytest.mark.parametrize("name", CLEAN)
def test_ours_clean(name: str, tmp_path: Path) -> None:
    clean = [path for path in OURS if plainly(path).clean]
    assert len(clean) > len(OURS) // 2
    for path in clean:
        check(path, name, CLEAN[name], tmp_path)


@pytest.mark.skipif(not LAB, reason="ANALYZER_REFERENCE does not name the folder of the reference captures")
@pytest.mark.parametrize("name", ANYWHERE)
@pytest.mark.parametrize("path", LAB, ids=lambda path: path.stem)
def test_lab(path: Path, name: str, tmp_path: Path) -> None:
    check(path, name, ANYWHERE[name], tmp_path)


@pytest.mark.skipif(not LAB, reason="ANALYZER_REFERENCE does not name the folder of the reference captures")
@pytest.mark.parametrize("name", CLEAN)
def test_lab_clean(name: str, tmp_path: Path) -> None:
    for path in LAB:
        if plainly(path).clean:
            check(path, name, CLEAN[name], tmp_path)
