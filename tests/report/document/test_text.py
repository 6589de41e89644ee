"""The report as plain text: it fits, and no terminal obeys it."""

from __future__ import annotations

import pytest

from analyzer.report.document.contents import Contents, Section
from analyzer.report.document.table import Column, Table
from analyzer.report.document.text import text
from analyzer.report.document.waterfall import waterfall
from analyzer.report.printable import columns


def table(*rows: list[str]) -> Contents:
    made = Table("t", "A table", (Column("Name"), Column("n", number=True)), rows, len(rows))
    return Contents("x", [], [], [], [], [Section("s", "Section", "", tables=(made,))])


def test_a_terminal_obeys_nothing(hostile: Contents) -> None:
    lines = list(text(hostile, 100))
    assert all(line.isprintable() for line in lines)
    assert any(r"\x1b[31m" in line for line in lines)


@pytest.mark.parametrize("width", (72, 80, 130))
def test_it_fits(hostile: Contents, width: int) -> None:
    filters = [line for line in text(hostile, width) if columns(line) > width]
    assert all(line.startswith(" " * 9) for line in filters)  # a display filter is never broken


def test_columns_are_aligned_and_the_widest_gives_way() -> None:
    lines = list(text(table(["a" * 200, "1"], ["日本" * 40, "1,000"]), 80))[-3:]
    assert [columns(line) for line in lines] == [80, 80, 80]
    assert lines[1].endswith("    1") and lines[2].endswith("1,000") and "..." in lines[1]


def test_numbers_are_never_cut_but_columns_left_out() -> None:
    made = Table(
        "t", "T", (Column("Name"), Column("n", number=True), Column("x", number=True, extra=True), Column("y", number=True)),
        [["a" * 60, "1" * 20, "2" * 20, "3" * 20]], 1,
    )  # fmt: skip
    contents = Contents("x", [], [], [], [], [Section("s", "Section", "", tables=(made,))])
    *_, line = text(contents, 72)
    assert "1" * 20 in line and "3" * 20 in line and "2" not in line and columns(line) <= 72
    *_, line = text(contents, 130)
    assert "2" * 20 in line and columns(line) <= 130


def test_bars() -> None:
    phases = [
        {"phase": phase, "start_ns": at, "duration_ns": took, "who": "server", "waited": {"server": took}, "first_frame": 1,
         "last_frame": 1}
        for phase, at, took in (("connect", 0, 100), ("wait", 100, 300))
    ]  # fmt: skip
    row = {
        "number": 1, "kind": "connection", "host": "a", "method": None, "application": "tls", "transport": "tcp", "status": None,
        "outcome": "complete", "encrypted": True, "start_ns": 0, "duration_ns": 400, "phases": phases,
    }  # fmt: skip
    section = Section("s", "S", "", waterfall=waterfall([row], 1))
    *_, legend, line = text(Contents("x", [], [], [], [], [section]), 100)
    assert legend == "c Connect, w Waiting"
    bar = line.split()[-1]
    assert bar == "c" * bar.count("c") + "w" * bar.count("w")
    assert bar.count("w") == pytest.approx(3 * bar.count("c"), abs=2) and len(line) <= 100
