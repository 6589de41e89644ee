"""The command `interfaces`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from analyzer.capture.live.interfaces import Interface
from analyzer.capture.live.permissions import Backend
from analyzer.cli import commands
from analyzer.report.tables.interfaces import INTERFACE_KEYS, InterfaceTable, paragraph, rows

LONG = Interface(
    "abcdefghijklmno", 3, "hardware type 65535", True, False, 1500, "02:00:00:00:00:01",
    ("192.0.2.1", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", "fe80::1"), "a\x1b[31m" * 20, 1,
)  # fmt: skip


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, ["interfaces", *arguments], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.output


def test_rows_have_the_documented_keys() -> None:
    lines = run("--format", "ndjson").splitlines()
    assert all(tuple(json.loads(line)) == ("schema", *INTERFACE_KEYS) for line in lines)
    assert len(json.loads(run("--format", "json"))) == len(lines)
    assert run("--format", "csv").splitlines()[0] == ",".join(INTERFACE_KEYS)


def test_the_table_fits_80_columns_but_for_commands() -> None:
    lines = run().splitlines()
    assert lines[0].split() == ["interface", "kind", "state", "MTU", "addresses"]
    assert all(len(line) <= 80 for line in lines if not line.startswith("    "))


def test_long_values_are_cut_and_nothing_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    InterfaceTable(sys.stdout, 80, lambda text, style: text).interfaces([LONG])
    _, line = capsys.readouterr().out.splitlines()
    assert len(line) <= 80 and "no carrier" in line and "192.0.2.1" in line and "\x1b" not in line
    (row,) = rows([LONG], [])
    assert row["up"] and not row["running"]


def test_what_is_missing_is_said_once_with_its_command() -> None:
    ways = [
        Backend("af_packet", "this process lacks it", "sudo this"), Backend("dumpcap"),
        Backend("tcpdump", "it is not installed", "sudo install", "ask first"),
        Backend("scapy", "this process lacks it", "sudo this"),
    ]  # fmt: skip
    assert paragraph(ways, 80).splitlines() == [
        "All of them can be captured now, by dumpcap.",
        "af_packet and scapy: this process lacks it; this grants it:",
        "    sudo this",
        "tcpdump: it is not installed; this grants it (ask first):",
        "    sudo install",
    ]
    (row,) = rows([LONG], ways)
    assert row["backends"] == ["dumpcap"]
    assert row["commands"] == {"af_packet": "sudo this", "tcpdump": "sudo install", "scapy": "sudo this"}
