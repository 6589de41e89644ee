"""Compiled and interpreted give the same rows: every column of every frame, on every capture and on mutated frames."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import fuzz
from tests.interpreted import stale_modules

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
STALE = stale_modules()
FRAMES = 3_000  #: scripts/fuzz.py does 20,000
NO_CAPTURES = {".md", ".py", ".json", ".keylog", ".txt", ".png"}

pytestmark = pytest.mark.skipif(os.environ.get("ANALYZER_INTERPRETED") == "1", reason="everything is interpreted here")


def captures(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in NO_CAPTURES]


def said(paths: list[str], interpreted: bool) -> list[str]:
    command = [sys.executable, "-m", "tests.rows", *(["--interpreted"] if interpreted else []), *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(bool(STALE), reason=f"not compiled from the present source: {', '.join(STALE)}")
class TestModes:
    def test_own_captures(self) -> None:
        paths = captures(ROOT / "pcaps")
        assert fuzz.different(said(paths, False), said(paths, True)) == []

    @pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set")
    def test_reference_captures(self) -> None:
        paths = captures(Path(str(REFERENCE), "captures"))
        assert fuzz.different(said(paths, False), said(paths, True)) == []

    def test_mutated_frames(self) -> None:
        frames = fuzz.mutated(fuzz.seeds([Path(path) for path in captures(ROOT / "pcaps")]), FRAMES, seed=7)
        assert len({frame.linktype for frame in frames}) > 10
        assert fuzz.different(fuzz.run(frames, interpreted=False), fuzz.run(frames, interpreted=True)) == []

    def test_spoilt_conversations(self) -> None:
        command = [sys.executable, "scripts/fuzz_streams.py", "--conversations", "500", "--seed", "7"]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_mutation_is_reproducible() -> None:
    frames = [fuzz.Frame(1, 60, bytes(range(60))), fuzz.Frame(1, 90, bytes(60))]
    assert fuzz.mutated(frames, 50, seed=3) == fuzz.mutated(frames, 50, seed=3)
    assert fuzz.mutated(frames, 50, seed=3) != fuzz.mutated(frames, 50, seed=4)
