"""The commands as a user types them: formats, exit statuses, selections, several files, standard input."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import COMMANDS, commands

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSS = str(PCAPS / "tcp/fast_retransmission.pcap")
CONFLICT = str(PCAPS / "link/arp_conflict.pcap")
LOOKUP = str(PCAPS / "recorded/name_lookup.pcap")
ROWS = ("packets", "flows", "tcp", "arp")


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, arguments, **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ndjson(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "ndjson")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_summary_is_the_default() -> None:
    assert run(LOSS).stdout == run("summary", LOSS).stdout
    assert run("-n", LOSS).stdout == run("summary", "-n", LOSS).stdout
    assert "Findings, worst first" in run(LOSS).stdout


def test_every_command_has_help() -> None:
    overview = run("--help")
    assert overview.exit_code == 0
    for command in COMMANDS:
        assert command in overview.stdout
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--bogus",),
        ("summary",),
        ("sumary",),
        ("packets", LOSS, "-e", "no.such.field"),
        ("packets", LOSS, "-Y", "tcp.port =="),
        ("flows", LOSS, "-Y", "no.such.field == 1"),
        ("tcp", LOSS, "--stream", "x"),
        ("tcp", LOSS, "--frames", "9-1"),
        ("tcp", LOSS, "--from", "yesterday"),
        ("tcp", LOSS, "--port", "70000"),
        ("tcp", LOSS, "--memory", "much"),
        ("tcp", LOSS, "--format", "xml"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error:" in result.stderr


def test_unknown_field_is_named() -> None:
    assert "'no.such.field'" in run("packets", LOSS, "-e", "no.such.field").stderr


@pytest.mark.parametrize("command", ("summary", *ROWS))
@pytest.mark.parametrize(
    "name", ("missing", "container/no_capture.txt", "container/no_bytes.pcap", "container/netmon.cap", "")
)
def test_no_capture(command: str, name: str) -> None:
    result = run(command, str(PCAPS / name))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("analyzer: ") and result.stderr.count("\n") == 1


@pytest.mark.parametrize("form", ("table", "ndjson", "json", "csv"))
@pytest.mark.parametrize("command", ("summary", "packets", "flows", "tcp", "arp"))
def test_damage(command: str, form: str) -> None:
    result = run(command, str(PCAPS / "container/cut_in_data.pcap"), "--format", form)
    assert result.exit_code == 3
    assert "cut short" in result.stderr
    if command == "packets" and form == "ndjson":
        assert len(result.stdout.splitlines()) == 7


@pytest.mark.parametrize("command", ROWS)
def test_machine_formats_agree(command: str) -> None:
    path = CONFLICT if command == "arp" else LOSS
    rows = ndjson(command, path)
    assert rows and all(row["schema"] == 1 for row in rows)
    assert json.loads(run(command, path, "--format", "json").stdout) == rows
    table = list(csv.DictReader(run(command, path, "--format", "csv").stdout.splitlines()))
    assert len(table) == len(rows)
    for cells, row in zip(table, rows, strict=True):
        assert set(row) - {"schema"} <= set(cells)
        for key, text in cells.items():
            value = row.get(key)
            if isinstance(value, (int, str)) and not isinstance(value, bool):
                assert text == str(value)


def test_machine_formats_of_nothing() -> None:
    assert run("arp", LOSS, "--format", "ndjson").stdout == ""
    assert json.loads(run("arp", LOSS, "--format", "json").stdout) == []
    assert run("arp", LOSS, "--format", "csv").stdout.startswith("frame,opcode,")


def test_summary_as_json() -> None:
    found = json.loads(run(LOSS, "--format", "json").stdout)
    assert (found["schema"], found["packets"], found["bytes"]) == (1, 18, 7044)
    assert found["duration_ns"] == 75_100_000
    assert found["protocols"]["eth:ip:tcp"] == {"packets": 18, "bytes": 7044}
    first = found["findings"][0]
    assert (first["kind"], first["count"], first["frames"]) == ("retransmission", 1, [14])
    assert first["filter"] == "tcp.analysis.retransmission"
    assert run(LOSS, "--format", "ndjson").stdout.count("\n") == 1


def test_tcp_events() -> None:
    rows = ndjson("tcp", LOSS)
    assert [(row["frame"], row["kind"]) for row in rows][-2:] == [(14, "retransmission"), (14, "fast_retransmission")]
    assert {row["direction"] for row in rows if row["kind"] == "duplicate_ack"} == {"client"}


def test_arp_rows() -> None:
    rows = ndjson("arp", str(PCAPS / "link/arp_probe_announcement.pcap"))
    assert any(row["probe"] for row in rows) and any(row["announcement"] for row in rows)
    assert "also claimed by" in run("arp", CONFLICT).stdout


def test_selection() -> None:
    assert [row["frame.number"] for row in ndjson("packets", LOSS, "--frames", "3,17-")] == [3, 17, 18]
    assert [row["frame.number"] for row in ndjson("packets", LOSS, "-Y", "tcp.analysis.retransmission")] == [14]
    assert [row["frame"] for row in ndjson("tcp", LOSS, "--to", "0.0615")] == [6, 7]
    assert ndjson("flows", LOSS, "--port", "1") == []
    assert ndjson("flows", LOSS, "--frames", "9")[0]["packets_client"] == 10
    selected = json.loads(run(LOSS, "--frames", "1-10", "--format", "json").stdout)
    assert selected["packets"] == 10
    assert [finding["kind"] for finding in selected["findings"]] == ["lost_segment", "duplicate_ack"]


def test_names() -> None:
    assert "shop.example:8080" in run(LOOKUP).stdout
    assert "shop.example" not in run(LOOKUP, "-n").stdout
    assert "shop.example" in run("flows", LOOKUP).stdout
    assert {row["tcp.stream"] for row in ndjson("packets", LOOKUP, "--host", "shop.example", "-e", "tcp.stream")} >= {0}
    assert ndjson("flows", LOOKUP)[0]["server"] == "10.99.0.2"


def test_several_files() -> None:
    rows = ndjson("packets", LOSS, CONFLICT, "-e", "frame.number")
    assert [row["frame.number"] for row in rows] == list(range(1, 22))
    assert {(row["file"], row["frame_in_file"]) for row in rows} >= {(LOSS, 18), (CONFLICT, 3)}
    events = ndjson("tcp", LOSS, CONFLICT)
    assert {row["file"] for row in events} == {LOSS}


def test_field_table() -> None:
    lines = run("packets", LOSS, "-e", "frame.number", "-e", "tcp.len", "-c", "2").stdout.splitlines()
    assert [line.split() for line in lines] == [["frame.number", "tcp.len"], ["1", "0"], ["2", "0"]]


def test_all_flows_in_a_table() -> None:
    path = str(PCAPS / "tcp/many_copies_of_two_ports.pcap")
    assert len(run("flows", path, "--all").stdout.splitlines()) == 4


def test_version_says_what_is_compiled() -> None:
    assert "kernels compiled" in run("--version").stdout or "no kernel compiled" in run("--version").stdout


def test_fields() -> None:
    assert "tcp.analysis.retransmission" in run("fields", "retransmission").stdout


def analyzer(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "analyzer", *arguments], capture_output=True, timeout=60, **more)


@pytest.mark.parametrize("command", ("summary", *ROWS))
def test_standard_input(command: str) -> None:
    named = analyzer(command, LOSS, "--format", "csv")
    piped = analyzer(command, "-", "--format", "csv", input=Path(LOSS).read_bytes())
    assert named.returncode == piped.returncode == 0
    assert named.stdout == piped.stdout


def test_a_closed_pipe_ends_quietly() -> None:
    command = [sys.executable, "-m", "analyzer", "packets", *[str(PCAPS / "recorded/http_loss.pcap")] * 20]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_numpy_starts_no_threads_unless_the_user_says_so(given: dict[str, str], threads: str) -> None:
    code = "import os, sys, analyzer.__main__; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | given
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == [threads, "False"]


def test_help_imports_neither_numpy_nor_rich() -> None:
    script = (
        "import sys; from analyzer.cli import commands; commands.main(['--help'], standalone_mode=False);"
        "print([name for name in ('numpy', 'rich', 'tabulate', 'scapy', 'dpkt', 'pyshark') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_reading_imports_nothing_that_is_slow() -> None:
    script = f"""
import sys
from analyzer.cli import commands
try:
    commands.main([{LOSS!r}], standalone_mode=False)
except SystemExit:
    pass
print([name for name in ("rich", "tabulate", "scapy", "dpkt", "pyshark", "zstandard", "lz4") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
