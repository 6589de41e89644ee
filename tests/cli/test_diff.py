"""The command `diff`: two captures, and what differs between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analyzer.cli import commands
from analyzer.cli.run import DAMAGED, NO_CAPTURE
from analyzer.journey.statistics.comparison import keys
from tests.cli.connecting import written


def run(*arguments: str, columns: int = 120) -> Result:
    result = CliRunner().invoke(commands, ["diff", *arguments], env={"COLUMNS": str(columns)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(*arguments: str) -> dict[str, dict[str, Any]]:
    result = run(*arguments, "--format", "ndjson")
    return {row["measure"]: row for row in map(json.loads, result.stdout.splitlines())}


def times(seed: int, factor: float = 1.0) -> list[int]:
    return [int(ns) for ns in np.random.default_rng(seed).lognormal(16.5, 0.3, 120) * factor]


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("captures")
    return {
        "before": written(folder / "before.pcap", times(1)),
        "same": written(folder / "same.pcap", times(2)),
        "slower": written(folder / "slower.pcap", times(3, 1.5)),
        "broken": written(folder / "broken.pcap", [*times(4)[:90], *[None] * 30]),
        "elsewhere": written(folder / "elsewhere.pcap", times(5), server="203.0.113.9"),
    }


def test_the_same_again(captures: dict[str, str]) -> None:
    found = rows(captures["before"], captures["same"])
    assert {row["decision"] for row in found.values()} == {"no difference"} and found.keys() > {"connect", "ttfb", "failures"}
    assert all(tuple(row) == ("schema", *keys(())) for row in found.values())
    text = run(captures["before"], captures["same"]).stdout
    assert text.startswith("No difference in ") and "slower" not in text


def test_slower_and_the_other_way_round(captures: dict[str, str]) -> None:
    there, back = rows(captures["before"], captures["slower"]), rows(captures["slower"], captures["before"])
    assert (there["connect"]["decision"], back["connect"]["decision"]) == ("slower", "faster")
    assert there["connect"]["difference_ns"] == -back["connect"]["difference_ns"] > 0
    median = int(np.median(times(1)))
    assert abs(there["connect"]["median_a_ns"] - median) <= 1
    text = run(captures["before"], captures["slower"]).stdout
    assert "- all connections: connecting takes" in text and "large effect" in " ".join(text.split())


def test_more_failures(captures: dict[str, str]) -> None:
    found = rows(captures["before"], captures["broken"])
    assert (found["failures"]["decision"], found["failures"]["failed_b"]) == ("more failures", 30)
    assert found["connect"]["decision"] == "no difference"
    assert "30 of 120 (25 %) connections fail" in run(captures["before"], captures["broken"]).stdout


def test_groups_of_one_capture_only(captures: dict[str, str]) -> None:
    result = run(captures["before"], captures["elsewhere"], "--by", "server", "--format", "json")
    found = [(row["server"], row["only_in"]) for row in json.loads(result.stdout) if row["measure"] == "connect"]
    assert found == [("198.51.100.7", "a"), ("203.0.113.9", "b")]
    table = run(captures["before"], captures["elsewhere"], "--by", "server", "-n").stdout
    assert "server 198.51.100.7 (only in A)" in table and "server 203.0.113.9 (only in B)" in table
    assert table.startswith("Nothing could be compared: no group has")
    by = run(captures["before"], captures["slower"], "--by", "server,outcome", "--format", "csv").stdout.splitlines()
    assert by[0] == ",".join(keys(("server", "outcome"))) and len(by) > 4


def test_captures_without_connections(captures: dict[str, str]) -> None:
    nothing = (captures["before"], captures["same"], "--stream", "999")
    assert run(*nothing).stdout == "Nothing could be compared: no group has connections in both captures.\n"
    assert run(*nothing, "--format", "ndjson").stdout == ""


def test_a_selection_is_for_both(captures: dict[str, str]) -> None:
    found = rows(captures["before"], captures["slower"], "--to", "0.5")
    assert 0 < found["connect"]["count_a"] < 120 and 0 < found["connect"]["count_b"] < 120


def test_exit_status(captures: dict[str, str], tmp_path: Path) -> None:
    assert run(captures["before"], captures["slower"]).exit_code == 0  # a difference is no failure of ours
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(captures["same"]).read_bytes()[:-7])
    for pair in ((str(cut), captures["before"]), (captures["before"], str(cut))):
        result = run(*pair)
        assert result.exit_code == DAMAGED and "No difference" in result.stdout and "cut" in result.stderr
    for pair in ((str(tmp_path / "none"), captures["before"]), (captures["before"], str(tmp_path / "none"))):
        result = run(*pair)
        assert (result.exit_code, result.stdout) == (NO_CAPTURE, "") and "no such file" in result.stderr


@pytest.mark.parametrize("more", [(), ("x", "y"), ("--by", "colour")])
def test_usage(captures: dict[str, str], more: tuple[str, ...]) -> None:
    files = (captures["before"], captures["same"]) if "--by" in more else (captures["before"],)
    result = run(*files, *more)
    assert result.exit_code == 2 and result.stdout == ""


def test_standard_input_is_one_capture(captures: dict[str, str]) -> None:
    assert run("-", "-").exit_code == 2
    result = CliRunner().invoke(commands, ["diff", "-", captures["same"]], input=Path(captures["before"]).read_bytes())
    assert result.exit_code == 0 and "No difference" in result.stdout


@pytest.mark.parametrize("columns", [80, 100, 120, 160])
def test_it_fits(captures: dict[str, str], columns: int) -> None:
    for other in ("same", "slower", "broken", "elsewhere"):
        lines = run(captures["before"], captures[other], "--by", "server,tls_version", columns=columns).stdout.splitlines()
        assert max(map(len, lines)) <= columns
