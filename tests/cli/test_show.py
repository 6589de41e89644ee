"""`analyzer show` as a user types it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import commands
from tests.frames import ethernet, ipv4, ipv6, tcp

PCAPS = Path(__file__).parents[2] / "pcaps"
LOOKUP = str(PCAPS / "recorded/name_lookup.pcap")
SECRETS = str(PCAPS / "recorded/http_secrets.pcap")
CUT = str(PCAPS / "container/cut_in_data.pcap")


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, ("show", *arguments), **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def layers(*arguments: str, **more: Any) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "ndjson", **more)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_tree() -> None:
    text = run(LOOKUP, "1").stdout
    assert text.startswith("Frame 1  72 bytes\n")
    for part in ("├─ Ethernet", "├─ IPv4  10.99.0.1 → 10.99.0.2", "├─ UDP", "└─ DNS", "udp.dstport", "0030  00 00 00 00"):
        assert part in text
    assert "0030" not in run(LOOKUP, "1", "--no-bytes").stdout


def test_messages_are_layers() -> None:
    found = layers(LOOKUP, "3")
    assert [layer["protocol"] for layer in found] == ["frame", "eth", "ip", "udp", "data", "dns"]
    assert found[-1]["fields"]["query_frame"] == 1 and found[-1]["offset"] is None
    assert json.loads(run(LOOKUP, "3", "--format", "json").stdout) == found


@pytest.mark.parametrize(
    "arguments", ((LOOKUP, "99999"), (CUT, "8"), (LOOKUP, "0"), (LOOKUP, "x"), (LOOKUP,), ("-", "1", "--with", "tshark"))
)
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and "Error:" in result.stderr


def test_a_frame_that_is_not_there() -> None:
    assert "there is no frame 99,999: the capture has" in run(LOOKUP, "99999").stderr
    assert "there is no frame 8: the capture has 7 frames, and is damaged behind them" in run(CUT, "8").stderr


def test_frames_before_damage_are_shown() -> None:
    assert run(CUT, "7").exit_code in (0, 3)


def test_standard_input() -> None:
    assert layers("-", "3", input=Path(LOOKUP).read_bytes()) == layers(LOOKUP, "3")


def test_secrets() -> None:
    hidden, shown = run(SECRETS, "4").stdout, run(SECRETS, "4", "--show-secrets").stdout
    assert "session" not in hidden and "Cookie" in hidden
    assert "session" in shown
    octets = [bytes.fromhex(layer["bytes"] or "") for layer in layers(SECRETS, "4")]
    assert not any(b"session" in octet for octet in octets)


def write(path: Path, frames: list[bytes]) -> str:
    records = (struct.pack("<IIII", 1, number, len(frame), len(frame)) + frame for number, frame in enumerate(frames))
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))
    return str(path)


def split(tmp_path: Path) -> str:
    """A request of which the cookie fills three segments."""
    head = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"secretsecret" * 3 + b"\r\nX: y\r\n\r\n"
    cuts = (0, 40, 60, len(head))
    segments = [tcp(head[a:b], seq=1 + a) for a, b in pairwise(cuts)]
    return write(tmp_path / "split.pcap", [ethernet(ipv4(segment, 6)) for segment in segments])


@pytest.mark.parametrize("frame", ("1", "2", "3"))
def test_secrets_that_began_in_an_earlier_frame(tmp_path: Path, frame: str) -> None:
    path = split(tmp_path)
    for source, more in ((path, {}), ("-", {"input": Path(path).read_bytes()})):
        octets = [bytes.fromhex(layer["bytes"]) for layer in layers(source, frame, **more) if layer["bytes"]]
        assert not any(b"secret" in octet or b"cret" in octet for octet in octets)
    assert b"X: y" in bytes.fromhex(layers(path, "3")[4]["bytes"])


HEAD = b"GET / HTTP/1.1\r\nX: " + b"y" * 40 + b"\r\nCookie: a=S3CR3TS3CR3T\r\nZ: z\r\n\r\n"


def fragments(at: int) -> list[bytes]:
    """A TCP segment with that request, whose second fragment begins with its byte `at`."""
    segment = tcp(HEAD, seq=1)
    return [ethernet(ipv4(segment[:at], 6, more=True)), ethernet(ipv4(segment[at:], 6, offset=at))]


def fragments_ipv6(at: int) -> list[bytes]:
    segment = tcp(HEAD, seq=1)
    heads = (struct.pack("!BBHI", 6, 0, field, 1) for field in (1, at))
    pieces = (segment[:at], segment[at:])
    return [ethernet(ipv6(head + piece, 44), 0x86DD) for head, piece in zip(heads, pieces, strict=True)]


def everything(path: str, frame: str) -> bytes:
    """All bytes and all texts that are shown of a frame."""
    rows = layers(path, frame)
    octets = b"|".join(bytes.fromhex(layer["bytes"] or "") for layer in rows)
    text = run(path, frame).stdout
    return octets + text.encode() + json.dumps(rows).encode()


@pytest.mark.parametrize("at", (16, 40, 96, 104, 112))
@pytest.mark.parametrize("turned", (False, True))
@pytest.mark.parametrize("cut", (fragments, fragments_ipv6))
def test_secrets_in_fragments(tmp_path: Path, cut: Callable[[int], list[bytes]], at: int, turned: bool) -> None:
    frames = cut(at)
    path = write(tmp_path / "fragments.pcap", frames[::-1] if turned else frames)
    for frame in ("1", "2"):
        shown = everything(path, frame)
        assert not any(part in shown for part in (b"S3C", b"R3T"))
    shown = [layer for layer in layers(path, "2") if layer["protocol"] == "data"]
    assert b"Cookie: ************" in b"".join(bytes.fromhex(layer["bytes"]) for layer in shown)
    assert b"S3CR3T" in b"".join(bytes.fromhex(row["bytes"] or "") for row in layers(path, "2", "--show-secrets"))


@pytest.mark.parametrize("cuts", ((3,), (8, 20), (4, 9)))
def test_secrets_in_a_capture_that_begins_in_the_middle_of_one(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    rest = b"S3CR3T; b=S3CR3T; c=S3CR3T\r\nX: y\r\n\r\n"
    segments = [tcp(rest[a:b], seq=1 + a) for a, b in pairwise((0, *cuts, len(rest)))]
    path = write(tmp_path / "middle.pcap", [ethernet(ipv4(segment, 6)) for segment in segments])
    for frame in range(1, len(segments) + 1):
        shown = everything(path, str(frame))
        assert not any(part in shown for part in (b"S3C", b"R3T"))
    for how in (("--text",), ("--hex",), ("--raw",), ("--format", "ndjson", "--text"), ("--format", "json", "--text")):
        text = CliRunner().invoke(commands, ("follow", path, "0", *how)).stdout
        assert "S3C" not in text and "R3T" not in text
        assert "X: y" in text
