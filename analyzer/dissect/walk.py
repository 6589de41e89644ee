"""Walk a batch up the stack: dissect one layer of all frames that have it, split them by what they carry, repeat.

This is the only loop over layers. A group is a run of occurrences that came the same way (`eth:ethertype:ip:tcp`). Mostly a
batch has one group of a protocol, and its columns are the protocol's table as they stand; several are joined in frame order
when somebody asks for the table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import BATCH_ROWS, Batch, Column, Int64, Interface, Table, views

from . import stack
from .partition import partition
from .paths import Paths

MAX_DEPTH: Final = 64  #: layers of one frame; the next one is not dissected and counted in Walk.too_deep
MAX_CHAINS: Final = 64  #: lists of passed headers that are told apart in one group; people's captures have two or three

_CURSOR: Final = ("at", "end", "reported", "inner", "inner_end", "inner_reported", "carries", "fault")
_FILLED: Final = {"inner": "q", "inner_end": "q", "inner_reported": "q", "carries": "i", "fault": "B"}  #: by every dissector
_INHERITED: Final = ("row", "at", "end", "reported", "network")  #: from the Entry
_CONSTANT: Final = {"depth": "B", "version": "B", "quoted": "B", "partial": "B", "path": "i"}  #: within a group


@dataclass(slots=True)
class Entry:
    """Occurrences to dissect: the same dissector, the same way there."""

    dissector: ModuleType
    path: int
    depth: int
    version: int
    quoted: bool
    partial: bool
    row: Int64
    at: Int64
    end: Int64
    reported: Int64
    network: Int64


    def kind(self) -> tuple[ModuleType, int, int, int, bool, bool]:
        """Entries of one kind can be dissected together."""
        return (self.dissector, self.path, self.depth, self.version, self.quoted, self.partial)


@dataclass(slots=True)
class Group:
    """The occurrences of one Entry, dissected."""

    dissector: ModuleType
    name: str  #: of the table
    path: int
    columns: dict[str, Column]


class Walk:
    """The engine and what it counted. Call `batch()` for each batch; its results are valid until the next call."""

    def __init__(self) -> None:
        self.paths = Paths()
        self.too_deep = 0
        self.faults: dict[tuple[str, int], int] = {}  #: (protocol, Fault) -> occurrences
        self.groups: list[Group] = []
        self._tables: dict[str, Table] = {}
        self._rows = np.arange(BATCH_ROWS, dtype=np.int64)
        self._same: dict[tuple[str, int], Column] = {}
        self._named: list[tuple[Int64, int | Column]] = []
        self._fcs = np.empty(0, np.int64)  #: length of the frame check sequence, by interface
        self._interfaces: list[Interface] = []  #: of which that is known
        self._any_fcs = False
        self._order = np.empty(BATCH_ROWS, np.int64)
        self._count = np.empty(128, np.int64)
        self._batch: Batch | None = None
        self._length = np.empty(0, np.int64)
        self._bytes = 0

    def batch(self, batch: Batch) -> None:
        """Dissect every frame of the batch."""
        self._tables.clear()
        self.groups.clear()
        self._batch = batch
        self._length = batch.reported - batch.start
        self._bytes = int(self._length.sum())
        self.enter(batch.data, self._link_layer(batch))

    def enter(self, data: NDArray[np.uint8], entries: list[Entry]) -> None:
        """Dissect further occurrences of the current batch, in `data` (its bytes, with more behind them)."""
        self._tables.clear()
        pending = _together(entries)[::-1]
        joined: dict[int, list[Entry]] = {}  # by depth: what came any way is dissected together, or groups of one row abound
        view = data.data
        while pending or joined:
            if not pending:
                pending = _together(joined.pop(min(joined)))
            entry = pending.pop()
            if entry.depth > MAX_DEPTH:
                self.too_deep += len(entry.row)
                continue
            for child in self._dissect(view, entry):
                if child.path in self.paths.any_way:
                    joined.setdefault(child.depth, []).append(child)
                else:
                    pending.append(child)

    def table(self, name: str) -> Table | None:
        """Every occurrence of the protocol in this batch in (row, depth) order, or None without one."""
        table = self._tables.get(name)
        if table is None:
            groups = [group.columns for group in self.groups if group.name == name]
            if not groups:
                return None
            table = self._tables[name] = Table(groups[0]) if len(groups) == 1 else _joined(groups)
        return table

    def carried(
        self, column: dict[str, Column], i: int, dissector: ModuleType, key: int, where: tuple[int, int, int], partial: bool
    ) -> Entry | None:
        """What occurrence i of an IP header carries at `where` (at, end, reported); None if that is not dissected."""
        carried = stack.CARRIED[dissector]
        slot = carried.slot_of[key] if 0 <= key < len(carried.slot_of) else -1
        row = column["row"][i : i + 1].copy()
        if slot < 0:
            if carried.name:
                path = self.paths.child(int(column["path"][i]), carried.name(key))
                self._count_path(path, row)
                self._named.append((row, path))
            return None
        child = carried.children[slot]
        at, end, reported = (np.array([position], np.int64) for position in where)
        path, depth = self.paths.child(int(column["path"][i]), child.NAME, dissected=True), int(column["depth"][i]) + 1
        quoted, network = bool(column["quoted"][i]), column["at"][i : i + 1].copy()
        return Entry(child, path, depth, dissector.NETWORK, quoted, partial, row, at, end, reported, network)

    def path_of_row(self) -> NDArray[np.int32]:
        """The path of each frame's innermost dissected layer (index into `paths`)."""
        assert self._batch is not None
        path = np.zeros(len(self._batch), np.int32)
        for group in self.groups:
            path[group.columns["row"]] = group.path
        for rows, named in self._named:
            path[rows] = named
        return path

    def _link_layer(self, batch: Batch) -> list[Entry]:
        """One entry per link type, without the frame check sequence that some interfaces keep."""
        end, reported = batch.end, batch.reported
        self._named = []
        if batch.interfaces is not self._interfaces or len(batch.interfaces) != len(self._fcs):
            self._interfaces = batch.interfaces  # there may be thousands, and one frame in a batch
            self._fcs = np.array([interface.fcs_length for interface in batch.interfaces], np.int64)
            self._any_fcs = bool(self._fcs.any())
        if self._any_fcs:
            reported = np.maximum(reported - self._fcs[batch.interface], batch.start)
            end = np.minimum(end, reported)
        if not len(batch):
            return []
        if int(batch.linktype[0]) in stack.LINKTYPE and (batch.linktype == batch.linktype[0]).all():
            return self._of_linktype(int(batch.linktype[0]), self._everything(len(batch)), batch.start, end, reported)
        entries = []
        dissected = np.zeros(len(batch), np.bool_)
        for kind in sorted(stack.LINKTYPE.keys() & set(batch.linktype.tolist())):
            mine = batch.linktype == kind
            dissected |= mine
            rows = np.flatnonzero(mine)
            entries += self._of_linktype(kind, rows, batch.start[rows], end[rows], reported[rows])
        rows = np.flatnonzero(~dissected)
        self._name(rows, batch.linktype[rows], lambda kind: self.paths.child(0, stack.linktype_name(kind)))
        return entries

    def _of_linktype(self, kind: int, rows: Int64, start: Int64, end: Int64, reported: Int64) -> list[Entry]:
        dissector = stack.LINKTYPE[kind]
        nowhere = np.full(len(rows), -1, np.int64)
        return [Entry(dissector, self.paths.child(0, dissector.NAME), 0, 0, False, False, rows, start, end, reported, nowhere)]

    def _everything(self, rows: int) -> Int64:
        if len(self._rows) < rows:
            self._rows = np.arange(rows, dtype=np.int64)
        return self._rows[:rows]

    def _dissect(self, data: memoryview, entry: Entry) -> list[Entry]:
        dissector = entry.dissector
        size = len(entry.row)
        column: dict[str, Column] = {name: getattr(entry, name) for name in _INHERITED}
        for name in _CONSTANT:
            column[name] = self._constant(name, int(getattr(entry, name)), size)
        for name, code in (_FILLED | dissector.COLUMNS).items():
            if name not in column:  # a dissector may name an inherited or constant column, to be handed it
                column[name] = np.empty(size, code)
        dissector.dissect(data, *views(*(column[name] for name in (*_CURSOR, *dissector.COLUMNS))))
        self._count_path(entry.path, entry.row)
        self._count_faults(dissector.NAME, column["fault"])
        named = getattr(dissector, "PASSED", None)
        parts = self._by_passed(entry, column, named) if named and column[named].any() else [(entry, column)]
        return [further for part in parts for further in self._keep(*part)]

    def _count_faults(self, name: str, fault: Column) -> None:
        if fault.any():
            for value, times in enumerate(np.bincount(fault)):
                if value and times:
                    self.faults[name, value] = self.faults.get((name, value), 0) + int(times)

    def _by_passed(self, entry: Entry, column: dict[str, Column], named: str) -> list[tuple[Entry, dict[str, Column]]]:
        """The occurrences apart by the headers that the dissector passed over, each with these in its path."""
        chains = sorted(set(column[named].tolist()))
        if len(chains) > MAX_CHAINS:
            self.paths.not_told_apart += len(entry.row)
            return [(entry, column)]
        parts = []
        for passed in chains:
            i = np.flatnonzero(column[named] == passed)
            path = entry.path
            for name in entry.dissector.passed(passed):
                path = self.paths.child(path, name)
            part = {name: values[i] for name, values in column.items()}
            if path != entry.path:
                part["path"] = np.full(len(i), path, np.int32)
                self._count_path(path, part["row"])
            kind = (entry.dissector, path, *entry.kind()[2:])
            parts.append((Entry(*kind, *(part[name] for name in _INHERITED)), part))
        return parts

    def _keep(self, entry: Entry, column: dict[str, Column]) -> list[Entry]:
        """Keep what was dissected; the entries of what it carries."""
        dissector = entry.dissector
        self.groups.append(Group(dissector, getattr(dissector, "TABLE", dissector.NAME), entry.path, column))
        carried = stack.CARRIED.get(dissector)
        if carried is None:
            return []
        repeats = getattr(dissector, "REPEATS", None)
        again = self._repeat(entry, column[repeats]) if repeats else []
        return again + self._split(entry, carried, column)

    def _constant(self, name: str, value: int, size: int) -> Column:
        """A column with the same value everywhere; nobody may write to it."""
        if name == "path":
            return np.full(size, value, np.int32)
        column = self._same.get((name, value))
        if column is None or len(column) < size:
            column = self._same[name, value] = np.full(max(size, BATCH_ROWS), value, _CONSTANT[name])
        return column[:size]

    def _repeat(self, entry: Entry, following: Int64) -> list[Entry]:
        """The next occurrence of the same layer in the same frames, where the dissector found one behind this one."""
        i = np.flatnonzero(following)
        if not len(i):
            return []
        return [dataclasses.replace(entry, row=entry.row[i], at=following[i], end=entry.end[i], reported=entry.reported[i],
                                    network=entry.network[i])]  # fmt: skip

    def _split(self, entry: Entry, carried: stack.Carried, column: dict[str, Column]) -> list[Entry]:
        """The entries of the next layer, by what each occurrence carries."""
        size = len(entry.row)
        if size > len(self._order):
            self._order = np.empty(size, np.int64)
        order, count = self._order[:size], self._count[: len(carried.children) + 2]
        carries = column["carries"] if carried.key is None else carried.key(column)
        partition(*views(carries, carried.slot_of, order, count))
        entries = []
        network = getattr(entry.dissector, "NETWORK", 0)
        quoted = entry.quoted or getattr(entry.dissector, "QUOTES", False)
        first = 0
        for child, via, times in zip(carried.children, carried.via, count.tolist(), strict=False):
            if not times:
                continue
            index = slice(None) if times == size else order[first : first + times].copy()
            first += times
            path = self.paths.child(entry.path, child.NAME, via, dissected=True)
            entries.append(
                Entry(child, path, entry.depth + 1, network or entry.version, quoted, entry.partial, entry.row[index],
                      column["inner"][index], column["inner_end"][index], column["inner_reported"][index],
                      (column["at"] if network else entry.network)[index])
            )  # fmt: skip
        if count[-2]:
            self._name_unknown(entry, carried, carries[order[first : first + int(count[-2])]], first)
        return entries

    def _name_unknown(self, entry: Entry, carried: stack.Carried, keys: NDArray[np.int32], first: int) -> None:
        """Count what is carried but not dissected, by its name or number."""
        if not carried.name:
            return
        name, via_key, parent = carried.name, carried.via_key, entry.path
        rows = entry.row[self._order[first : first + len(keys)]]
        self._name(rows, keys, lambda key: self.paths.child(parent, name(key), via_key(key)))

    def _name(self, rows: Int64, keys: NDArray[np.int32], path_of: Callable[[int], int]) -> None:
        """Count what is named only; every row may have another key, so nothing here goes through all rows for each key."""
        if not len(rows):
            return
        if (keys == keys[0]).all():
            path = path_of(int(keys[0]))
            self._count_path(path, rows)
            self._named.append((rows, path))
            return
        known = {key: path_of(key) for key in sorted(set(keys.tolist()))}  # np.unique would load numpy.ma, 20 ms
        paths = np.fromiter(map(known.__getitem__, keys.tolist()), np.int32, len(keys))
        packets, octets = np.bincount(paths), np.bincount(paths, self._length[rows])
        for path in set(known.values()):
            self.paths.add(path, int(packets[path]), int(octets[path]))
        self._named.append((rows, paths))

    def _count_path(self, path: int, rows: Int64) -> None:
        everything = len(rows) == len(self._length)
        self.paths.add(path, len(rows), self._bytes if everything else int(self._length[rows].sum()))


def _together(entries: list[Entry]) -> list[Entry]:
    """The same occurrences in one entry of each kind, which costs less than one entry each."""
    kinds: dict[tuple[ModuleType, int, int, int, bool, bool], list[Entry]] = {}
    for entry in entries:
        kinds.setdefault(entry.kind(), []).append(entry)
    merged = []
    for first, *others in kinds.values():
        if others:
            columns = ([getattr(entry, name) for entry in (first, *others)] for name in _INHERITED)
            row, *rest = (np.concatenate(column) for column in columns)
            order = np.argsort(row, kind="stable")
            first = Entry(*first.kind(), row[order], *(column[order] for column in rest))
        merged.append(first)
    return merged


def _joined(groups: list[dict[str, Column]]) -> Table:
    """The table of several groups, in (row, depth) order."""
    row, depth = (np.concatenate([columns[name] for columns in groups]) for name in ("row", "depth"))
    order = np.argsort(row * (MAX_DEPTH + 1) + depth, kind="stable")
    return Table({name: np.concatenate([columns[name] for columns in groups])[order] for name in groups[0]})
