"""The summary of some captures, word for word. ANALYZER_UPDATE_GOLDEN=1 writes what it is now."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.flow import places as summaries
from analyzer.flow.findings.ledger import LedgerFindings
from analyzer.flow.names import Names
from analyzer.flow.places import Places
from analyzer.flow.slots import DEFAULT_BUDGET
from analyzer.pipeline import EVERY_APPLICATION, Pipeline
from analyzer.report.screen import screen
from analyzer.report.summary import FINDING_KEYS, Summary
from analyzer.report.wording import LAYERS

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
        ledger = LedgerFindings()
        pipeline = Pipeline(reader, None, DEFAULT_BUDGET, EVERY_APPLICATION, ledger.verdicts)
        summary = Summary(pipeline, ledger)
        for dissection in pipeline:
            names.update(dissection.batch, dissection.udp, reader.names)
            summary.update(dissection)
        summary.finish()
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


def test_long_names_of_several_files_fit(tmp_path: Path) -> None:
    (tmp_path / ("x" * 100)).mkdir()
    copies = [tmp_path / ("x" * 100) / name for name in ("a.pcap", "b.pcap")]
    for copy in copies:
        copy.write_bytes((TOP / "pcaps/tcp/fast_retransmission.pcap").read_bytes())
    with open_capture(*copies) as reader:
        pipeline = Pipeline(reader, applications=EVERY_APPLICATION)
        summary = Summary(pipeline)
        for dissection in pipeline:
            summary.update(dissection)
        summary.finish()
        lines = list(screen(summary, str, 80))
    assert any("x/a.pcap: frames" in line for line in lines)
    assert all(len(line) <= 80 or "frame.number in" in line for line in lines)


def test_places_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    pcaps = [TOP / "pcaps/tcp" / name for name in ("fast_retransmission.pcap", "zero_window.pcap", "fast_retransmission.pcap")]
    for most, rows in ((1 << 25, 1), (1 << 25, 5), (1 << 25, 1000), (9, 5)):
        monkeypatch.setattr(summaries, "MAX_PLACES", most)
        places, found, unknown = Places(), {}, 0
        with open_capture(*pcaps, rows=rows) as reader:
            for batch in reader:
                places.add(batch)
                assert batch.file is not None and batch.number_in_file is not None
                where = zip(batch.file.tolist(), batch.number_in_file.tolist(), strict=True)
                found |= dict(zip(batch.number.tolist(), where, strict=True))
        for frame, place in found.items():
            unknown += places.of(frame) is None
            assert places.of(frame) in (place, None)
        assert unknown == places.forgotten
        assert (unknown > 0) == (most == 9)
        assert places.of(0) is places.of(len(found) + 1) is None


def explained(name: str, width: int = 80) -> list[str]:
    with open_capture(TOP / "pcaps" / name) as reader:
        ledger = LedgerFindings()
        pipeline = Pipeline(reader, None, DEFAULT_BUDGET, EVERY_APPLICATION, ledger.verdicts)
        summary = Summary(pipeline, ledger)
        for dissection in pipeline:
            summary.update(dissection)
        summary.finish()
        return list(screen(summary, str, width, explain=True))


def test_layer_by_layer() -> None:
    lines = explained("recorded/http_lossy.pcap")
    asked = [line for line in lines if line.split("?")[0] + "?" in {layer.question for layer in LAYERS.values()}]
    assert [line.split("?")[0] + "?" for line in asked] == [layer.question for layer in LAYERS.values()]
    assert "Did the port answer? No attempt that failed was found." in asked
    assert "Was TLS in order? The capture has nothing of it." in asked
    at = lines.index("Was the transport healthy?")
    below = lines[at + 1 : lines.index("", at + 1)]
    assert [int(line[:2]) for line in below if line[:2].strip()] == sorted(int(line[:2]) for line in below if line[:2].strip())
    for label in ("costs: ", "do:    ", "learn: "):
        assert any(line.startswith(" " * 13 + label) for line in below), label


@pytest.mark.parametrize("name", ("recorded/http_lossy.pcap", "network/icmp.pcap", "container/empty.pcap"))
@pytest.mark.parametrize("width", (76, 120))
def test_explained_lines_fit(name: str, width: int) -> None:
    lines = explained(name, width)
    assert all(len(line) <= width or " in {" in line for line in lines)
    assert not any(first == second == "" for first, second in pairwise(lines))


def test_nothing_to_judge_is_not_called_fine() -> None:
    lines = explained("container/empty.pcap")
    assert "Can the host be reached? The capture has nothing of it." in lines


def test_numbers_are_places_in_the_list() -> None:
    with open_capture(TOP / "pcaps/recorded/http_lossy.pcap") as reader:
        pipeline = Pipeline(reader, applications=EVERY_APPLICATION)
        summary = Summary(pipeline)
        for dissection in pipeline:
            summary.update(dissection)
        summary.finish()
        rows = summary.as_dict()["findings"]
        lines = list(screen(summary, str, 80))
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    shown = [int(line[:3]) for line in lines[lines.index("Findings, worst first") + 1 :] if line[:2].strip()]
    assert shown == [row["number"] for row in rows]
    assert all(set(FINDING_KEYS) <= row.keys() for row in rows)
    assert all(row["layer"] in LAYERS and row["advice"] and row["learn"] for row in rows)
