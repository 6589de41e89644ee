"""What the packets of connections tell about the capture."""

from __future__ import annotations

import numpy as np

from analyzer.finding import Finding, Severity
from analyzer.flow.findings.capture_quality import CaptureQuality
from analyzer.flow.tcp.ledger.capture_order import in_order
from analyzer.flow.tcp.ledger.copies import copies
from analyzer.flow.tcp.ledger.trace import Trace
from tests.flow.tcp.ledger.making import trace

TWICE = """
0     c S  ipid 100
0.02  c S  ipid 100 ttl 63
20    s SA ipid 0
20.1  c A  ipid 101
20.12 c A  ipid 101 ttl 63
100   c PA 0+100 ipid 102
100.02 c PA 0+100 ipid 102 link 9
101   c PA 100+200 ipid 103
101.01 c PA 100+200 ipid 103
120   s A ack 300 ipid 5
"""
GAP = """
0    c S
20   s SA
20.1 c A
100  c PA 0+100
101  c PA 3020+100
120  s A ack 3120
"""


def add(quality: CaptureQuality, one: Trace, settled: int | None = None) -> None:
    doubled = copies(one)
    quality.add(one, doubled, in_order(one.take(doubled.original < 0)), settled)


def found_in(*traces: Trace) -> dict[str, Finding]:
    quality = CaptureQuality()
    for one in traces:
        add(quality, one)
    return {finding.kind: finding for finding in quality.findings()}


def test_captured_twice_and_how() -> None:
    finding = found_in(trace(TWICE, stream=7))["captured_twice"]
    assert (finding.count, finding.frames, finding.streams) == (4, (2, 5, 7, 9), (7,))
    assert finding.values == {"of": 10, "same_place": 1, "other_link": 1, "other_hops": 2, "resegmented": 0}


def test_missed() -> None:
    finding = found_in(trace(GAP, stream=3))["capture_missed"]
    assert (finding.count, finding.frames, finding.streams, finding.severity) == (2, (6,), (3,), Severity.WARNING)
    assert finding.values == {"of": 8, "bytes": 2920, "repairs": 0}


def test_only_what_is_new_and_settled_counts() -> None:
    one = trace(TWICE)
    one.reported = 3
    quality = CaptureQuality()
    add(quality, one, 4)
    assert [(finding.count, finding.frames) for finding in quality.findings()] == [(2, (5, 7))]
    assert quality.packets == 4
    gap = trace(GAP)
    quality = CaptureQuality()
    add(quality, gap, 5)
    assert not list(quality.findings())


def test_nothing_in_a_clean_connection() -> None:
    assert not found_in(trace(GAP.replace("3020", "100").replace("3120", "200")))


def test_frames_come_in_order_whatever_the_order_of_the_connections() -> None:
    first, second = trace(TWICE, stream=1), trace(TWICE, stream=0)
    first.frame = first.frame + 1000
    finding = found_in(first, second)["captured_twice"]
    assert finding.frames == tuple(np.array((2, 5, 7, 9, 1002, 1005, 1007, 1009)).tolist())
    assert set(finding.streams) == {0, 1}


def test_out_of_order() -> None:
    swapped = "0 c S\n20 s SA\n20.1 c A\n100 c PA 100+100 ipid 8\n100.02 c PA 0+100 ipid 7\n120 s A ack 200"
    finding = found_in(trace(swapped))["captured_out_of_order"]
    assert (finding.count, finding.frames) == (1, (5,))
