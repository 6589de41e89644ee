"""A field of a packet: its name, kind and meaning, and how it is read from a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analyzer.batch import Column, Int64, Table
from analyzer.flow.fact import Fact

from .kinds import Kind
from .view import NOWHERE, Occurrences, View, read

Extract = Callable[[View], Occurrences]
Present = Callable[[View, Table], Column]
Keep = Callable[[Column], Column]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the packet list, and a name in a display filter."""

    name: str  #: Wireshark's
    kind: Kind
    doc: str
    extract: Extract
    many: bool = False  #: shown as a list of all occurrences in the frame, instead of the innermost one

    def occurrences(self, view: View) -> Occurrences:
        """Every occurrence in the batch, quoted headers included: what a display filter looks at."""
        return view.once(self.extract, lambda: self.extract(view))

    def shown(self, view: View, position: Int64 | None = None) -> Occurrences:
        """What a packet's row shows: the innermost occurrence that is not quoted, or all of these where `many`.

        `position` has the output row of each row of the batch, -1 for those not wanted; `row` of the result is in output rows.
        """
        row, value, quoted, labels = self.occurrences(view)
        keep: Column | None = None
        if quoted is not None and quoted.any():
            keep = quoted == 0
            row, value = row[keep], value[keep]
        if not self.many and len(row) > 1:
            keep = np.append(row[1:] != row[:-1], True)
            if not keep.all():
                row, value = row[keep], value[keep]
        if position is not None:
            row = position[row]
            keep = row >= 0
            row, value = row[keep], value[keep]
        return Occurrences(row, value, None, labels)

    def column(self, view: View, count: int, position: Int64 | None, form: str, absent: Any) -> list[Any]:
        """One entry for each of `count` output rows in a form of the kind (python, json, text); `absent` without a value."""
        found = self.shown(view, position)
        entries: list[Any] = getattr(self.kind, form)(found)
        if self.many:
            return _lists(entries, found.row, count, form, absent)
        if len(entries) == count:
            return entries
        column = [absent] * count
        for row, entry in zip(found.row.tolist(), entries, strict=True):
            column[row] = entry
        return column


_JOINED: Final[dict[str, Callable[[str], str]]] = {"json": "[{}]".format, "text": lambda texts: texts.replace(",", ";")}


def _lists(entries: list[Any], row: Int64, count: int, form: str, absent: Any) -> list[Any]:
    """The entries of each row together."""
    column = [absent] * count
    if not len(row):
        return column
    bounds = np.flatnonzero(np.append(True, row[1:] != row[:-1])).tolist()
    for at, first, stop in zip(row[bounds].tolist(), bounds, [*bounds[1:], len(row)], strict=True):
        mine = entries[first:stop]
        column[at] = mine if form == "python" else _JOINED[form](",".join(map(str, mine)))
    return column


class Layer:
    """The occurrences of a protocol that have some fields; makes the extractors of these."""

    def __init__(self, name: str, present: Present) -> None:
        self.name = name  #: the table
        self.present = present  #: which of its occurrences have the fields

    def places(self, view: View) -> tuple[Table, Int64 | None] | None:
        """The table, and which of its rows have the fields (None: all)."""
        return view.once(self, lambda: self._places(view))

    def _places(self, view: View) -> tuple[Table, Int64 | None] | None:
        table = view.table(self.name)
        if table is None or not len(table):
            return None
        keep = self.present(view, table)
        return table, None if keep.all() else np.flatnonzero(keep)

    def computed(self, *sources: str | Fact, by: Callable[..., Column], where: Keep | None = None) -> Extract:
        """What `by` makes of columns of the table and facts of the analysis; only where `where` of the result is true."""

        def extract(view: View) -> Occurrences:
            places = self.places(view)
            if places is None:
                return NOWHERE
            table, index = places
            facts = view.facts(self.name) if any(isinstance(source, Fact) for source in sources) else None
            row, quoted, *columns = (
                facts[source] if facts is not None and isinstance(source, Fact) else table[str(source)]
                for source in ("row", "quoted", *sources)
            )
            if index is not None:
                row, quoted, *columns = (column[index] for column in (row, quoted, *columns))
            value = by(*columns)
            if where is not None:
                keep = where(value)
                row, quoted, value = row[keep], quoted[keep], value[keep]
            return Occurrences(row, value, quoted)

        return extract

    def stored(self, source: str | Fact, where: Keep | None = None) -> Extract:
        """A column of the table, or a fact."""
        return self.computed(source, by=lambda value: value, where=where)

    def octets(
        self, offset: int, width: int, mask: int = 0, shift: int = 0, behind: tuple[str, ...] = (), where: Keep | None = None
    ) -> Extract:
        """A big-endian number of the header, 1, 2, 4 or 8 bytes wide; `behind`: columns to add to the offset."""

        def number(view: View, at: Int64) -> Column:
            value = read(view, at, offset, width)
            return (value & mask) >> shift if mask else value

        return self._bytes(offset + width, number, behind, where)

    def mac(self, offset: int, behind: tuple[str, ...] = ()) -> Extract:
        """A MAC address of the header, as a number of 48 bits."""

        def number(view: View, at: Int64) -> Column:
            high: Column = read(view, at, offset, 2).astype(np.int64)
            return high << 32 | read(view, at, offset + 2, 4)

        return self._bytes(offset + 6, number, behind)

    def ipv6(self, offset: int) -> Extract:
        """An IPv6 address of the header, as its two halves."""

        def halves(view: View, at: Int64) -> Column:
            return np.stack((read(view, at, offset, 8), read(view, at, offset + 8, 8)), 1)

        return self._bytes(offset + 16, halves)

    def _bytes(
        self, size: int, make: Callable[[View, Int64], Column], behind: tuple[str, ...] = (), where: Keep | None = None
    ) -> Extract:
        """What `make` reads of the headers of which at least `size` bytes were captured (and those that stand `behind`)."""
        positions = self.computed("at", *behind, by=lambda at, *more: sum(more, at))
        ends = self.stored("end")

        def extract(view: View) -> Occurrences:
            row, at, quoted, _ = positions(view)
            there = at + size <= ends(view).value
            if not there.all():
                row, at, quoted = row[there], at[there], None if quoted is None else quoted[there]
            value = make(view, at)
            if where is not None:
                keep = where(value)
                row, quoted, value = row[keep], None if quoted is None else quoted[keep], value[keep]
            return Occurrences(row, value, quoted)

        return extract


def both(first: Extract, second: Extract) -> Extract:
    """Two fields of the same header under one name, as ip.addr is ip.src and ip.dst."""

    def extract(view: View) -> Occurrences:
        one, two = first(view), second(view)
        if len(one.row) == len(two.row):
            value = np.stack((one.value, two.value), 1)
            quoted = None if one.quoted is None else one.quoted.repeat(2)
            return Occurrences(one.row.repeat(2), value.reshape(2 * len(one.row), *value.shape[2:]), quoted)
        row = np.concatenate((one.row, two.row))  # some headers end between the two
        order = np.argsort(row, kind="stable")
        quoted = None if one.quoted is None or two.quoted is None else np.concatenate((one.quoted, two.quoted))[order]
        return Occurrences(row[order], np.concatenate((one.value, two.value))[order], quoted)

    return extract
