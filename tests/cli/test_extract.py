"""The command extract."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import analyzer
from analyzer import excerpting
from analyzer.cli import UNWRITABLE, commands
from analyzer.cli.run import DAMAGED, NO_CAPTURE

ROOT = Path(__file__).parents[2]
PCAPS = ROOT / "pcaps"
LOSSY = str(PCAPS / "recorded/http_lossy.pcap")
TWO = str(PCAPS / "recorded/tls_1_2.pcap")
USAGE = 2


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, arguments, **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def frames(path: Path) -> int:
    with analyzer.open(path) as capture:
        return len(list(capture.packets(["frame.number"])))


def shell(command: str, data: bytes = b"", **more: Any) -> subprocess.CompletedProcess[bytes]:
    python = f"{sys.executable} -m analyzer"
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("ANALYZER", python)], input=data, capture_output=True, cwd=ROOT, check=False, **more
    )


def test_a_selection(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    result = run("extract", LOSSY, "-Y", "tcp.flags.syn == 1", "-o", str(out))
    assert result.exit_code == 0 and result.stdout == ""
    assert "2 of 86 frames written" in result.stderr and "numbered from 1" in result.stderr
    assert frames(out) == 2


def test_a_finding(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert run("extract", LOSSY, "--finding", "1", "-o", str(out)).exit_code == 0
    with analyzer.open(LOSSY) as before, analyzer.open(out) as after:
        assert after.summary()["findings"][0]["kind"] == before.summary()["findings"][0]["kind"]


def test_several_files_become_one(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert run("extract", LOSSY, TWO, "-o", str(out)).exit_code == 0
    assert frames(out) == frames(Path(LOSSY)) + frames(Path(TWO))


def test_nothing_selected_gives_an_empty_capture(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    result = run("extract", LOSSY, "--port", "9", "-o", str(out))
    assert result.exit_code == 0 and "nothing is selected" in result.stderr and frames(out) == 0


@pytest.mark.parametrize(
    "arguments, words",
    (
        (("--finding", "99"), "there are"),
        (("--finding", "1", "--stream", "0"), "stands alone"),
        (("--finding", "0"), "0"),
        (("--anonymize-key", "/nowhere"), "/nowhere"),
        (("--anonymize", "--keep-secrets"), "undo"),
        (("-Y", "tcp.nothing == 1"), "tcp.nothing"),
    ),
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    result = run("extract", LOSSY, *arguments, "-o", str(out))
    assert result.exit_code == USAGE and words in result.stderr and not out.exists()


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    copy, link = tmp_path / "copy.pcap", tmp_path / "link.pcap"
    copy.write_bytes(Path(LOSSY).read_bytes())
    link.symlink_to(copy)
    result = run("extract", str(copy), "-o", str(link))
    assert result.exit_code == USAGE and "not overwritten" in result.stderr
    assert copy.read_bytes() == Path(LOSSY).read_bytes()


def test_a_finding_of_the_whole_capture(tmp_path: Path) -> None:
    path = str(PCAPS / "container/cut_in_data.pcap")
    result = run("extract", path, "--finding", "1", "-o", str(tmp_path / "out"))
    assert result.exit_code == USAGE and "as a whole" in result.stderr


def test_damage_and_no_capture(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert run("extract", str(PCAPS / "container/cut_in_data.pcap"), "-o", str(out)).exit_code == DAMAGED
    assert frames(out) > 0
    assert run("extract", str(PCAPS / "container/no_bytes.pcap"), "-o", str(tmp_path / "no")).exit_code == NO_CAPTURE
    assert not (tmp_path / "no").exists()


def test_standard_input_and_output() -> None:
    data = Path(LOSSY).read_bytes()
    done = shell("ANALYZER extract - --finding 1 -o - | ANALYZER packets - --format ndjson -e frame.number", data)
    assert done.stdout.count(b"\n") == 86
    assert b"private temporary file" in done.stderr and b"standard output" in done.stderr


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for command, status in (("ANALYZER extract - -o /dev/null", 0), ("ANALYZER extract - -o /nowhere/x", UNWRITABLE)):
        assert shell(command, Path(LOSSY).read_bytes(), env=environment).returncode == status
    assert shell("ANALYZER extract - -o /dev/full", Path(LOSSY).read_bytes(), env=environment).returncode == UNWRITABLE
    assert shell("ANALYZER extract - -o /dev/null", b"no capture at all, but long", env=environment).returncode == NO_CAPTURE
    assert list(tmp_path.iterdir()) == []


def test_a_finding_that_counts_more_than_it_names(tmp_path: Path) -> None:
    path = PCAPS / "recorded/http_loss.pcap"
    with analyzer.open(path) as capture:
        number = next(one["number"] for one in capture.summary()["findings"] if one["kind"] == "cut_frames")
    result = run("extract", str(path), "--finding", str(number), "-o", str(tmp_path / "x"))
    assert f"finding {number} counts 279 and names the first 100 frames" in result.output
    assert "and names" not in run("extract", str(path), "--finding", "1", "-o", str(tmp_path / "x")).output


@pytest.mark.parametrize(("number", "status"), [(number, 128 + number) for number in (signal.SIGINT, signal.SIGTERM)])
def test_who_is_stopped_leaves_nothing(number: signal.Signals, status: int, tmp_path: Path, monkeypatch: Any) -> None:
    def stopped(*_: object) -> None:
        assert len(list(tmp_path.iterdir())) == 1  # half a file
        os.kill(os.getpid(), number)
        pytest.fail("still here")

    monkeypatch.setattr(excerpting, "write_excerpt", stopped)
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        assert run("extract", LOSSY, "-o", str(tmp_path / "x")).exit_code == status
    finally:
        signal.signal(signal.SIGTERM, before)
    assert list(tmp_path.iterdir()) == []


def test_anonymous(tmp_path: Path) -> None:
    key, first, second = tmp_path / "key", tmp_path / "first", tmp_path / "second"
    key.write_bytes(bytes(range(40)))
    for out in (first, second):
        assert run("extract", LOSSY, "--anonymize-key", str(key), "-o", str(out)).exit_code == 0
    assert first.read_bytes() == second.read_bytes() and b"curl" in Path(LOSSY).read_bytes() and b"curl" not in first.read_bytes()
    assert run("extract", LOSSY, "--anonymize", "-o", str(second)).exit_code == 0
    assert first.read_bytes() != second.read_bytes()
    key.write_bytes(b"short")
    assert run("extract", LOSSY, "--anonymize-key", str(key), "-o", str(first)).exit_code == USAGE
