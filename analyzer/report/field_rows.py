"""Packets as rows of chosen fields: Python values, machine formats, and a table.

Columns are turned into text one by one and joined with one format per row; nothing here looks at single values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TextIO

import numpy as np

from analyzer.batch import Column, Int64

from .fields import FIELDS, Field, View
from .fields.kinds import LABEL
from .machine import PREFIX, Rows, csv_cell, encode, terminal_safe, writer

WIDEST: Final = 60  #: a column of a table is not made wider than this
GAP: Final = "  "


def with_file(fields: Sequence[Field], files: Sequence[str]) -> list[Field]:
    """The fields, with the file and the number in it behind them where several files are read together."""
    more = [FIELDS[name] for name in ("file", "frame_in_file")] if len(files) > 1 else []
    return [*fields, *(field for field in more if field not in fields)]


def chosen(view: View, mask: Column | None) -> tuple[int, Int64 | None]:
    """How many rows are shown, and the output row of each row of the batch (-1: not shown; None: the same)."""
    if mask is None:
        return len(view), None
    return int(np.count_nonzero(mask)), np.where(mask, np.cumsum(mask) - 1, -1)


def dictionaries(view: View, fields: Sequence[Field], mask: Column | None = None) -> Iterator[dict[str, Any]]:
    """One dictionary for each frame (of those in `mask`): field name -> value, None where the frame has no such field."""
    count, position = chosen(view, mask)
    names = [field.name for field in fields]
    columns = [field.column(view, count, position, "python", None) for field in fields]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


class FieldRows:
    """Writes the fields of packets in a machine format, batch after batch."""

    def __init__(self, form: str, out: TextIO, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._rows: Rows = writer(form, out, [field.name for field in fields])
        self._form, self._absent = ("text", "") if form == "csv" else ("json", "null")
        cells = ",".join("%s" if form == "csv" else f"{encode(field.name)}:%s" for field in fields)
        self._template = cells if form == "csv" else PREFIX + cells + "}"

    def write(self, view: View, mask: Column | None = None) -> None:
        """Write the frames of a batch (of those in `mask`)."""
        count, position = chosen(view, mask)
        if count:
            columns = [field.column(view, count, position, self._form, self._absent) for field in self._fields]
            if self._form == "text":
                columns = [
                    list(map(csv_cell, column)) if field.kind is LABEL else column
                    for field, column in zip(self._fields, columns, strict=True)
                ]
            self._rows.put(map(self._template.__mod__, zip(*columns, strict=True)))

    def flush(self) -> None:
        """Send what waits."""
        self._rows.flush()

    def close(self) -> None:
        """Write the end."""
        self._rows.close()


class FieldTable:
    """Writes the fields of packets as aligned columns; their widths are those that the first batch needs."""

    def __init__(self, out: TextIO, fields: Sequence[Field]) -> None:
        self._out = out
        self._fields = fields
        self._template = ""

    def write(self, view: View, mask: Column | None = None) -> None:
        """Write the frames of a batch (of those in `mask`), the first time with a header."""
        count, position = chosen(view, mask)
        if not count:
            return
        columns = [list(map(str, field.column(view, count, position, "text", ""))) for field in self._fields]
        if not self._template:
            self._begin(columns)
        lines = map(self._template.__mod__, zip(*columns, strict=True))
        self._out.write("".join([f"{terminal_safe(line).rstrip()}\n" for line in lines]))

    def _begin(self, columns: Sequence[Sequence[str]]) -> None:
        cells = []
        for field, column in zip(self._fields, columns, strict=True):
            width = min(max(len(field.name), *map(len, column)), WIDEST)
            cells.append(f"%{'' if field.kind.right else '-'}{width}s")
        self._template = GAP.join(cells)
        self._out.write((self._template % tuple(field.name for field in self._fields)).rstrip() + "\n")

    def flush(self) -> None:
        """Send what waits."""
        self._out.flush()

    def close(self) -> None:
        """Nothing is left to write."""
        self.flush()
