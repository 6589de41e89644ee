"""The commands `journeys` and `har`."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from analyzer.cli import UNWRITABLE, commands
from analyzer.cli.handshakes import handshakes
from analyzer.cli.har import har
from analyzer.cli.journeys import FORGOTTEN, journeys
from analyzer.journey import exchanges, gather
from analyzer.journey.journeys import JOURNEY_KEYS, JourneyRows
from analyzer.report.tables.journeys import KEPT, spent

PCAPS = Path(__file__).parents[2] / "pcaps"
USAGE = 2


def output(command: click.Command, capture: str, *more: str, width: int = 80) -> str:
    result = CliRunner().invoke(command, [str(PCAPS / capture), *more], env={"COLUMNS": str(width)})
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(capture: str, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output(journeys, capture, "--format", "ndjson", *more).splitlines()]


def test_machine_formats() -> None:
    found = rows("journey/lookup_and_reuse.pcap")
    assert [row["target"] for row in found] == ["/first", "/second", "/third"]
    assert all(tuple(row) == ("schema", *JOURNEY_KEYS) for row in found)
    assert json.loads(output(journeys, "journey/lookup_and_reuse.pcap", "--format", "json")) == found
    written = csv.DictReader(io.StringIO(output(journeys, "journey/lookup_and_reuse.pcap", "--format", "csv")))
    assert [row["duration_ns"] for row in written] == [str(row["duration_ns"]) for row in found]


def test_order() -> None:
    capture = "journey/failed_connections.pcap"
    slowest = [row["number"] for row in rows(capture, "--sort", "slowest")]
    assert slowest == sorted(slowest, key=lambda number: -rows(capture)[number - 1]["duration_ns"])
    assert [row["number"] for row in rows(capture, "--slowest", "2")] == slowest[:2]
    assert [row["number"] for row in rows(capture)] == sorted(slowest)


def test_table() -> None:
    assert output(journeys, "journey/lookup_and_reuse.pcap").splitlines() == [
        "        time  stream      took  what, and where the time went",
        "    0.000000       0    225 ms  GET shop.example/first  200",
        "              lookup 24.0 ms, connect 40.0 ms, wait 160 ms (server)",
        "    0.399000       0   40.0 ms  GET shop.example/second  200",
        "              wait 40.0 ms (network)",
        "    0.499000       1   90.1 ms  GET shop.example/third  200",
        "              connect 40.0 ms, wait 50.0 ms (network)",
    ]


def test_what_became_of_it_stands_in_the_table() -> None:
    failed = output(journeys, "journey/failed_connections.pcap")
    for came in ("  refused", "  no answer", "  reset", "  200, reset", "GET shop.example/mute  no answer", "  200"):
        assert f"{came}\n" in failed
    assert "missing.example  NXDOMAIN\n" in output(journeys, "journey/failed_lookups.pcap")
    raced = output(journeys, "journey/happy_eyeballs.pcap")
    assert "other addresses 250 ms" in raced and "  not needed\n" in raced
    assert "refused, another address was used\n" in output(journeys, "journey/refused_then_fallback.pcap")
    assert "TLS shop.example:3128 through a proxy\n" in output(journeys, "journey/tls_behind_dialogue.pcap")


@pytest.mark.parametrize("width", [64, 80, 120])
@pytest.mark.parametrize("capture", ["hostile_names", "tls_behind_dialogue", "happy_eyeballs", "failed_connections"])
def test_lines_fit(capture: str, width: int) -> None:
    """And hold nothing that a terminal would obey."""
    text = output(journeys, f"journey/{capture}.pcap", width=width)
    assert max(map(len, text.splitlines())) <= width
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("command", [journeys, har])
def test_requests_without_room_are_told(command: click.Command, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = str(PCAPS / "recorded/http_keep_alive.pcap")
    assert "no room" not in CliRunner().invoke(command, [capture]).stderr
    monkeypatch.setattr(exchanges, "MOST_EXCHANGES", 2)
    assert "there was no room left for 5 requests" in CliRunner().invoke(command, [capture]).stderr


def test_messages_without_room_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_TALKS", 0)
    assert "messages of connections" in CliRunner().invoke(handshakes, [str(PCAPS / "recorded/http_keep_alive.pcap")]).stderr


def test_everything_without_room_has_words() -> None:
    rows = JourneyRows()
    made = rows._journeys
    made.forgotten = made.forgotten_requests = made.forgotten_waits = made.lookups.forgotten = rows._found.gather.forgotten = 1
    assert rows.forgotten.keys() == FORGOTTEN.keys()


def test_har_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out.har"
    assert output(har, "recorded/name_lookup.pcap", "-o", str(path)) == ""
    log = json.loads(path.read_text())["log"]
    assert log == json.loads(output(har, "recorded/name_lookup.pcap"))["log"]
    assert log["version"] == "1.2" and len(log["entries"]) == 1


def test_har_overwrites_no_file_that_it_reads(tmp_path: Path) -> None:
    capture = tmp_path / "one.pcap"
    capture.write_bytes((PCAPS / "recorded/name_lookup.pcap").read_bytes())
    result = CliRunner().invoke(commands, ["har", str(capture), "-o", str(capture)])
    assert result.exit_code == USAGE and "is one of the files that are read" in result.stderr
    assert capture.read_bytes() == (PCAPS / "recorded/name_lookup.pcap").read_bytes()


@pytest.mark.parametrize("where", ["", "none/out.har"])
def test_har_that_cannot_be_written(tmp_path: Path, where: str) -> None:
    arguments = (sys.executable, "-m", "analyzer", "har", PCAPS / "recorded/name_lookup.pcap", "-o", tmp_path / where)
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=PCAPS.parent)
    assert (result.returncode, result.stdout) == (UNWRITABLE, "") and "the output cannot be written" in result.stderr
    assert not list(tmp_path.iterdir())


def test_har_of_a_selection() -> None:
    log = json.loads(output(har, "journey/lookup_and_reuse.pcap", "--stream", "1"))["log"]
    assert [entry["request"]["url"] for entry in log["entries"]] == ["http://shop.example/third"]


def test_har_is_a_format_of_its_own() -> None:
    assert CliRunner().invoke(har, [str(PCAPS / "recorded/name_lookup.pcap"), "--format", "csv"]).exit_code == 2


def test_names_that_were_tried_stand_in_the_table() -> None:
    phase = {"phase": "lookup", "duration_ns": 40_000_000, "waited": {"name_server": 40_000_000}, "who": "name_server"}
    row = {"phases": [phase], "duration_ns": 40_000_000, "dns_tried": ["a.corp.example", "a.example"]}
    assert [text.replace(KEPT, " ") for text in spent(row)] == ["lookup of 3 names 40.0 ms (name server)"]
    assert [text.replace(KEPT, " ") for text in spent(row | {"dns_tried": []})] == ["lookup 40.0 ms (name server)"]
