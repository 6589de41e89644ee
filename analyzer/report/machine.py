"""Machine formats: rows as ndjson, json or csv, and text that is safe on a terminal.

A row is an object with the key `schema` first. `json` is one array of such rows. In csv, lists are joined by `;` and
nested values are JSON. Rows are written in blocks; `flush` sends what is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TextIO

import numpy as np
import orjson

from analyzer.flow.application.rows import Shared
from analyzer.flow.columns import ABSENT, Absence, Columns, Values

SCHEMA: Final = 1  #: changes when a key changes its meaning or goes away; new keys alone do not change it
BLOCK: Final = 1 << 16  #: characters that are written at once
ROWS_AT_ONCE: Final = 16  #: rows that are joined before they are written: a row may have a body of megabytes
PREFIX: Final = f'{{"schema":{SCHEMA},'
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def terminal_safe(text: str) -> str:
    """The text with everything escaped that a terminal would obey or hide: control characters, direction marks, surrogates."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def encode(value: Any) -> str:
    """Compact JSON in ASCII; NaN and infinity are refused, since JSON has none."""
    return _ENCODER.encode(value)


def encode_row(row: Mapping[str, Any]) -> str:
    """The same of a row without floats, ten times faster where everything in it is ASCII, which no row has to be."""
    try:
        text = orjson.dumps(row)
    except TypeError:  # surrogates, or integers of more than 64 bits
        return encode(row)
    return text.decode("ascii") if text.isascii() else encode(row)


class Rows:
    """Rows as ndjson. `put` takes rows that are encoded already."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._waiting: list[str] = []
        self._size = 0

    def row(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        self.put((self.encoded(row),))

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows."""
        texts = map(self.encoded, rows)
        while some := list(islice(texts, ROWS_AT_ONCE)):
            self.put(some)

    def parts(self, rows: Iterable[tuple[Mapping[str, Any], Shared]]) -> None:
        """Write rows in two parts: what each has for itself, which is not empty, and what it shares, which is encoded once."""
        texts = map(self._joined, rows)
        while some := list(islice(texts, ROWS_AT_ONCE)):
            self.put(some)

    def _joined(self, parts: tuple[Mapping[str, Any], Shared]) -> str:
        row, shared = parts
        if not shared.encoded:
            shared.encoded = encode_row(shared)[1:]
        return f"{PREFIX}{encode_row(row)[1:-1]},{shared.encoded}"

    def columns(self, columns: Columns) -> None:
        """Write rows that stand as columns."""
        template, cells = PREFIX[:-1], []
        for key, values in columns.items():
            name = f",{encode(key)}:"
            column, partial = _texts(values, encode)
            if partial:
                name, column = "", ["" if value is ABSENT else f"{name}{value}" for value in column]
            template += name + "%s"
            cells.append(column)
        self.put(map((template + "}").__mod__, zip(*cells, strict=True)))

    def put(self, rows: Iterable[str]) -> None:
        """Write rows in the form that `encoded` gives."""
        text = "\n".join([*rows, ""])
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= BLOCK:
            self.flush()

    def encoded(self, row: Mapping[str, Any]) -> str:
        """A row as text, without the end of the line."""
        return PREFIX + encode_row(row)[1:] if row else PREFIX[:-1] + "}"

    def flush(self) -> None:
        """Send what waits."""
        text, self._waiting, self._size = "".join(self._waiting), [], 0
        if text:
            self._out.write(text)
        self._out.flush()

    def close(self) -> None:
        """Write the end. The file stays open."""
        self.flush()


class JsonRows(Rows):
    """Rows as one JSON array."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(out)
        self._begun = False

    def put(self, rows: Iterable[str]) -> None:
        text = ",\n".join(rows)
        if not text:
            return
        before, self._begun = ",\n" if self._begun else "[\n", True
        self._waiting.append(before + text)
        self._size += len(text)
        if self._size >= BLOCK:
            self.flush()

    def close(self) -> None:
        self._waiting.append("\n]\n" if self._begun else "[]\n")
        self.flush()


class CsvRows(Rows):
    """Rows as CSV (RFC 4180, but lines end as they do here) with a header."""

    def __init__(self, out: TextIO, columns: Sequence[str]) -> None:
        super().__init__(out)
        self._columns = columns
        super().put((",".join(csv_cell(name) for name in columns),))

    def encoded(self, row: Mapping[str, Any]) -> str:
        return ",".join([csv_cell(row.get(name)) for name in self._columns])

    def parts(self, rows: Iterable[tuple[Mapping[str, Any], Shared]]) -> None:
        self.rows({**row, **shared} for row, shared in rows)

    def columns(self, columns: Columns) -> None:
        rows = len(next(iter(columns.values()), ()))
        cells = []
        for name in self._columns:
            column, partial = _texts(columns.get(name, [None] * rows), csv_cell)
            cells.append(["" if value is ABSENT else value for value in column] if partial else column)
        self.put(map(",".join(["%s"] * len(cells)).__mod__, zip(*cells, strict=True)))


def writer(form: str, out: TextIO, columns: Sequence[str]) -> Rows:
    """Rows in the format "ndjson", "json" or "csv"; `columns` are the keys that CSV has."""
    if form == "csv":
        return CsvRows(out, columns)
    return JsonRows(out) if form == "json" else Rows(out)


def csv_cell(value: Any) -> str:
    """A value in CSV: nothing for None, lists joined by `;`, control characters escaped, quoted where needed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        simple = all(isinstance(item, (str, int, float)) for item in value)
        return csv_cell(";".join(str(item) for item in value) if simple else encode(value))
    text = terminal_safe(encode(value) if isinstance(value, dict) else str(value))
    if "," not in text and '"' not in text:  # and no end of line, since that is escaped
        return text
    return '"' + text.replace('"', '""') + '"'


def _texts(values: Values, text: Callable[[Any], str]) -> tuple[list[Any], bool]:
    """A column as `text` writes it, and whether some are ABSENT. Numbers stay: they are written as Python writes them."""
    if isinstance(values, np.ndarray):
        return values.tolist(), False
    types = set(map(type, values))
    if not types <= {int, Absence}:
        texts = {value: text(value) for value in set(values) if not isinstance(value, int | Absence)}
        values = [texts.get(value, value) for value in values]
    return values, Absence in types


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
