"""The command, on captures of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.cli import commands
from analyzer.verify import verdicts
from analyzer.verify.tshark import Tshark, TsharkError

PCAPS = Path(__file__).resolve().parents[2] / "pcaps" / "tcp"
CAPTURE = str(PCAPS / "duplicate_acks.pcap")


@pytest.fixture(autouse=True)
def needs_tshark() -> None:
    try:
        Tshark().close()
    except TsharkError as error:
        pytest.skip(f"tshark cannot be asked: {error}")


def run(*arguments: str, status: int = 0, stdin: bytes | None = None) -> str:
    result = CliRunner().invoke(commands, ["verify", *arguments], input=stdin)
    assert result.exit_code == status, result.output
    return result.stdout


def test_agreement_is_said() -> None:
    said = run(CAPTURE)
    assert "tshark" in said
    assert "all agree" in said


def test_rows() -> None:
    rows = [json.loads(line) for line in run(CAPTURE, "--format", "ndjson").splitlines()]
    assert {row["by"] for row in rows if row["kind"] == "opinion"} == {"dpkt", "scapy", "tshark"}
    assert all(row["unexplained"] == 0 for row in rows)
    assert run(CAPTURE, "--format", "csv").startswith("file,kind,by,")
    assert len(json.loads(run(CAPTURE, "--format", "json", "--by", "tshark"))) == 1


def test_chosen_frames_and_values_that_exist_are_counted() -> None:
    counts = []
    for frames in ("1-3", "1"):
        lines = run(CAPTURE, "--by", "tshark", "--frames", frames, "--format", "ndjson").splitlines()
        counts += [(row["frames"], row["values"]) for row in map(json.loads, lines)]
    assert [frames for frames, _ in counts] == [3, 1]
    assert 20 < counts[1][1] < 40, "a SYN has that many fields, of which some 80 are asked for"
    assert run(CAPTURE, "--by", "tshark", "--frames", "1-3").startswith(f"{CAPTURE}: 3 frames\n")


def test_a_time_that_is_reckoned_from_a_frame_that_is_not_chosen_is_explained() -> None:
    said = run(str(PCAPS.parent / "container" / "pcapng_interfaces.pcapng"), "--by", "tshark", "--frames", "6", "--all")
    assert "1 frame" in said
    assert "tcp.time_delta" in said
    assert "fine resolution" in said


def test_standard_input() -> None:
    assert "all agree" in run("-", "--by", "tshark", stdin=Path(CAPTURE).read_bytes())


def test_unexplained_difference_has_a_status_frames_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(verdicts.FLAGS, "tcp.analysis.duplicate_ack", verdicts._verdict(0))
    said = run(CAPTURE, "--by", "tshark", status=5)
    assert "tcp.analysis.duplicate_ack" in said
    rows = [json.loads(line) for line in run(CAPTURE, "--by", "tshark", "--format", "ndjson", status=5).splitlines()]
    found = [row for row in rows if row["kind"] == "difference"]
    assert {(row["field"], row["ours"], row["theirs"]) for row in found} == {("tcp.analysis.duplicate_ack", None, "1,1")}
    assert "Duplicate" in found[0]["words"]
    first = found[0]["frame"]
    assert "all agree" in run(CAPTURE, "--by", "tshark", "--frames", f"1-{first - 1}")


def test_other_version_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(verdicts.FLAGS, "tcp.analysis.duplicate_ack", verdicts._verdict(0))
    monkeypatch.setattr("analyzer.verify.tshark.RULES_OF", (3, 6))
    assert "newer" in run(CAPTURE, "--by", "tshark")


def test_damage_and_no_capture(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(CAPTURE).read_bytes()[:-10])
    run(str(cut), "--by", "tshark", status=3)
    run(str(tmp_path / "none.pcap"), status=1)


def test_who_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = run(CAPTURE)
    assert "not asked: tshark is not installed" in said
