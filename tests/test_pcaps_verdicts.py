"""What pcaps/INDEX.md promises of our own verdicts: all of a capture but duplicate ACKs, its stalls, and what it waited for."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import commands

from .test_pcaps import PCAPS, ROW, numbers

SAID = re.compile(r"\*([a-z_ ]+)\*: (some|[\d -]+)(?:<br>|$)")
AXES = ("verdict", "trigger", "need", "hole_cause")
FELT_NS = 10_000_000  #: a wait that is promised is no shorter


def promised() -> dict[str, dict[str, str]]:
    """Capture -> what is said of it -> frames."""
    rows = (ROW.match(line) for line in (PCAPS / "INDEX.md").read_text().splitlines())
    found = {row[1]: dict(SAID.findall(row[2])) for row in rows if row}
    return {path: said for path, said in found.items() if said}


PROMISED = promised()


def rows(command: str, path: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(commands, [command, str(PCAPS / path), "--format", "ndjson"])
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_there_are_promises() -> None:
    assert {path for path in PROMISED if path.startswith("ledger/")} == {
        f"ledger/{path.name}" for path in (PCAPS / "ledger").iterdir()
    }


@pytest.mark.parametrize("path", sorted(PROMISED))
def test_verdicts(path: str) -> None:
    wanted = {said: numbers(frames) for said, frames in PROMISED[path].items() if not said.startswith("wait ")}
    found: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows("tcp", path):
        if row["verdict"] not in (None, "duplicate_ack"):
            found[" ".join(row[axis] for axis in AXES if row[axis])].add(row["frame"])
    for row in rows("stalls", path):
        found[f"stall {row['cause']}"].add(row["filled_frame"])
    assert {said: sorted(frames) for said, frames in found.items()} == wanted


@pytest.mark.parametrize("path", sorted(path for path, said in PROMISED.items() if any(one.startswith("wait ") for one in said)))
def test_waits(path: str) -> None:
    (waited,) = rows("waits", path)
    for said in PROMISED[path]:
        if said.startswith("wait "):
            assert waited[f"{said.removeprefix('wait ')}_ns"] >= FELT_NS
