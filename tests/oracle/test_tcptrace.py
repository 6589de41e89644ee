"""Round-trip samples agree with tcptrace where nothing was sent twice, overtaken or missing: there both follow Karn alone.

Elsewhere they differ for known reasons: tcptrace takes a segment that fills a hole as sent once and measures by sequence
numbers only; we measure copies by their time stamps, and no segment that waited behind a hole.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.rtt import rtt
from analyzer.flow.tcp.ledger.trace import Trace
from tests.flow.tcp.ledger.traces import traces

REFERENCE = os.environ.get("ANALYZER_REFERENCE")
SHOWN_NS = 60_000  #: tcptrace prints a tenth of a millisecond
VALUES = ("samples", "min", "max", "avg")

pytestmark = [
    pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set"),
    pytest.mark.skipif(not shutil.which("tcptrace"), reason="tcptrace is not installed"),
]


def said(path: Path) -> list[tuple[float, ...]]:
    """VALUES of the two directions of the one connection, in the order of their first packets; times in ms."""
    command = ["tcptrace", "-r", "-l", "-n", str(path)]
    text = subprocess.run(command, capture_output=True, encoding="latin-1", check=True).stdout
    found = []
    for name in VALUES:
        match = re.search(rf"^\s+RTT {name}:\s+([\d.]+)(?: ms)?\s+RTT {name}:\s+([\d.]+)", text, re.MULTILINE)
        assert match is not None
        found.append((float(match[1]), float(match[2])))
    return list(zip(*found, strict=True))


def in_order(made: Trace, direction: int) -> bool:
    """Whether every segment of the direction was captured once and in order, and none was acknowledged selectively."""
    solid = (made.direction == direction) & (made.end > made.start)
    start, end = made.start[solid], made.end[solid]
    return bool((start[1:] == end[:-1]).all()) and not (made.direction[made.sack_row] != direction).any()


def test_samples() -> None:
    compared = 0
    for path in sorted(Path(REFERENCE or "", "tcp-lab").glob("*.pcap")):
        (made,) = traces(path)
        trips = rtt(made)
        first = int(made.direction[0])
        for direction, (count, least, most, mean) in zip((first, 1 - first), said(path), strict=True):
            if in_order(made, direction):
                far = trips.samples[direction].far
                assert len(far) == count, path.name
                assert np.abs(np.array([far.min(), far.max(), far.mean()]) - np.array([least, most, mean]) * 1e6).max() < SHOWN_NS
                compared += 1
    assert compared > 60
