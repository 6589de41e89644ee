"""The command `plot`: every graph, every kind of file, and what it says where nothing can be drawn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import UNWRITABLE, commands
from analyzer.cli.plot import FORMS, OF_CAPTURE, OF_STREAM

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
LOSS = PCAPS / "recorded" / "http_loss.pcap"
PNG = b"\x89PNG\r\n\x1a\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, ["plot", *map(str, arguments)])


def drawn(out: Path, *arguments: object) -> bytes:
    result = run(*arguments, "-o", out)
    assert (result.exit_code, result.output) == (0, "")
    return out.read_bytes()


@pytest.mark.parametrize("graph", [*OF_STREAM, *OF_CAPTURE])
def test_every_graph(graph: str, tmp_path: Path) -> None:
    stream = ("--stream", 0) if graph in OF_STREAM else ()
    text = drawn(tmp_path / "out.svg", LOSS, "--graph", graph, *stream)
    assert ElementTree.fromstring(text).tag.endswith("svg")


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_file(form: str, tmp_path: Path) -> None:
    data = drawn(tmp_path / f"out.{form.upper()}", LOSS, "--stream", 0)
    begin = {"png": PNG, "svg": b"<?xml", "html": b"<!DOCTYPE html>"}[form]
    assert data.startswith(begin)
    assert list(tmp_path.iterdir()) == [tmp_path / f"out.{form.upper()}"], "nothing else is left behind"


def test_size(tmp_path: Path) -> None:
    data = drawn(tmp_path / "out.png", LOSS, "--stream", "tcp:0", "--width", 600, "--height", 320)
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (1200, 640)


def test_direction_and_dark(tmp_path: Path) -> None:
    pictures = [drawn(tmp_path / "out.svg", LOSS, "--stream", 0, *more) for more in ((), ("--direction", "client"), ("--dark",))]
    assert len(set(pictures)) == 3
    assert pictures[0] == drawn(tmp_path / "out.svg", LOSS, "--stream", 0, "--direction", "server"), "the side with more trouble"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--stream", 5, "-o", "out.svg"), "no TCP stream 5"),
        (("--stream", "udp:0", "-o", "out.svg"), "only TCP streams"),
        (("--stream", "x", "-o", "out.svg"), "is no stream"),
        (("-o", "out.svg"), "--stream N"),
        (("--graph", "waterfall", "--stream", 0, "-o", "out.svg"), "whole capture"),
        (("--stream", 0, "-o", "out.gif"), "ends in none of .svg, .png, .html"),
        (("--stream", 0, "-o", "svg"), "ends in none of"),
        (("--stream", 0, "-o", "out.html", "--width", 800), "--width"),
        (("--stream", 0), "--output"),
    ],
)
def test_usage(arguments: tuple[object, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(LOSS, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("tcp/syn_unanswered.pcap", ("--graph", "rtt", "--stream", 0), "no round trip"),
        ("tcp/syn_unanswered.pcap", ("--graph", "throughput", "--stream", 0), "no data"),
        ("transport/udp.pcap", ("--graph", "waterfall"), "no request"),
        ("transport/udp.pcap", ("--graph", "handshakes"), "no handshake"),
        ("transport/udp.pcap", ("--stream", 0), "no TCP stream"),
    ],
)
def test_nothing_to_draw(name: str, arguments: tuple[object, ...], said: str, tmp_path: Path) -> None:
    result = run(PCAPS / name, *arguments, "-o", tmp_path / "out.svg")
    assert result.exit_code == 2 and said in result.output
    assert not (tmp_path / "out.svg").exists()


def test_the_capture_is_not_overwritten(tmp_path: Path) -> None:
    capture = tmp_path / "capture.png"
    capture.write_bytes(LOSS.read_bytes())
    result = run(capture, "--stream", 0, "-o", capture)
    assert result.exit_code == 2 and capture.read_bytes() == LOSS.read_bytes()


@pytest.mark.parametrize("graph", ["rtt", "stalls"])
def test_a_direction_that_would_change_nothing_is_refused(tmp_path: Path, graph: str) -> None:
    result = run(LOSS, "--stream", 0, "--graph", graph, "--direction", "client", "-o", tmp_path / "out.svg")
    assert result.exit_code == 2 and "leave out --direction" in result.stderr and not list(tmp_path.iterdir())


def test_no_capture(tmp_path: Path) -> None:
    assert run(PCAPS / "container" / "no_capture.txt", "--stream", 0, "-o", tmp_path / "out.svg").exit_code == 1


def test_unwritable(tmp_path: Path) -> None:
    arguments = (sys.executable, "-m", "analyzer", "plot", LOSS, "--stream", "0", "-o", tmp_path / "missing" / "out.svg")
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=PCAPS.parent)
    assert (result.returncode, result.stdout) == (UNWRITABLE, "")
    assert result.stderr == "analyzer: the output cannot be written: No such file or directory\n"


def test_damaged(tmp_path: Path) -> None:
    """What was read until then is drawn."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(LOSS.read_bytes()[:-10])
    result = run(cut, "--stream", 0, "-o", tmp_path / "out.svg")
    assert result.exit_code == 3 and (tmp_path / "out.svg").exists()


def test_hostile_names(tmp_path: Path) -> None:
    """Names of packets that would be markup, formulas or control characters."""
    text = drawn(tmp_path / "out.svg", PCAPS / "journey" / "hostile_names.pcap", "--graph", "waterfall").decode()
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(text).iter()}
    assert tags.isdisjoint({"script", "a", "image"})
    page = drawn(tmp_path / "out.html", PCAPS / "journey" / "hostile_names.pcap", "--graph", "waterfall").decode()
    assert page.count("<script") == 3 and "\x1b" not in page.partition("<script type")[0]
