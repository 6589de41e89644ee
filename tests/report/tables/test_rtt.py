"""The tables of round trips: what a person reads."""

from __future__ import annotations

from io import StringIO

import pytest

from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.rtt import rtt
from analyzer.flow.tcp.ledger.rtt_account import Account
from analyzer.flow.tcp.ledger.rtt_rows import rows, series
from analyzer.flow.tcp.ledger.trace import Trace
from analyzer.report.tables.rtt import SeriesTable, round_trips, slowness
from tests.flow.tcp.ledger.making import trace

ENDS = Ends(6, ("2001:db8::1", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"), (40001, 65535))
FAST = trace("0 c S", "2 s SA", "2.05 c A", "3 c PA 0+10", "5 s A ack 10", stream=12)
SLOW = trace("0 c S", "200 s SA", "200.05 c A", "300 c PA 0+10", "500 s A ack 10", stream=3)
SILENT = trace("0 c S", "1000 c S", stream=5)


def plain(text: str, style: str) -> str:
    return f"{style}: {text}" if style == "warning" else text


def rows_of(made: Trace) -> list[dict[str, object]]:
    account, trips = Account(made.client), rtt(made)
    account.add(trips, trips.samples)
    return list(rows(account, made.stream, ENDS))


def all_rows() -> list[dict[str, object]]:
    return [row for made in (FAST, SLOW, SILENT) for row in rows_of(made)]


def test_slowest_first_and_only_with_samples() -> None:
    title, *lines = round_trips(all_rows(), str, 80).splitlines()
    assert title.split() == ["stream", "server", "from", "samples", "min", "median", "p95", "max"]
    assert [line.split()[0] for line in lines] == ["3", "3", "12", "12"]
    assert lines[0].split()[-8:] == ["200", "ms", "200", "ms", "200", "ms", "200", "ms"]


@pytest.mark.parametrize("width", [80, 100, 136, 170])
def test_width(width: int) -> None:
    text = round_trips(all_rows(), str, width)
    assert max(map(len, text.splitlines())) <= width
    assert ("handshake" in text) == (width >= 136)
    assert ("aaaa:bbbb:cccc:dddd" in text) == (width == 170)


def test_nothing() -> None:
    assert round_trips([], str, 80) == ""
    assert round_trips(rows_of(SILENT), str, 80) == ""
    assert [slowness(row) for row in rows_of(SILENT)] == [-1, -1]


def test_names_are_made_safe() -> None:
    assert "\x1b" not in round_trips(all_rows(), lambda address: "\x1b[31m", 80)


@pytest.mark.parametrize("width", [80, 100])
def test_series(width: int) -> None:
    made = trace("0 c PA 0+10", "20 s A ack 10", "100 c PA 10+10", "165 s A ack 20", stream=3)
    out = StringIO()
    SeriesTable(out, width, plain, lambda: 0).samples(series(made, rtt(made).samples))
    title, first, second = out.getvalue().splitlines()
    segment = ["segment"] if width == 100 else []
    assert title.split() == ["frame", "time", "stream", "from", *segment, "RTT", "near", "far", "by"]
    assert first.split() == ["2", "0.020000", "3", "client", *(["1"] if segment else []), "20.0", "ms", "20.0", "ms", "sequence"]
    assert second.startswith("warning: ") and second.endswith("sequence, ack delayed?")
    assert len(first) <= width
