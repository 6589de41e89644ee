"""The frames behind a finding show it again."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest

import analyzer
from analyzer.api import Row
from analyzer.batch import Interface
from analyzer.capture.reader import CaptureError
from analyzer.capture.writer import Writer
from analyzer.excerpting import NoFrames
from analyzer.finding import Finding, Severity
from analyzer.flow.behind import names_all
from analyzer.flow.findings.evidence import MAX_FRAMES, SHOWN_STREAMS
from tests.flow.findings.batches import icmp, ip, opening, segment
from tests.frames import ethernet

PCAPS = Path(__file__).parents[2] / "pcaps"
#: what a capture file says of itself; a time stamp that cannot be read is written as one that can
OF_THE_FILE = {"damage", "interface_drops", "unreadable_time", "forgotten", "conversations_evicted", "too_deep"}


def kinds(source: Path | BytesIO) -> list[str]:
    with analyzer.open(source) as capture:
        return [finding["kind"] for finding in capture.summary()["findings"]]


def captures() -> list[Path]:
    found = []
    for path in sorted(PCAPS.glob("*/*")):
        try:
            with analyzer.open(path):
                found.append(path)
        except CaptureError:
            continue
    return found


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in captures()])
def test_an_excerpt_gives_the_same_finding(path: Path) -> None:
    for number, kind in enumerate(kinds(path), 1):
        target = BytesIO()
        with analyzer.open(path) as capture:
            if kind in OF_THE_FILE:
                continue
            written = capture.extract(target, finding=number)
        assert kind in kinds(BytesIO(target.getvalue())), (number, kind)
        assert 0 < written.frames <= written.of


def echo(kind: int, number: int) -> bytes:
    ends = ("10.0.0.1", "10.0.0.2") if kind else ("10.0.0.2", "10.0.0.1")
    return ethernet(ip(struct.pack("!BBHHH", kind, 0, 0, 7, number), 1, *ends))


OTHERS = ethernet(ip(struct.pack("!HHHH", 9, 9, 8, 0), 17, "10.1.0.1", "10.1.0.2"))
MADE = {
    "echo_unanswered": [echo(8, 1), echo(0, 1), echo(8, 2)],
    "half_open": opening()[:2],
    "server_failing": [
        *(segment("c", "S", 0, port=port) for port in (40_001, 40_002, 40_003, 40_004)),
        *opening(40_005),
        segment("s", "RA", 0, 1, port=40_004),
    ],
    "foreign_reset": [*opening(ttl=54), segment("s", "R", 1, ttl=64)],
    "stale": [segment("c", "PA", 7, 9, b"x"), segment("s", "R", 9)],
    "connect_prohibited": [segment("c", "S", 0), icmp(3, 13, quoted=segment("c", "S", 0))],
}


@pytest.mark.parametrize("kind", MADE)
def test_an_excerpt_counts_the_same(kind: str) -> None:
    """The rest of the capture is others' talk, which goes on for long."""
    capture, interface = BytesIO(), Interface(1)
    with Writer(capture) as writer:
        for time, frame in enumerate([*MADE[kind], *[OTHERS] * 3]):
            writer.write(interface, time * 1_000_000_000, frame)
    found = finding_of(capture, kind)
    target = BytesIO()
    capture.seek(0)
    with analyzer.open(capture) as opened:
        written = opened.extract(target, finding=found["number"])
    again = finding_of(target, kind)
    assert (again["count"], again["values"]) == (found["count"], found["values"])
    assert len(MADE[kind]) <= written.frames < written.of


def finding_of(capture: BytesIO, kind: str) -> Row:
    capture.seek(0)
    with analyzer.open(capture) as opened:
        return next(one for one in opened.summary()["findings"] if one["kind"] == kind)


@pytest.mark.parametrize(
    ("count", "frames", "streams", "all_named"),
    [
        (5, 5, 0, True),
        (7, 5, 0, True),  # several in one frame
        (MAX_FRAMES + 1, MAX_FRAMES, 0, False),
        (MAX_FRAMES, MAX_FRAMES, 0, True),
        (MAX_FRAMES + 1, MAX_FRAMES, SHOWN_STREAMS - 1, True),  # the conversations come whole
        (MAX_FRAMES + 1, MAX_FRAMES, SHOWN_STREAMS, False),
    ],
)
def test_whether_a_finding_names_all_that_it_counts(count: int, frames: int, streams: int, all_named: bool) -> None:
    finding = Finding("loss", Severity.WARNING, count, tuple(range(frames)), "tcp", tuple(range(streams)))
    assert names_all(finding) == all_named


def test_an_excerpt_is_small() -> None:
    """Of several connections only those of the finding come along."""
    path = PCAPS / "recorded/slow_page.pcap"
    with analyzer.open(path) as capture:
        findings = capture.summary()["findings"]
        few = [number for number, one in enumerate(findings, 1) if len(one["streams"]) == 1]
        written = capture.extract(BytesIO(), finding=few[0])
    assert written.frames < written.of


def test_a_finding_without_frames_is_refused() -> None:
    path = PCAPS / "container/cut_in_data.pcap"
    number = kinds(path).index("damage") + 1
    with analyzer.open(path) as capture:
        with pytest.raises(NoFrames):
            capture.extract(BytesIO(), finding=number)
        with pytest.raises(ValueError, match="findings"):
            capture.extract(BytesIO(), finding=99)


def numbers(path: Path, **choice: str) -> int:
    with analyzer.open(path) as capture:
        return capture.extract(BytesIO(), **choice).frames  # type: ignore[arg-type]


def test_fragments_come_along() -> None:
    path = PCAPS / "network/fragments_tcp.pcap"
    with analyzer.open(path) as capture:
        fragments = [row["frame.number"] for row in capture.packets(["frame.number"], "ip.flags.mf == 1 || ip.frag_offset > 0")]
    assert len(fragments) > 1
    assert 1 < numbers(path, frames=str(fragments[0])) == numbers(path, frames=str(fragments[1]))


def test_a_selection_alone_brings_nothing_else() -> None:
    assert numbers(PCAPS / "recorded/http_lossy.pcap", frames="3-5") == 3
