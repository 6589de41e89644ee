"""Rows as columns and as dictionaries."""

from __future__ import annotations

import numpy as np

from analyzer.flow.columns import ABSENT, rows, take, where

COLUMNS = {"a": np.array([1, 2, 3]), "b": ["x", None, "z"], "c": [ABSENT, 5, ABSENT]}


def test_rows_leave_out_what_is_absent() -> None:
    assert list(rows(COLUMNS)) == [{"a": 1, "b": "x"}, {"a": 2, "b": None, "c": 5}, {"a": 3, "b": "z"}]
    assert list(rows({})) == []


def test_take() -> None:
    assert list(rows(take(COLUMNS, np.array([2, 1])))) == [{"a": 3, "b": "z"}, {"a": 2, "b": None, "c": 5}]


def test_where() -> None:
    assert where(np.array([True, False]), np.array([7, 8]), None) == [7, None]
