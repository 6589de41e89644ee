"""What byte streams show, whatever is in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from analyzer.finding import Finding
from analyzer.flow.findings.streams import stream_findings
from analyzer.report import wording

NOTHING = {"conflicts": [], "conflicting": 0, "gap_bytes": 0, "gaps": 0, "gap_frames": [], "overflows": 0, "given_up": 0}


def found(quic: int = 0, **streams: Any) -> dict[str, Finding]:
    datagrams = SimpleNamespace(quic_packets=quic, quic_bytes=1_200 * quic, quic_frames=list(range(1, quic + 1)))
    messages: Any = SimpleNamespace(streams=SimpleNamespace(**(NOTHING | streams)), datagrams=datagrams)
    return {finding.kind: finding for finding in stream_findings(messages, 10)}


def test_nothing() -> None:
    assert not found()


def test_holes() -> None:
    finding = found(gap_bytes=2_896, gaps=2, gap_frames=[9, 4, 9])["stream_gap"]
    assert (finding.count, finding.frames, finding.values["bytes"]) == (2, (4, 9), 2_896)


def test_what_had_no_room() -> None:
    findings = found(overflows=3, given_up=2)
    assert {kind: finding.count for kind, finding in findings.items()} == {"stream_overflow": 3, "streams_evicted": 2}


def test_copies_that_differ() -> None:
    origin = SimpleNamespace(stream=7, addresses=("10.0.0.1", "10.0.0.2"))
    conflict = SimpleNamespace(
        first=SimpleNamespace(frame=4), second=SimpleNamespace(frame=6), offset=9, first_bytes=b"A", second_bytes=b"B"
    )
    finding = found(conflicts=[(origin, 1, conflict)], conflicting=1)["stream_conflict"]
    assert (finding.frames, finding.streams, finding.values["sender"]) == ((4, 6), (7,), "10.0.0.2")
    assert wording.sentence(finding).endswith("Frame 4 has 41, frame 6 42.")


def test_quic() -> None:
    finding = found(quic=5)["quic"]
    assert (finding.count, finding.values) == (5, {"of": 10, "bytes": 6_000})
