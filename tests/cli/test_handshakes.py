"""The command `handshakes`: rows, groups, objectives and the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analyzer.cli import commands
from analyzer.cli.handshakes import SLO_MISSED
from analyzer.cli.run import DAMAGED
from analyzer.journey.handshakes import HANDSHAKE_KEYS
from analyzer.journey.statistics.groups import SHARES, keys
from tests.cli.connecting import BETWEEN, MS, written

PCAPS = Path(__file__).parents[2] / "pcaps"
TLS = str(PCAPS / "recorded/tls_1_3.pcap")
TIMES = [int(ns) for ns in np.random.default_rng(4).lognormal(16.5, 0.5, 200)]


def run(*arguments: str, columns: int = 120) -> Result:
    result = CliRunner().invoke(commands, ["handshakes", *arguments], env={"COLUMNS": str(columns)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "--format", "ndjson").stdout.splitlines()]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """200 connections and 3 that are refused."""
    return written(tmp_path_factory.mktemp("many") / "many.pcap", [*TIMES, None, None, None])


def test_rows_have_the_documented_keys_and_their_times(many: str) -> None:
    found = rows(many)
    assert all(tuple(row) == ("schema", *HANDSHAKE_KEYS) for row in found)
    assert [row["connect_ns"] for row in found] == [*TIMES, None, None, None]
    assert [row["first_byte_ns"] for row in found[:200]] == [time + 5 * MS for time in TIMES]
    assert [row["stream"] for row in found] == list(range(203)) and found[-1]["outcome"] == "refused"


def test_forms() -> None:
    table = run(TLS).stdout.splitlines()
    assert table[0].split()[:2] == ["stream", "server"] and "TLS 1.3" in table[1] and "established" in table[1]
    assert run(TLS, "--format", "csv").stdout.splitlines()[0] == ",".join(HANDSHAKE_KEYS)
    (row,) = json.loads(run(TLS, "--format", "json").stdout)
    assert row["tls_version"] == 772 and row["tls_ns"] > 0


def test_percentiles_are_those_of_numpy_of_the_exported_rows(many: str) -> None:
    exported = [row["connect_ns"] for row in rows(many) if row["connect_ns"] is not None]
    (row,) = (row for row in rows(many, "--by", "server") if row["measure"] == "connect")
    assert tuple(row) == ("schema", *keys(("server",)))
    assert (row["count"], row["min_ns"], row["max_ns"]) == (200, min(exported), max(exported))
    assert all(abs(row[key] - np.percentile(exported, 100 * share)) < 1 for key, share in SHARES.items())
    assert (row["connections"], row["failed"], row["refused"], row["established"]) == (203, 3, 3, 200)


def test_groups_of_several_and_in_every_form(many: str) -> None:
    found = rows(many, "--by", "subnet,outcome", "--by", "hour_of_day")
    assert [(row["subnet"], row["outcome"], row["hour_of_day"]) for row in found[::6]] == [
        ("198.51.100.0/24", "established", 0), ("198.51.100.0/24", "refused", 0),
    ]  # fmt: skip
    assert run(many, "--by", "alpn", "--format", "csv").stdout.splitlines()[0] == ",".join(keys(("alpn",)))
    assert len(json.loads(run(many, "--by", "client", "--format", "json").stdout)) == 6
    table = run(many, "--by", "server", "-n").stdout
    assert "server 198.51.100.7: 203 connections, 3 failed (3 refused)" in table and "name lookup" not in table


@pytest.mark.parametrize(
    ("objectives", "status", "missed"),
    [
        (("connect=10s",), SLO_MISSED, 3),  # those that were refused
        (("dns=1ns",), 0, 0),  # nothing was looked up
        (("p98:connect=10s",), 0, 0),
        (("p99:connect=10s",), SLO_MISSED, 0),  # one in a hundred failed, no connection is marked
        (("ttfb=1ns,dns=1ns",), SLO_MISSED, 203),
        (("ttfb=10s", "connect=1ns"), SLO_MISSED, 203),
    ],
)
def test_objectives(many: str, objectives: tuple[str, ...], status: int, missed: int) -> None:
    options = [part for objective in objectives for part in ("--slo", objective)]
    result = run(many, *options, "--format", "ndjson")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == status
    assert sum(bool(row["slo_missed"]) for row in found) == missed
    told = [line for line in result.stderr.splitlines() if "--slo" in line]
    assert len(told) == sum(len(objective.split(",")) for objective in objectives)
    assert any(": missed" in line for line in told) == (status == SLO_MISSED)


def test_objectives_of_connections_that_all_met_them(tmp_path: Path) -> None:
    capture = written(tmp_path / "good.pcap", [20 * MS, 30 * MS])
    result = run(capture, "--slo", "connect=30ms")
    assert result.exit_code == 0 and "connect=30ms: met by all 2 connections" in result.stderr
    result = run(capture, "--slo", "connect=29999us")
    assert result.exit_code == SLO_MISSED and "missed by 1 of 2 connections, the longest took 30.0 ms (stream 1)" in result.stderr


def test_marks_in_the_table(many: str) -> None:
    lines = run(many, "--slo", "connect=10s,ttfb=1ns").stdout.splitlines()
    assert "!" not in lines[1].split("198.51.100.7:80")[1].split(" ms")[0]  # its connect
    assert "ms!" in lines[1] and lines[-1].count("never!") == 2 and lines[-1].endswith("refused")
    assert "!" not in run(many).stdout
    assert "3 missed" in run(many, "--slo", "connect=10s", "--by", "server").stdout


def test_a_miss_counts_more_than_damage(many: str, tmp_path: Path) -> None:
    """3 says that the rest may be worse, 4 that it is bad enough: more frames could not mend that."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(many).read_bytes()[:-7])
    assert run(str(cut)).exit_code == DAMAGED
    assert run(str(cut), "--slo", "p50:connect=10s").exit_code == DAMAGED
    result = run(str(cut), "--slo", "connect=1ns")
    assert result.exit_code == SLO_MISSED and "cut" in result.stderr
    assert run(str(tmp_path / "none.pcap"), "--slo", "connect=1ns").exit_code == 1


@pytest.mark.parametrize(
    "options", [("--by", "colour"), ("--slo", "connect"), ("--slo", "speed=1ms"), ("--slo", "connect=1parsec")]
)
def test_usage(options: tuple[str, str]) -> None:
    result = run(TLS, *options)
    assert result.exit_code == 2 and "Traceback" not in result.output and options[1].split("=")[0] in result.output


def test_a_selection(many: str) -> None:
    assert [row["stream"] for row in rows(many, "--stream", "7")] == [7]
    limit = str((10 * BETWEEN - 1) / 1e9)
    found = rows(many, "--to", limit, "--by", "server")
    assert found[0]["connections"] == 10
    assert run(many, "--stream", "200", "--slo", "connect=1s").exit_code == SLO_MISSED
    assert run(many, "--stream", "0", "--slo", "connect=1s").exit_code == 0


def test_nothing_at_all() -> None:
    udp = str(PCAPS / "recorded/dns_types.pcap")
    assert run(udp).stdout == "" and run(udp, "--by", "server").stdout == ""
    result = run(udp, "--slo", "connect=1ns", "--format", "json")
    assert (result.exit_code, result.stdout) == (0, "[]\n") and "nothing to compare" in result.stderr


@pytest.mark.parametrize("columns", [80, 100, 120, 160, 200])
@pytest.mark.parametrize("name", ["recorded/tls_1_3.pcap", "recorded/name_lookup.pcap", "recorded/refused.pcap"])
def test_tables_fit(columns: int, name: str) -> None:
    for options in ((), ("--slo", "connect=1ns,tls=1ns,ttfb=1ns,dns=1ns"), ("--by", "server")):
        lines = run(str(PCAPS / name), *options, columns=columns).stdout.splitlines()
        assert lines and max(map(len, lines)) <= columns


def test_names_of_an_attacker() -> None:
    text = run(str(PCAPS / "journey/hostile_names.pcap")).stdout
    assert text and all(line.isprintable() for line in text.splitlines())
    text = run(str(PCAPS / "journey/hostile_names.pcap"), "--by", "sni,dns_name,alpn").stdout
    assert text and all(line.isprintable() for line in text.splitlines())


def test_too_many_groups_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.journey.statistics.groups.MOST_GROUPS", 1)
    capture = written(tmp_path / "two.pcap", [20 * MS, None, None])
    result = run(capture, "--by", "outcome", "--slo", "connect=1s")
    assert "2 connections are left out: there were more than 1 groups" in result.stderr
    assert "all connections" not in result.stdout and "missed by 2 of 3" in result.stderr  # they are still judged
