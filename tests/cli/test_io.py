"""The command io."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import commands
from analyzer.flow.throughput import INTERVAL_KEYS
from analyzer.report.tables.io import BLOCKS, PLAIN, bars_for, bits, sparkline

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSSY = str(PCAPS / "recorded/http_lossy.pcap")
USAGE = 2


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, arguments, **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize("width", (80, 100, 130))
def test_a_table_fits(width: int) -> None:
    lines = run("io", LOSSY, "--interval", "10ms", env={"COLUMNS": str(width)}).stdout.splitlines()
    assert lines[0].startswith("client") and lines[1].startswith("server") and "7 x 10.0 ms" in lines[2]
    assert lines[4].split()[:3] == ["time", "packets", "client"] and len(lines) == 5 + 7
    assert all(len(line) <= width for line in lines)


def test_machine_rows() -> None:
    (first, *_) = rows = json.loads(run("io", LOSSY, "--interval", "0.01", "--format", "json").stdout)
    assert tuple(first) == ("schema", *INTERVAL_KEYS) and len(rows) == 7 and first["interval_ns"] == 10_000_000
    assert run("io", LOSSY, "--format", "csv").stdout.splitlines()[0] == ",".join(INTERVAL_KEYS)


def test_nothing_to_count() -> None:
    assert run("io", LOSSY, "--port", "9").stdout == ""
    assert run("io", LOSSY, "--port", "9", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize(
    "text, interval",
    (("1s", 10**9), ("1.5 ms", 1_500_000), ("20us", 20_000), ("7ns", None), ("2m", 12 * 10**10), ("1h", 36 * 10**11)),
)
def test_lengths_of_time(text: str, interval: int | None) -> None:
    result = run("io", LOSSY, "--interval", text, "--format", "ndjson")
    if interval is None:
        assert result.exit_code == USAGE and "take longer ones" in result.stderr
    else:
        assert json.loads(result.stdout.splitlines()[0])["interval_ns"] == interval


@pytest.mark.parametrize("text", ("0s", "-1s", "1 week", "", "s", "1e3s", "99999999999d", "0.0000000001s"))
def test_what_is_no_length_of_time(text: str) -> None:
    assert run("io", LOSSY, f"--interval={text}").exit_code == USAGE


def test_bars() -> None:
    assert sparkline([0, 1, 4, 8, 0, 0], 80, BLOCKS, 8) == " ▁▄█"
    assert sparkline([0, 1, 4, 8], 80, PLAIN, 8) == " .=@"
    assert sparkline([0, 8, 0, 1], 2, BLOCKS, 8) == "█▁"
    assert len(sparkline([1] * 1000, 60, BLOCKS, 1)) == 60
    assert sparkline([0, 0], 80, BLOCKS, 0) == ""


def test_bars_that_the_terminal_has() -> None:
    assert bars_for("utf-8") == BLOCKS
    assert bars_for("ascii") == bars_for("latin-1") == bars_for(None) == bars_for("no such") == PLAIN


def test_rates() -> None:
    assert [bits(number) for number in (0, 999, 1_500, 12_345_678)] == ["0 bit/s", "999 bit/s", "1.50 kbit/s", "12.3 Mbit/s"]
