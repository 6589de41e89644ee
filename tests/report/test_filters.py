"""The display filters of findings show what these say: in Wireshark, with one capture for each kind, and here."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.report import wording

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = sorted(path for path in PCAPS.rglob("*") if path.is_file())
KINDS = sorted(kind for kind in wording.TEXTS if kind not in wording.WHOLE)
UNSEEN = ("one_sided", "tfo_ignored")  #: no capture of ours shows it
BY_FRAMES = [kind for kind in KINDS if kind not in wording.FILTERS and kind not in wording.BY_STREAM]


@cache
def findings(path: Path) -> list[dict[str, Any]]:
    """What is wrong with a capture; nothing with what is none."""
    try:
        rows: list[dict[str, Any]] = analyzer.open(path).summary()["findings"]
    except analyzer.CaptureError:
        return []
    return rows


@cache
def examples() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Kind -> the first capture with it, and the finding."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in CAPTURES:
        for row in findings(path):
            found.setdefault(row["kind"], (path, row))
    return found


def promised(row: dict[str, Any]) -> set[int]:
    """The frames that its filter has to show. It names only the first streams, so with more of them no frame is certain."""
    if row["kind"] in wording.BY_STREAM and len(row["streams"]) > wording.MAX_FILTER_STREAMS:
        return set()
    by_number = row["filter"].startswith("frame.number in")
    return set(row["frames"][: wording.MAX_FILTER_FRAMES if by_number else None])


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.relative_to(PCAPS)))
def test_filter_here(path: Path) -> None:
    capture = analyzer.open(path) if findings(path) else None
    for row in findings(path):
        if row["filter"] and capture is not None:
            shown = {packet["frame.number"] for packet in capture.packets(["frame.number"], row["filter"])}
            assert shown, row
            assert promised(row) <= shown, row


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_filter(kind: str) -> None:
    if kind in UNSEEN or (kind in BY_FRAMES and kind not in examples()):  # a list of frame numbers cannot be wrong
        pytest.skip("no capture shows it")
    path, finding = examples()[kind]
    command = ["tshark", "-n", "-r", str(path), "-Y", finding["filter"], "-T", "fields", "-e", "frame.number"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    shown = [int(line) for line in result.stdout.split()]
    assert shown, result.stderr
    assert promised(finding) <= set(shown)
    if finding["filter"].startswith("tcp.analysis"):
        assert len(shown) == finding["count"]
