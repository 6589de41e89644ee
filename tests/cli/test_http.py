"""The command `http` on recorded captures: what curl and the servers are known to have said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import commands
from analyzer.flow.application.http import KEYS

PCAPS = Path(__file__).parents[2] / "pcaps"


def output(capture: str, *more: str) -> str:
    result = CliRunner().invoke(commands, ["http", str(PCAPS / capture), *more])
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(capture: str, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output(capture, "--format", "ndjson", *more).splitlines()]


def responses(capture: str) -> list[tuple[str | None, int]]:
    return [(row["uri"], row["status"]) for row in rows(capture) if row["message"] == "response"]


@pytest.mark.parametrize("form", ["table", "ndjson", "json", "csv"])
def test_secrets_are_masked_in_every_format(form: str) -> None:
    shown = output("recorded/http_secrets.pcap", "--format", form, "--bodies")
    assert "private" in shown
    assert not any(secret in shown for secret in ("pa55word", "s3cr3t", "Y2FybGE6cGE1NXdvcmQ="))


def test_show_secrets() -> None:
    assert "Y2FybGE6cGE1NXdvcmQ=" in output("recorded/http_secrets.pcap", "--format", "ndjson", "--show-secrets")


def test_framing() -> None:
    assert responses("recorded/http_bodies.pcap") == [
        ("/chunked", 200), ("/early", 103), ("/early", 200), ("/empty", 204), ("/close", 200), ("/short", 200),
    ]  # fmt: skip
    by_uri = {(row["uri"], row["status"]): row for row in rows("recorded/http_bodies.pcap") if row["message"] == "response"}
    assert by_uri["/chunked", 200]["trailers"] and by_uri["/chunked", 200]["framing"] == "chunked"
    assert by_uri["/close", 200]["framing"] == "close" and by_uri["/close", 200]["complete"]
    assert by_uri["/short", 200]["flaws"] == ["cut_body"] and by_uri["/short", 200]["frame"] is None


def test_bodies() -> None:
    found = [row for row in rows("recorded/http_compressed.pcap", "--bodies") if row["message"] == "response"]
    packed = next(row for row in found if row["compression"] == "used")
    plain = next(row for row in found if row["uri"] == packed["uri"] and row["status"] == 200 and row["compression"] != "used")
    assert packed["body"] == plain["body"] and len(plain["body"]) == plain["body_bytes"] > packed["body_bytes"]
    assert not packed["body_cut"] and "body" not in rows("recorded/http_compressed.pcap")[0]


def test_through_a_proxy() -> None:
    assert responses("recorded/http_proxy.pcap") == [
        ("shop.example:443", 200), ("10.99.0.2:80", 200), ("/page.html", 200), ("10.99.0.2:25", 403),
    ]  # fmt: skip


def test_expectations() -> None:
    found = rows("recorded/http_continue.pcap")
    puts = [row for row in found if row["message"] == "request"]
    assert [(row["complete"], row["body_bytes"] > 0) for row in puts] == [(True, True), (True, False)]
    assert [row["status"] for row in found if row["message"] == "response"] == [100, 502, 413]


def test_conditional() -> None:
    found = [row for row in rows("recorded/http_conditional.pcap") if row["message"] == "response"]
    bodies = {row["uri"]: row["body_bytes"] for row in found if row["status"] == 200}
    assert [row["saved_bytes"] for row in found if row["status"] == 304] == [
        bodies[row["uri"]] for row in found if row["status"] == 304
    ]


@pytest.mark.parametrize("capture", ["http_pipelined", "http_hole", "http_hole_chunked", "http_head_lost", "middle_http"])
def test_every_response_has_its_request(capture: str) -> None:
    found = rows(f"stream/{capture}.pcap")
    asked = [row["frame"] for row in found if row["message"] == "request"]
    assert asked == sorted(row["request_frame"] for row in found if row["message"] == "response")


def test_csv_has_all_keys() -> None:
    assert output("recorded/http_keep_alive.pcap", "--format", "csv").splitlines()[0].split(",") == list(KEYS)
