"""The table of WebSocket frames: what a person reads, in the width there is."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest

from analyzer.dissect.application.websocket import rules
from analyzer.report.tables.websocket import WebsocketTable
from analyzer.report.wording import websocket as wording
from tests.dissect.application.websocket.build import KEY, frame
from tests.flow.application.upgraded import Script


def plain(text: str, style: str) -> str:
    return f"{style}: {text}" if style in ("problem", "warning") else text


def table(rows: list[dict[str, Any]], width: int = 120) -> list[str]:
    out = StringIO()
    WebsocketTable(out, str, width, plain, lambda: 0).messages(rows)
    return out.getvalue().splitlines()


def frames() -> list[dict[str, Any]]:
    script = Script().send(1, frame(9, b"1"), 100).send(0, frame(10, b"1", key=KEY), 101)
    script.send(0, frame(1, b"x" * 10, fin=False, key=KEY)).send(0, frame(0, b"y" * 2_000, key=KEY)).send(1, frame(3))
    return script.send(1, frame(8, (1009).to_bytes(2, "big") + b"too \x1b[1mbig")).end().rows()


def test_frames() -> None:
    title, *lines = table(frames())
    assert title.split() == ["frame", "time", "stream", "from", "opcode", "length", "details"]
    assert lines[0].split() == ["6", "0.100000", "0", "server", "ping", "1"]
    assert lines[1].endswith("1.00 ms after the ping in frame 6")
    assert lines[2].endswith("10  more follows")
    assert lines[3].endswith("2,000  message of 2 frames and 2,010 bytes")
    assert lines[4].startswith("problem: ") and lines[4].endswith("reserved opcode")
    assert lines[5].startswith("warning: ") and lines[5].endswith('1009 message too big, "too \\x1b[1mbig"')


@pytest.mark.parametrize("width", (60, 100, 200))
def test_long_text_fits(width: int) -> None:
    rows = [row | {"text": "long \n" * 100, "content_cut": True} for row in frames()[:1]]
    (_, line) = table(rows, width)
    assert len(line) <= max(width, 110)
    assert line.endswith("...") and "\\x0a" in line


def test_no_frames_no_table() -> None:
    assert table([]) == []


def test_every_error_has_its_words() -> None:
    assert set(wording.ERRORS) == set(rules.ERRORS)
