"""`analyzer live` while something goes wrong: the message, the exit status, the file, the summary. See scripts/live/faults.py."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

CASES = ("removed", "disk-full", "no-permission", "unknown-interface", "invalid-filter", "ctrl-c", "sigterm", "head")


@pytest.mark.parametrize("name", CASES)
def test_fault(laboratory: SimpleNamespace, tmp_path: Path, name: str) -> None:
    """Each claim of a case is one that everybody may check by hand: scripts/live_lab.py faults --cases NAME."""
    place = tmp_path / "run"
    place.mkdir()
    capture = laboratory.traffic.make("udp64", tmp_path)
    with laboratory.pair.pair(f"t{abs(hash(str(tmp_path))) % 10**8}") as both:
        case = laboratory.faults.CASES[name](laboratory.scene.Scene(both, place, capture, "af_packet"))
    shutil.rmtree(place)
    assert not case.wrong, f"{case.wrong}; status {case.status}; it said: {case.said}; {case.notes}"
