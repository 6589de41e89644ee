"""The summary of some captures, word for word. ANALYZER_UPDATE_GOLDEN=1 writes what it is now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.flow.names import Names
from analyzer.pipeline import Pipeline
from analyzer.report.screen import screen
from analyzer.report.summary import Summary

TOP = Path(__file__).parents[2]
GOLDEN = TOP / "tests/golden"
CAPTURES = (
    "tcp/fast_retransmission.pcap",
    "link/arp_conflict.pcap",
    "recorded/name_lookup.pcap",
    "network/icmp.pcap",
    "container/pcapng_interfaces.pcapng",
    "container/empty.pcap",
    "container/cut_in_data.pcap",
)


def shown(path: Path, width: int) -> str:
    names = Names()
    with open_capture(path) as reader:
        pipeline = Pipeline(reader)
        summary = Summary(reader, pipeline.walk, pipeline.fragments, pipeline.tcp, pipeline.udp)
        for dissection in pipeline:
            names.update(dissection.batch, dissection.udp, reader.names)
            summary.update(dissection.batch)
        reader.files[0].path = path.name
        return "\n".join(screen(summary, names.name, width)) + "\n"


@pytest.mark.parametrize("name", CAPTURES)
def test_screen(name: str) -> None:
    found = shown(TOP / "pcaps" / name, 80)
    golden = GOLDEN / f"summary_{Path(name).stem}.txt"
    if os.environ.get("ANALYZER_UPDATE_GOLDEN") == "1":
        golden.write_text(found)
    assert found == golden.read_text()


@pytest.mark.parametrize("width", (76, 80, 100, 120))
@pytest.mark.parametrize("path", sorted((TOP / "pcaps").rglob("*.pcap*")), ids=lambda path: path.stem)
def test_lines_fit(path: Path, width: int) -> None:
    try:
        lines = shown(path, width).splitlines()
    except CaptureError:
        pytest.skip("no capture, or cut before its first frame")
    for line in lines:
        assert len(line) <= width or " in {" in line, line
        assert line.isprintable() or not line
