"""The command `waits` on captures of which it is known what their connections waited for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli.waits import waits
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_rows import PHASE_KEYS, WAIT_KEYS, key

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = sorted(path.name for path in PCAPS.glob("tcp/*.pcap"))


def output(capture: str, *more: str) -> str:
    result = CliRunner().invoke(waits, [str(PCAPS / "tcp" / capture), *more], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(capture: str, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output(capture, "--format", "ndjson", *more).splitlines()]


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_times_add_up(capture: str) -> None:
    """Of each connection, and of its phases, which follow one another."""
    each = rows(capture, "--each")
    for row in rows(capture):
        assert tuple(row)[1:] == WAIT_KEYS
        own = [phase for phase in each if phase["stream"] == row["stream"]]
        assert sum(row[key(reason)] for reason in Reason) == row["duration_ns"] == sum(phase["duration_ns"] for phase in own)
        assert all(tuple(phase)[1:] == PHASE_KEYS for phase in own)
        assert [phase["end_ns"] for phase in own[:-1]] == [phase["start_ns"] for phase in own[1:]]


@pytest.mark.parametrize(
    ("capture", "longest", "who"),
    [
        ("retransmission_timeout.pcap", "tail_loss", "network"),
        ("tail_loss_probe.pcap", "tail_loss", "network"),
        ("zero_window.pcap", "zero_window", "client"),
        ("sack_recovery.pcap", "head_of_line", "network"),
        ("syn_unanswered.pcap", "syn_repeat", "network"),
    ],
)
def test_what_took_longest(capture: str, longest: str, who: str) -> None:
    [row] = rows(capture)
    assert (row["longest"], row["longest_who"]) == (longest, who)
    assert row["longest_frames"] and row["longest_ns"] > 0


def test_forms() -> None:
    table = output("zero_window.pcap").splitlines()
    assert table[0].split()[:3] == ["stream", "server", "duration"] and "zero window" in "".join(table)
    assert "zero window" in output("zero_window.pcap", "--each")
    assert output("zero_window.pcap", "--format", "csv").startswith("stream,client,")
    assert json.loads(output("zero_window.pcap", "--format", "json"))[0]["stream"] == 0
    assert len(output("port_reuse.pcap", "--all").splitlines()) > 2
