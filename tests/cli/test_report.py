"""The command `report`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import UNWRITABLE, commands
from analyzer.cli.run import DAMAGED, NO_CAPTURE

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSS = str(PCAPS / "recorded/http_loss.pcap")
BEGINS = {"html": "<!doctype html>", "md": "# http", "txt": "http_loss.pcap\n", "json": "{\n"}


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, ["report", *arguments], **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize("form", BEGINS)
def test_formats(form: str, tmp_path: Path) -> None:
    printed = run(LOSS, "--format", form)
    assert printed.exit_code == 0 and printed.stdout.startswith(BEGINS[form])
    written = tmp_path / f"report.{form}"
    assert run(LOSS, "-o", str(written)).stdout == ""
    assert written.read_text().startswith(BEGINS[form])
    assert list(tmp_path.iterdir()) == [written]


def test_a_page_is_the_default() -> None:
    assert run(LOSS).stdout.startswith(BEGINS["html"])


def test_the_object() -> None:
    made = json.loads(run(LOSS, "--format", "json").stdout)
    assert made["schema"] == 1 and len(made["verdict"]) <= 3
    assert made["journeys"][0]["status"] == 200 and made["summary"]["packets"] == 424
    assert made["totals"]["journeys"] == 1 and made["stalls"][0]["duration_ns"] > 0


@pytest.mark.parametrize("form", ("txt", "md"))
def test_words_agree_in_every_format(form: str) -> None:
    verdict = json.loads(run(LOSS, "--format", "json").stdout)["verdict"]
    text = " ".join(run(LOSS, "--format", form, env={"COLUMNS": "100"}).stdout.replace("\\", "").split())
    for sentence in verdict:
        assert " ".join(sentence.split()) in text
    for heading in ("Findings", "Journeys", "Handshakes", "Connections", "The capture"):
        assert heading in text


def test_text_fits() -> None:
    for line in run(LOSS, "--format", "txt", env={"COLUMNS": "80"}).stdout.splitlines():
        assert len(line) <= 80 or "frame.number" in line


def test_standard_input() -> None:
    """It is read once: a pipe is enough."""
    command = [sys.executable, "-m", "analyzer", "report", "--format", "md"]
    content = Path(LOSS).read_bytes()
    piped = subprocess.run([*command, "-"], input=content, capture_output=True, check=True, cwd=PCAPS.parent)
    assert piped.stdout.startswith(b"# standard input\n")
    named = subprocess.run([*command, LOSS], capture_output=True, check=True, cwd=PCAPS.parent)
    assert piped.stdout.splitlines()[5:20] == named.stdout.splitlines()[5:20]


def test_no_capture_leaves_what_was_there(tmp_path: Path) -> None:
    written = tmp_path / "report.html"
    written.write_text("before")
    assert run(str(tmp_path / "none.pcap"), "-o", str(written)).exit_code == NO_CAPTURE
    assert written.read_text() == "before"


def test_a_capture_that_is_cut(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(LOSS).read_bytes()[:-30])
    result = run(str(cut), "--format", "txt")
    assert result.exit_code == DAMAGED and "423" in result.stdout and "cut" in result.stderr


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "analyzer", "report", LOSS, "-o", str(tmp_path / "nowhere" / "report.html")]
    result = subprocess.run(command, capture_output=True, cwd=PCAPS.parent)
    assert result.returncode == UNWRITABLE and result.stderr.count(b"\n") == 1 and not result.stdout


def test_a_capture_is_not_overwritten(tmp_path: Path) -> None:
    capture = tmp_path / "a.pcap"
    capture.write_bytes(Path(LOSS).read_bytes())
    assert run(str(capture), "-o", str(capture)).exit_code == 2
    assert capture.read_bytes() == Path(LOSS).read_bytes()


def test_no_page_on_a_terminal() -> None:
    parent, child = os.openpty()
    command = [sys.executable, "-m", "analyzer", "report", LOSS]
    result = subprocess.run(command, stdout=child, stderr=subprocess.PIPE, cwd=PCAPS.parent)
    os.close(child)
    os.close(parent)
    assert result.returncode == 2 and b"-o report.html" in result.stderr


def test_a_selection() -> None:
    made = json.loads(run(LOSS, "--format", "json", "--frames", "1-3").stdout)
    assert made["summary"]["packets"] == 3
    assert json.loads(run(LOSS, "--format", "json", "--stream", "7").stdout)["totals"]["journeys"] == 0
    assert run(LOSS, "--format", "json", "--from", "yesterday").exit_code == 2


def test_several_files() -> None:
    other = str(PCAPS / "recorded/name_lookup.pcap")
    made = run(LOSS, other, "--format", "md").stdout
    assert made.startswith("# http\\_loss.pcap and 1 more file")


def test_a_name_of_another_kind_is_refused(tmp_path: Path) -> None:
    capture = str(PCAPS / "recorded" / "http_loss.pcap")
    result = CliRunner().invoke(commands, ["report", capture, "-o", str(tmp_path / "r.pdf")])
    assert result.exit_code == 2
    assert "--format" in result.output
    assert not list(tmp_path.iterdir())
    result = CliRunner().invoke(commands, ["report", capture, "-o", str(tmp_path / "r.pdf"), "--format", "txt"])
    assert result.exit_code == 0
