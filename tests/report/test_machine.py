"""Machine formats."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from analyzer.flow.columns import ABSENT, rows, take
from analyzer.report.machine import SCHEMA, csv_cell, encode, terminal_safe, writer

ROWS: list[dict[str, Any]] = [
    {"name": 'a "b", c', "list": [1, 2], "none": None, "flag": True, "nested": [{"x": 1}]},
    {"name": "\x1b[31mred\nline", "list": []},
]
COLUMNS = ("name", "list", "none", "flag", "nested")


def written(form: str, rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    to = writer(form, out, COLUMNS)
    to.rows(rows)
    to.close()
    return out.getvalue()


def test_ndjson() -> None:
    lines = written("ndjson", ROWS).splitlines()
    assert [json.loads(line) for line in lines] == [{"schema": SCHEMA, **row} for row in ROWS]
    assert all(line.startswith('{"schema":') for line in lines)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_json_is_one_array(count: int) -> None:
    assert json.loads(written("json", ROWS[:count])) == [{"schema": SCHEMA, **row} for row in ROWS[:count]]


def test_csv() -> None:
    rows = list(csv.reader(io.StringIO(written("csv", ROWS))))
    assert rows == [list(COLUMNS), ['a "b", c', "1;2", "", "true", '[{"x":1}]'], ["\\x1b[31mred\\x0aline", "", "", "", ""]]


@pytest.mark.parametrize("form", ["ndjson", "json", "csv"])
def test_no_control_characters(form: str) -> None:
    text = written(form, [{"name": "".join(map(chr, range(0x20))) + "\x7f\x9b\u202e\ud800"}])
    assert all(character.isprintable() or character == "\n" for character in text)


def test_long_output_is_written_in_blocks() -> None:
    assert len(written("ndjson", ROWS * 5000).splitlines()) == 10_000


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(float("nan"))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain ä 漢字", "plain ä 漢字"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("a\nb", "a\\x0ab"),
        ("\x9b1m", "\\x9b1m"),
        ("\udcff", "\\udcff"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_terminal_safe(text: str, safe: str) -> None:
    assert terminal_safe(text) == safe


def test_cells() -> None:
    assert [csv_cell(value) for value in (0, 1.5, False, "", ["a", "b,c"])] == ["0", "1.5", "false", "", '"a;b,c"']


@pytest.mark.parametrize("form", ["ndjson", "json", "csv"])
def test_columns_are_written_as_their_rows_are(form: str) -> None:
    columns = {"name": ["a", 'b "%s", c', None], "list": np.array([1, -2, 3]), "none": [ABSENT, 7, ABSENT]}
    out = io.StringIO()
    to = writer(form, out, COLUMNS)
    to.columns(columns)
    to.columns({})
    to.columns(take(columns, np.array([], np.int64)))
    to.close()
    assert out.getvalue() == written(form, list(rows(columns)))
