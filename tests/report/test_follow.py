"""The transcript of a conversation: who spoke when, gaps between frames, secrets hidden over any split."""

from __future__ import annotations

import io
import json

import pytest

from analyzer.dissect.application.stream import Origin, Place
from analyzer.flow.follow import Copy, Part
from analyzer.report.follow import KEYS, Secrets, Transcript, row

ORIGIN = Origin("tcp", 5, ("10.0.0.1", "10.0.0.2"), (40000, 80), 0, 0)
WHOLE = (True, True)


def data(direction: int, octets: bytes, frame: int, offset: int = 0) -> Part:
    return Part(direction, offset, len(octets), octets, Place(frame, frame * 1_000_000))


def gap(direction: int, size: int, offset: int = 0) -> Part:
    return Part(direction, offset, size, None, None)


def transcript(*parts: Part | Copy, hex: bool = False, width: int = 80, origin: Origin = ORIGIN) -> str:
    out = io.StringIO()
    lines = Transcript(
        out, width, lambda text, style: f"<{style}>{text}</>" if text and style in ("client", "server") else text, str, hex, True
    )
    for part in parts:
        lines.write(part, part.data, origin, 0)
    lines.close()
    return out.getvalue()


def test_turns_have_a_line_and_a_colour() -> None:
    text = transcript(data(0, b"GET /\r\n", 4), data(0, b"more", 5, 7), data(1, b"200\r\n", 7))
    assert text.startswith("TCP stream 5  client <client>10.0.0.1:40000</>  server <server>10.0.0.2:80</>\n")
    assert "client to server, frame 4, 0.004000 s ─" in text and "frame 5" not in text
    assert "<client>GET /</>\n<client>more</>\n\n<server>── server to client, frame 7" in text


def test_the_client_is_the_one_that_the_origin_says() -> None:
    turned = Origin("tcp", 5, ("10.0.0.2", "10.0.0.1"), (80, 40000), 1, 0)
    assert "── server to client, frame 4" in transcript(data(0, b"x", 4), origin=turned)


@pytest.mark.parametrize(
    "parts, said",
    (
        (
            (data(0, b"a", 4), gap(0, 1460), data(0, b"b", 9)),
            "[1,460 bytes of the client missing: not captured between frames 4 and 9]",
        ),
        ((gap(1, 1), data(1, b"b", 9)), "[1 byte of the server missing: not captured before frame 9]"),
        ((data(0, b"a", 4), gap(0, 2)), "[2 bytes of the client missing: not captured after frame 4]"),
        ((data(0, b"a", 4), gap(0, 2), data(1, b"b", 9)), "[2 bytes of the client missing: not captured after frame 4]"),
    ),
)
def test_gaps_are_said_between_their_frames(parts: tuple[Part, ...], said: str) -> None:
    for hex in (False, True):
        assert f"\n{said}\n" in transcript(*parts, hex=hex)


def test_conflicting_copies_are_said() -> None:
    text = transcript(data(0, b"abc", 4), Copy(0, 1, b"X", Place(6, 6), Place(4, 4)))
    said = "[frame 6 repeats bytes of the client, but from byte 1 on not those of frame 4: the first ones count]"
    assert said in " ".join(text.split("\n"))


def test_hex() -> None:
    text = transcript(data(0, b"ABC", 4, 14), hex=True)
    assert "00000000  <client>" in text and "00000010  <client>43 " in text


def test_an_empty_stream() -> None:
    assert transcript() == "No data was sent.\n"


@pytest.mark.parametrize("size", (1, 2, 7, 30, 999))
def test_secrets_over_every_split(size: int) -> None:
    head = b"GET / HTTP/1.1\r\nCookie: sid=topsecret\r\nX: y\r\n\r\n"
    secrets = Secrets(WHOLE)
    pieces = [head[at : at + size] for at in range(0, len(head), size)]
    found = b"".join(secrets.masked(data(0, piece, 4)) or b"" for piece in pieces)
    assert found == head.replace(b"sid=topsecret", b"*" * 13)
    assert Secrets(WHOLE, shown=True).masked(data(0, head, 4)) == head


def test_behind_a_gap_text_may_be_the_rest_of_a_secret_but_not_binary() -> None:
    secrets = Secrets(WHOLE)
    secrets.masked(data(0, b"GET / HTTP/1.1\r\nCookie: a", 4))
    secrets.masked(gap(0, 10))
    assert secrets.masked(data(0, b"secret\r\nX: y\r\n", 5)) == b"******\r\nX: y\r\n"
    secrets.masked(gap(0, 10))
    assert secrets.masked(data(0, b"\x17\x03\x03secret", 6)) == b"\x17\x03\x03secret"


def test_a_capture_that_begins_in_the_middle_of_a_secret() -> None:
    secrets = Secrets((False, True))
    assert secrets.masked(data(0, b"secret; b=", 1)) == b"******* **"
    assert secrets.masked(data(0, b"sec\xc3\xa9ret\r\nX: y\r\n", 2)) == b"********\r\nX: y\r\n"
    assert secrets.masked(data(1, b"HTTP/1.1 200 OK\r\n", 3)) == b"HTTP/1.1 200 OK\r\n"
    for begin in (b"GET / HTTP/1.1\r\n", b"\x16\x03\x01secret", b"d\xc3\xa9j\x00 vu"):
        assert Secrets((False, False)).masked(data(0, begin, 1)) == begin


def test_a_copy_with_other_bytes_is_masked_for_itself() -> None:
    copy = Copy(0, 30, b"secret\r\nCookie: secret\r\nX: y", Place(6, 6), Place(4, 4))
    assert Secrets(WHOLE).masked(copy) == b"******\r\nCookie: ******\r\nX: y"
    assert Secrets(WHOLE, shown=True).masked(copy) == copy.data


def test_rows() -> None:
    found = row(data(1, b"\xffa", 4, 9), b"\xffa", ORIGIN, "base64")
    assert found == {
        "kind": "data", "protocol": "tcp", "stream": 5, "direction": "server", "offset": 9, "length": 2, "frame": 4,
        "time_ns": 4_000_000, "base64": "/2E=",
    }  # fmt: skip
    assert list(found)[:-1] == list(KEYS)
    assert row(gap(0, 7), None, ORIGIN, "text") | {"kind": "gap", "length": 7, "frame": None, "text": None} == row(
        gap(0, 7), None, ORIGIN, "text"
    )
    json.dumps(row(Copy(0, 1, b"X", Place(6, 6), Place(4, 4)), b"X", ORIGIN, "hex"))
