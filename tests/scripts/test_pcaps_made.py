"""scripts/make_pcaps.py writes what is in pcaps/; scripts/record_pcaps.py knows what it needs and where it puts it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_captures_and_list_are_as_made() -> None:
    check = run("scripts/make_pcaps.py", "--check")
    assert check.returncode == 0, check.stderr


@pytest.fixture(scope="module")
def recorder() -> object:
    spec = importlib.util.spec_from_file_location("record_pcaps", ROOT / "scripts/record_pcaps.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["record_pcaps"] = module
    spec.loader.exec_module(module)
    return module


def test_recordings(recorder) -> None:  # type: ignore[no-untyped-def]
    """Each has a name of its own and its capture; the programs of ours that it runs exist."""
    names = [recording.name for recording in recorder.RECORDINGS]
    assert len(set(names)) == len(names)
    for recording in recorder.RECORDINGS:
        assert (ROOT / "pcaps/recorded" / f"{recording.name}.pcap").exists(), recording.name
        for command in (recording.client, *recording.servers, *recording.before):
            for word in command:
                assert not word.endswith(".py") or Path(word).exists(), word


def test_what_is_missing_is_named(recorder) -> None:  # type: ignore[no-untyped-def]
    recording = recorder.Recording("n", "", [], needs=("sh", "no-such-program"), modules=("json", "no_such_module"))
    assert recorder.missing(recording) == ["no-such-program", "no_such_module"]


def test_unknown_name() -> None:
    asked = run("scripts/record_pcaps.py", "no_such_recording")
    assert asked.returncode == 2
    assert "no such recording: no_such_recording" in asked.stderr


def test_no_key_is_kept() -> None:
    """Keys and certificates of the recordings were made for them."""
    assert not [path for path in ROOT.joinpath("pcaps").rglob("*") if path.suffix in {".key", ".pem", ".keylog"}]
