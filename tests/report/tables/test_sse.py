"""The table of server-sent events: what a person reads."""

from __future__ import annotations

from io import StringIO

from analyzer.report.tables.sse import SseTable
from tests.flow.application.event_streams import connection, rows_of


def plain(text: str, style: str) -> str:
    return f"{style}: {text}" if style == "warning" else text


def test_events() -> None:
    rows = rows_of(
        connection([(b"retry: 5000\n\nid: 1\ndata: x\n\n", 100), (b": c\n\nevent: \x1b\ndata: yy\n\n", 350)]),
        connection([(b"data: x\n\n", 3_200)], last_id="1", end=False),
    )
    out = StringIO()
    SseTable(out, str, 120, plain, lambda: 0).messages(rows)
    title, *lines = out.getvalue().splitlines()
    assert title.split() == ["frame", "time", "stream", "event", "id", "length", "gap", "details"]
    assert lines[0].split()[2:] == ["0", "(open)", "h/events"]
    assert "(fields)" in lines[1] and lines[1].endswith("retry after 5.00 s")
    assert lines[2].split()[3:] == ["message", "1", "1"]
    assert lines[3].split()[3:] == ["\\x1b", "2", "250", "ms", "1", "comment", "before"]
    assert lines[4].endswith("2 events, ended by the server")
    assert lines[5].startswith("warning: ") and "h/events, reconnect 2.85 s after" in lines[5]
    assert lines[-1].endswith("1 event, cut off")
