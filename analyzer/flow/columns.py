"""Rows that stand as columns, key -> the values of all rows: made and written so, a row costs a fraction of a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from analyzer.batch import Column, Int64

Row = dict[str, Any]


class Absence:
    """The type of ABSENT."""


ABSENT: Final = Absence()  #: the value in rows that do not have this key
Values = Int64 | list[Any]  #: an array of numbers; or a list of numbers, texts, None and ABSENT
Columns = dict[str, Values]  #: all of one length


def listed(values: Values) -> list[Any]:
    """A column as Python values."""
    return values.tolist() if isinstance(values, np.ndarray) else values


def where(there: Column, values: Int64, otherwise: Absence | None) -> list[Any]:
    """The values in the rows where they are there, something else in the others."""
    found: list[Any] = values.tolist()
    for i in np.flatnonzero(~there).tolist():
        found[i] = otherwise
    return found


def take(columns: Columns, index: Int64) -> Columns:
    """The rows at `index`."""
    at = index.tolist()
    return {key: values[index] if isinstance(values, np.ndarray) else [values[i] for i in at] for key, values in columns.items()}


def rows(columns: Columns) -> Iterator[Row]:
    """The same as dictionaries."""
    keys = list(columns)
    partial = any(isinstance(values, list) and ABSENT in values for values in columns.values())
    for row in zip(*map(listed, columns.values()), strict=True):
        found = zip(keys, row, strict=True)
        yield {key: value for key, value in found if value is not ABSENT} if partial else dict(found)
