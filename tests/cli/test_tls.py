"""The command `tls` on handshakes of real programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import commands
from analyzer.flow.application.tls import KEYS

PCAPS = Path(__file__).parents[2] / "pcaps/recorded"
FULL = ["client_hello", "server_hello", "certificate", "server_key_exchange"]


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, ["tls", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(str(PCAPS / name), "--format", "ndjson").splitlines()]


def test_tls_1_2() -> None:
    found = rows("tls_1_2.pcap")
    assert [row["message"] for row in found if row["message"] in FULL] == FULL
    assert found[0]["sni"] == "shop.example" and found[1]["version_name"] == "TLS 1.2" and found[1]["forward_secrecy"]
    assert all(row["frame"] == row["last_frame"] >= row["first_frame"] for row in found)


@pytest.mark.parametrize(
    ("name", "message", "values"),
    (
        ("tls_1_0.pcap", "server_hello", {"version_name": "TLS 1.0"}),
        ("tls_1_3.pcap", "server_hello", {"version_name": "TLS 1.3", "hello_retry_request": False}),
        ("tls_retry.pcap", "server_hello", {"hello_retry_request": True}),
        ("tls_no_forward_secrecy.pcap", "server_hello", {"forward_secrecy": False}),
        ("tls_resumed_1_2.pcap", "server_hello", {"resumed": True}),
        ("tls_resumed_1_3.pcap", "server_hello", {"resumed": True}),
        ("tls_no_version.pcap", "alert", {"description_name": "protocol_version"}),
        ("tls_no_cipher.pcap", "alert", {"description_name": "handshake_failure"}),
        ("tls_mutual_1_2.pcap", "certificate", {"direction": "client"}),
        ("starttls_smtp.pcap", "client_hello", {"direction": "client"}),
        ("dtls_1_2.pcap", "server_hello", {"transport": "dtls", "version_name": "DTLS 1.2"}),
    ),
)
def test_what_happened(name: str, message: str, values: dict[str, Any]) -> None:
    found = [row for row in rows(name) if row["message"] == message]
    assert any(values.items() <= row.items() for row in found), found


def test_table() -> None:
    lines = run(str(PCAPS / "tls_1_3.pcap")).splitlines()
    assert lines[0].split()[:2] == ["frame", "time"] and "shop.example" in lines[1] and "TLS 1.3" in lines[2]


def test_csv_has_every_key() -> None:
    titles = next(csv.reader(io.StringIO(run(str(PCAPS / "tls_1_2.pcap"), "--format", "csv"))))
    assert titles == list(KEYS)
