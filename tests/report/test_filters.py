"""The display filters that findings come with show in Wireshark what the finding says: one capture for each kind."""

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
KINDS = sorted(kind for kind in wording.TEXTS if kind not in wording.WHOLE)
UNSEEN = ("one_sided", "tfo_ignored")  #: no capture of ours shows it


@cache
def examples() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Kind -> the first capture with it, and the finding."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in sorted(PCAPS.rglob("*")):
        if path.is_file():
            try:
                rows = analyzer.open(path).summary()["findings"]
            except analyzer.CaptureError:
                continue
            for row in rows:
                found.setdefault(row["kind"], (path, row))
    return found


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_filter(kind: str) -> None:
    if kind in UNSEEN:
        pytest.skip("no capture shows it")
    path, finding = examples()[kind]
    command = ["tshark", "-n", "-r", str(path), "-Y", finding["filter"], "-T", "fields", "-e", "frame.number"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    shown = [int(line) for line in result.stdout.split()]
    assert shown, result.stderr
    assert set(finding["frames"]) <= set(shown)
    if finding["filter"].startswith("tcp.analysis"):
        assert len(shown) == finding["count"]
