"""`analyzer follow` as a user types it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import commands

PCAPS = Path(__file__).parents[2] / "pcaps"
PAGE = str(PCAPS / "recorded/http_keep_alive.pcap")
LOOKUP = str(PCAPS / "recorded/name_lookup.pcap")
SECRETS = str(PCAPS / "recorded/http_secrets.pcap")


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, ("follow", *arguments), **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def parts(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "ndjson")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_text() -> None:
    text = run(PAGE, "0").stdout
    assert "GET /page.html HTTP/1.1\nHost: shop.example\n" in text and "\r" not in text
    assert "── server to client" in text


def test_one_side() -> None:
    text = run(PAGE, "tcp:0", "--from", "client").stdout
    assert "GET /" in text and "200 OK" not in text
    assert {part["direction"] for part in parts(PAGE, "0", "--from", "server")} == {"server"}


def test_hex() -> None:
    assert "00000000  47 45 54 20" in run(PAGE, "0", "--hex").stdout


def test_formats_hold_the_same_bytes() -> None:
    plain = [base64.b64decode(part["base64"]) for part in parts(PAGE, "0")]
    assert plain == [bytes.fromhex(part["hex"]) for part in parts(PAGE, "0", "--hex")]
    assert plain == [part["text"].encode() for part in parts(PAGE, "0", "--text")]
    assert run(PAGE, "0", "--raw").stdout_bytes == b"".join(plain)
    assert json.loads(run(PAGE, "0", "--format", "json").stdout) == parts(PAGE, "0")


def test_offsets_go_on() -> None:
    reached = {"client": 0, "server": 0}
    for part in parts(PAGE, "0"):
        assert part["offset"] == reached[part["direction"]]
        reached[part["direction"]] += part["length"]


def test_udp() -> None:
    assert [(part["direction"], part["frame"]) for part in parts(LOOKUP, "udp:0")][:3] == [
        ("client", 1),
        ("client", 2),
        ("server", 3),
    ]


def test_standard_input() -> None:
    assert run("-", "0", input=Path(PAGE).read_bytes()).stdout == run(PAGE, "0").stdout


def test_secrets() -> None:
    for how in ("--text", "--hex", "--raw"):
        hidden, shown = run(SECRETS, "0", how).stdout, run(SECRETS, "0", how, "--show-secrets").stdout
        assert hidden != shown and len(hidden) == len(shown)
        assert "session" not in hidden
    assert "Cookie: session=" in run(SECRETS, "0", "--show-secrets").stdout


@pytest.mark.parametrize(
    "arguments", ((PAGE, "x"), (PAGE, "sctp:1"), (PAGE, "-1"), (PAGE,), (PAGE, "0", "--raw", "--format", "json"))
)
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and "Error:" in result.stderr


def test_streams_that_are_not_there() -> None:
    assert "there is no TCP stream 7: the capture has" in run(PAGE, "7").stderr
    assert "there is no UDP stream 0: the capture has no UDP conversation" in run(PAGE, "udp:0").stderr


def test_a_stream_without_data() -> None:
    result = run(str(PCAPS / "recorded/refused.pcap"), "0")
    assert (result.exit_code, result.stdout) == (0, "No data was sent.\n")
