"""The commands `websocket` and `sse` on recorded captures: what the programs are known to have sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from analyzer.cli import commands
from analyzer.flow.application import sse, websocket

PCAPS = Path(__file__).parents[2] / "pcaps" / "recorded"


def output(command: str, capture: str, *more: str) -> str:
    result = CliRunner(env={"COLUMNS": "130"}).invoke(commands, [command, str(PCAPS / capture), *more])
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(command: str, capture: str, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output(command, capture, "--format", "ndjson", *more).splitlines()]


def test_compressed_or_not_the_same_is_said() -> None:
    said = []
    for capture in ("websocket_plain.pcap", "websocket_deflate.pcap", "websocket_lossy.pcap"):
        found = rows("websocket", capture, "--payload")
        assert all(row["kind"] == "frame" and row["complete"] and not row.get("errors") for row in found)
        assert {row["compressed"] for row in found if "compressed" in row} == {capture != "websocket_plain.pcap"}
        said.append([row["text"] for row in found if row["direction"] == "client" and row.get("text")])
    assert said[0] == said[1]
    assert {"hello", "héllo wörld", "my own fragments", "ping me"} <= set(said[0])
    assert said[2][:2] == said[0][:2]


def test_pings_and_closes() -> None:
    found = rows("websocket", "websocket_plain.pcap")
    pongs = [row for row in found if row["opcode_name"] == "pong"]
    assert len(pongs) == 2 and all(row["round_trip_ns"] > 0 for row in pongs)
    closes = [(row["stream"], row["direction"], row["close_code"]) for row in found if row.get("close_first")]
    assert closes == [(0, "client", 1000), (1, "server", 4001)]
    assert all("text" not in row and "data" not in row for row in found)


def test_frames_cut_and_selected() -> None:
    everything = rows("websocket", "websocket_plain.pcap")
    assert rows("websocket", "websocket_plain.pcap", "--stream", "1") == [row for row in everything if row["stream"] == 1]


def test_events_and_reconnects() -> None:
    found = rows("sse", "sse.pcap", "--payload")
    events = [row for row in found if row["kind"] == "event"]
    assert [(row["id"], row["event"]) for row in events] == [(str(number), "price") for number in range(1, 8)]
    assert all(f'"number": {row["id"]}' in row["data"] for row in events)
    opened = [row for row in found if row["kind"] == "open"]
    assert [(row["reconnect"], row["last_event_id"]) for row in opened] == [(False, None), (True, "3"), (True, "6")]


def test_tables_and_csv() -> None:
    assert "pong" in output("websocket", "websocket_plain.pcap")
    assert "reconnect" in output("sse", "sse.pcap")
    for command, capture, keys in (("websocket", "websocket_plain.pcap", websocket.KEYS), ("sse", "sse.pcap", sse.KEYS)):
        assert output(command, capture, "--format", "csv").splitlines()[0] == ",".join(keys)
