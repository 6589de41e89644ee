"""The commands that tell what the ledger found: stalls, tcp, flows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import commands
from analyzer.cli.run import DAMAGED
from analyzer.flow.tcp.ledger.stall_rows import STALL_KEYS

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSSY = str(PCAPS / "recorded/http_lossy.pcap")
HEALTHY = str(PCAPS / "tcp/clean_session.pcap")


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, arguments, **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_stall_as_a_table_and_as_json() -> None:
    result = run("stalls", LOSSY, env={"COLUMNS": "120"})
    assert result.exit_code == 0
    title, line = result.stdout.splitlines()
    assert title.split()[:4] == ["stream", "from", "time", "stalled"]
    assert "by fast retransmit" in line and line.endswith("http 200 (20.8 ms begun)") and len(line) <= 120
    (row,) = json.loads(run("stalls", LOSSY, "--format", "json").stdout)
    assert tuple(row) == ("schema", *STALL_KEYS)


def test_nothing_stalled() -> None:
    assert run("stalls", HEALTHY).stdout == ""
    assert run("stalls", HEALTHY, "--format", "json").stdout == "[]\n"
    assert run("stalls", HEALTHY, "--format", "csv").stdout.strip() == ",".join(STALL_KEYS)


def test_a_selection() -> None:
    assert run("stalls", LOSSY, "-Y", "tcp.analysis.fast_retransmission", "--format", "ndjson").stdout.count("\n") == 1
    assert run("stalls", LOSSY, "--to", "0.02", "--format", "ndjson").stdout == ""


@pytest.mark.parametrize("command", ("stalls", "rtt", "waits", "tcp", "flows", "summary"))
def test_a_capture_that_is_cut(command: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(LOSSY).read_bytes()[:-30])
    result = run(command, str(cut), "--format", "ndjson")
    assert result.exit_code == DAMAGED and result.stdout.count("\n") >= 1 and "cut" in result.stderr


@pytest.mark.parametrize("command", ("stalls", "rtt", "waits", "tcp"))
def test_little_memory(command: str) -> None:
    assert run(command, LOSSY, "--memory", "1K", "--format", "ndjson").stdout == run(command, LOSSY, "--format", "ndjson").stdout


def test_flows_say_how_long_they_stalled() -> None:
    assert "20.8 ms" in run("flows", LOSSY, env={"COLUMNS": "120"}).stdout
    (row,) = map(json.loads, run("flows", LOSSY, "--format", "ndjson").stdout.splitlines())
    keys = list(row)
    assert keys[keys.index("zero_windows") : keys.index("state") + 1] == ["zero_windows", "hol_stalls", "hol_stalled_ns", "state"]
