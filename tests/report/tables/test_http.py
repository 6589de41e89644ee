"""The table of HTTP messages: what a person reads, in the width there is."""

from __future__ import annotations

from io import StringIO

from analyzer.report.tables.http import HttpTable
from tests.flow.application.http_exchange import CLIENT, SERVER, Connections, answer, get


def plain(text: str, style: str) -> str:
    return f"{style}: {text}" if style in ("problem", "warning") else text


def table(connections: Connections, width: int = 140) -> list[str]:
    out = StringIO()
    HttpTable(out, str, width, plain, lambda: 0).messages(connections.rows())
    return out.getvalue().splitlines()


def connections() -> Connections:
    connections = Connections().send(CLIENT, get("/a/\x1b[1mpage?" + "q" * 60), 10)
    connections.send(SERVER, answer("Cache-Control: private, max-age=60", body=b"x" * 1400), 30)
    connections.send(CLIENT, get("http://h/b", method="DELETE"), 40).send(SERVER, answer(status="503 Busy"), 50)
    return connections.send(CLIENT, get("/c"), 60).send(SERVER, answer(body=b"12345")[:-2], 70).end()


def test_messages() -> None:
    title, *lines = table(connections())
    assert title.split() == ["frame", "time", "stream", "message", "bytes", "waited", "took", "what"]
    assert lines[0].split()[:4] == ["4", "0.010000", "0", "GET"] and "\x1b" not in lines[0]
    assert lines[1].split()[:8] == ["5", "0.030000", "0", "200", "1.40", "kB", "20.0", "ms"]
    assert lines[1].endswith("private cache 60.0 s")
    assert lines[2].endswith("http://h/b")
    assert lines[3].startswith("problem: ") and "Busy (http://h/b)" in lines[3]
    assert lines[5].startswith("warning: ") and "incomplete, cut body" in lines[5]


def test_width() -> None:
    for width in (80, 100, 200):
        assert max(map(len, table(connections(), width)[1:5])) <= max(width, 110) + 9
    assert "..." in table(connections(), 80)[1]


def test_repeats() -> None:
    twice = Connections().send(CLIENT, get(), 10).open().send(CLIENT, get(), 510)
    assert table(twice)[2].endswith("h/  again after 500 ms (frame 4: no answer)")
