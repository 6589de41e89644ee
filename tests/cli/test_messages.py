"""What the commands for messages share: formats, selections, several files, standard input, and the Python API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import analyzer
from analyzer.cli import commands
from analyzer.flow.application import dns, http, sse, tls, websocket
from analyzer.flow.application.rows import PLACED

PCAPS = Path(__file__).parents[2] / "pcaps"
KEYS = {"dns": dns.KEYS, "tls": tls.KEYS, "http": http.KEYS, "websocket": websocket.KEYS, "sse": sse.KEYS}
SHOWN = {
    "dns": "recorded/dns_types.pcap", "tls": "recorded/tls_1_2.pcap", "http": "recorded/http_keep_alive.pcap",
    "websocket": "recorded/websocket_plain.pcap", "sse": "recorded/sse.pcap",
}  # fmt: skip


def said(command: str, *arguments: str, data: bytes | None = None) -> str:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(commands, [command, *arguments], input=data)
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(command: str, *arguments: str, data: bytes | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(command, *arguments, "--format", "ndjson", data=data).splitlines()]


@pytest.mark.parametrize("command", KEYS)
def test_every_format_says_the_same(command: str) -> None:
    path = str(PCAPS / SHOWN[command])
    found = rows(command, path)
    assert found
    assert json.loads(said(command, path, "--format", "json")) == found
    header, *lines = said(command, path, "--format", "csv").splitlines()
    assert header.split(",") == list(KEYS[command])
    assert len(lines) == len(found)
    assert len(said(command, path).splitlines()) == 1 + len(found)


@pytest.mark.parametrize("command", KEYS)
def test_keys(command: str) -> None:
    for row in rows(command, str(PCAPS / SHOWN[command])):
        assert set(row) - {"schema"} <= set(KEYS[command])
        assert set(PLACED) <= set(row)
        for key, value in row.items():
            if key != "schema" and value is not None:
                kinds = {"integer": int, "text": str, "boolean": bool, "list": list, "object": dict, "list or text": (list, str)}
                assert isinstance(value, kinds[KEYS[command][key].type]), (key, value)
        assert row["frame"] == (row["last_frame"] if row["complete"] else None)
        assert row["first_frame"] <= row["last_frame"] and row["first_time_ns"] <= row["time_ns"]


@pytest.mark.parametrize("command", KEYS)
def test_a_capture_without_such_messages(command: str) -> None:
    path = str(PCAPS / "link/arp_conflict.pcap")
    assert said(command, path) == ""
    assert json.loads(said(command, path, "--format", "json")) == []


def test_selection_by_the_last_frame() -> None:
    path = str(PCAPS / SHOWN["http"])
    everything = rows("http", path)
    assert rows("http", path, "--frames", "1-9") == [row for row in everything if row["last_frame"] <= 9]
    assert rows("http", path, "-Y", "tcp.srcport == 80") == [row for row in everything if row["message"] == "response"]
    assert rows("http", path, "--stream", "7") == []


def test_several_files_and_standard_input() -> None:
    one, other = (str(PCAPS / SHOWN[command]) for command in ("http", "dns"))
    merged = rows("http", one, other)
    alone = rows("http", one)
    assert [(row["file"], row["frame_in_file"]) for row in merged] == [(one, row["frame"]) for row in alone]
    assert rows("http", "-", data=Path(one).read_bytes()) == alone


@pytest.mark.parametrize("command", KEYS)
def test_the_python_api(command: str) -> None:
    path = PCAPS / SHOWN[command]
    with analyzer.open(path) as capture:
        found = [{"schema": 1, **row} for row in getattr(capture, command)()]
        assert json.loads(json.dumps(found)) == rows(command, str(path))
        assert list(getattr(capture, command)(frames="1")) == [
            {key: value for key, value in row.items() if key != "schema"} for row in found if row["last_frame"] == 1
        ]


def test_secrets_are_masked() -> None:
    path = str(PCAPS / "recorded/http_secrets.pcap")
    shown, hidden = said("http", path, "--format", "ndjson", "--show-secrets"), said("http", path, "--format", "ndjson")
    headers = {name.lower(): value for line in shown.splitlines() for name, value in json.loads(line)["headers"]}
    for name in ("authorization", "cookie", "set-cookie"):
        assert headers[name] in shown and headers[name] not in hidden
    with analyzer.open(path) as capture:
        assert headers["cookie"] in str(list(capture.http(show_secrets=True)))
        assert headers["cookie"] not in str(list(capture.http()))
