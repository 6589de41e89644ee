"""The command `rtt`: every format, on captures of which the round trips are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli.rtt import rtt
from analyzer.flow.tcp.ledger.rtt_rows import RTT_KEYS, SERIES_KEYS

PCAPS = Path(__file__).resolve().parents[2] / "pcaps" / "tcp"
MS = 1_000_000


def run(*arguments: str) -> str:
    result = CliRunner().invoke(rtt, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(name: str, *arguments: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in run(str(PCAPS / name), "--format", "ndjson", *arguments).splitlines()]
    return [{key: value for key, value in row.items() if key != "schema"} for row in found]


def test_both_directions() -> None:
    client, server = rows("clean_session.pcap")
    assert tuple(client) == tuple(server) == RTT_KEYS
    assert (client["direction"], server["direction"], client["capture_point"]) == ("client", "server", "client")
    assert client["samples"] == client["samples_compared"] > 1
    assert client["near_min_ns"] + client["far_min_ns"] == 1_100_000 <= client["min_ns"]


def test_connecting_is_not_the_round_trip() -> None:
    client, _ = rows("syn_lost.pcap")
    assert client["connect_ns"] > 1_000 * MS
    assert client["handshake_rtt_ns"] is None or client["handshake_rtt_ns"] < 20 * MS
    assert client["max_ns"] < 100 * MS


def test_karn() -> None:
    """No sample contains the wait for a timer."""
    for name in ("retransmission_timeout.pcap", "timer_backoff.pcap", "fast_retransmission.pcap"):
        assert all(row["max_ns"] is None or row["max_ns"] < 100 * MS for row in rows(name)), name


def test_series() -> None:
    client, server = rows("clean_session.pcap")
    found = rows("clean_session.pcap", "--series")
    assert {tuple(row) for row in found} == {SERIES_KEYS}
    for row in (client, server):
        mine = [sample["rtt_ns"] for sample in found if sample["direction"] == row["direction"]]
        assert (len(mine), min(mine), max(mine)) == (row["samples"], row["min_ns"], row["max_ns"])
    assert [row["frame"] for row in found] == sorted(row["frame"] for row in found)


@pytest.mark.parametrize(("arguments", "keys"), [((), RTT_KEYS), (("--series",), SERIES_KEYS)])
def test_formats_agree(arguments: tuple[str, ...], keys: tuple[str, ...]) -> None:
    path = str(PCAPS / "clean_session.pcap")
    expected = rows("clean_session.pcap", *arguments)
    found = json.loads(run(path, "--format", "json", *arguments))
    assert [row | {"schema": 0} for row in found] == [row | {"schema": 0} for row in expected]
    table = list(csv.reader(run(path, "--format", "csv", *arguments).splitlines()))
    assert tuple(table[0]) == keys and len(table) == len(expected) + 1


@pytest.mark.parametrize("arguments", [(), ("--all",), ("--series",)])
def test_tables(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(str(PCAPS / "clean_session.pcap"), *arguments).splitlines()
    assert lines[0].split()[0] == ("frame" if arguments == ("--series",) else "stream")
    assert len(lines) > 1 and max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["syn_unanswered.pcap", "same_endpoint.pcap"])
def test_nothing_measured(name: str) -> None:
    assert all(row["samples"] == 0 and row["p95_ns"] is None for row in rows(name))
    assert run(str(PCAPS / name)) == ""


def test_selection(tmp_path: Path) -> None:
    path = PCAPS / "port_reuse.pcap"
    assert {row["stream"] for row in rows("port_reuse.pcap")} == {0, 1}
    assert {row["stream"] for row in rows("port_reuse.pcap", "-Y", "tcp.stream == 1")} == {1}, path


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.stem)
def test_sums(path: Path) -> None:
    """Whatever is in the capture: the values are in order, and of the other direction's near and far."""
    found = rows(path.name)
    for client, server in zip(found[::2], found[1::2], strict=True):
        assert (client["near_min_ns"], client["far_min_ns"]) == (server["far_min_ns"], server["near_min_ns"])
        for row in (client, server):
            values = [row[key] for key in ("min_ns", "median_ns", "p95_ns", "max_ns")]
            assert values == [None] * 4 or values == sorted(values)
            assert (row["samples"] == 0) == (row["min_ns"] is None) == (row["rto_ns"] is None)
