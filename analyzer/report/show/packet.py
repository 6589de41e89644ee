"""The layers of one frame, from the columns that dissection and analysis filled for its batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analyzer.batch import Batch, Column, Table
from analyzer.dissect.paths import Paths
from analyzer.dissect.walk import MAX_DEPTH, Walk
from analyzer.fault import Fault
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.fragments import IS_FRAGMENT, Reassembled
from analyzer.report.fields import FIELDS, View
from analyzer.report.packet_info import INFOS, Packets
from analyzer.report.packets import TITLES
from analyzer.report.wording import packet as wording

from .header import NETWORK, Header
from .layer import FRAME, Layer, Note, Value
from .secrets import Mask, masked_regions
from .values import MORE, code, values

DATA: Final = "data"
TRAILER: Final = "eth.trailer"
CHECK_SEQUENCE: Final = "eth.fcs"


@dataclass(slots=True)
class _Single:
    """One header as a batch of its own, for the extractors of fields."""

    batch: Batch
    walk: Any
    tcp_facts: Facts | None
    udp_facts: Facts | None


@dataclass(slots=True)
class _SingleWalk:
    """A walk that met this header only."""

    name: str
    columns: Table
    paths: Paths
    path: int

    def table(self, name: str) -> Table | None:
        return self.columns if name == self.name else None

    def path_of_row(self) -> Column:
        return np.array([self.path], np.int32)


def layers(view: View, row: int, reassembled: Sequence[Reassembled], mask: Mask = bytes) -> list[Layer]:
    """The frame in `row` of the batch: the frame itself, its headers from the outermost in, and its payload."""
    return _Packet(view, row, [one for one in reassembled if one.row == row], mask).layers()


class _Packet:
    def __init__(self, view: View, row: int, reassembled: Sequence[Reassembled], mask: Mask) -> None:
        self._view = view
        self._row = row
        self._batch = view.batch
        self._walk: Walk = view.dissection.walk
        self._whole = sorted(reassembled, key=lambda whole: whole.start)  # of nested ones the outer one first
        self._start, self._end = int(view.batch.start[row]), int(view.batch.end[row])
        self._reported = int(view.batch.reported[row])
        self._headers = sorted(_headers(self._walk, row), key=lambda header: (header.number("at"), header.number("depth")))
        ends = [(self._start, self._end), *((whole.start, whole.end) for whole in self._whole)]
        self._regions = masked_regions(self._batch.data, ends, self._headers, mask)

    def layers(self) -> list[Layer]:
        found = [self._frame(), *self._region(self._start, self._end, None)]
        for whole in self._whole:
            size = whole.end - whole.start
            title = Layer("reassembled", "Reassembled datagram", f"{size:,} bytes", reassembled=True)
            title.notes.append(Note(wording.reassembled(size, whole.frames), "note"))
            title.values.append(Value("reassembled.frames", sorted(whole.frames), ", ".join(map(str, sorted(whole.frames)))))
            found += [title, *self._region(whole.start, whole.end, whole)]
        return found

    def _bytes(self, first: int, last: int) -> bytes:
        """What is shown of these bytes of the batch, which lie in the frame or in a datagram that it completes."""
        last = max(first, last)
        for start, data in self._regions:
            if start <= first and last <= start + len(data):
                return data[first - start : last - start]
        return b""

    def _frame(self) -> Layer:
        batch, row = self._batch, self._row
        view = self._single(None)
        interface = batch.interfaces[int(batch.interface[row])]
        length = self._reported - self._start
        layer = Layer(FRAME, f"Frame {int(batch.number[row])}", f"{length:,} bytes", values(view, FRAME, FIELDS))
        layer.values += [
            Value(name, field.kind.python(found)[0], str(field.kind.text(found)[0]), field.doc)
            for name in ("file", "frame_in_file")
            if len((found := (field := FIELDS[name]).occurrences(view)).row)
        ]
        if interface.description:
            layer.values.append(Value("frame.interface_description", interface.description, interface.description))
        if length > self._end - self._start:
            layer.notes.append(Note(wording.not_captured(length - (self._end - self._start)), "warning"))
        if int(batch.fault[row]) == Fault.TIMESTAMP:
            layer.notes.append(Note(wording.strange_time(), "warning"))
            layer.fault = Fault.TIMESTAMP.name.lower()
        if any(header.number("depth") >= MAX_DEPTH for header in self._headers):
            layer.notes.append(Note(wording.too_deep(), "warning"))
        return layer

    def _region(self, start: int, end: int, whole: Reassembled | None) -> Iterator[Layer]:
        """The headers in some bytes, and whatever of these no header takes."""
        mine = [header for header in self._headers if start <= header.number("at") <= end and self._is_in(header, whole)]
        if not mine:
            yield from self._data(np.ones(end - start, np.bool_), start, whole, False)
            return
        free, owner = np.ones(end - start, np.bool_), np.full(end - start, -1, np.int64)
        for header in mine:
            free[header.number("at") - start : header.behind - start] = False
        for index in range(len(mine) - 1, -1, -1):  # the innermost first: what it leaves belongs to the layer around it
            payload = slice(*(mine[index].number(name) - start for name in ("inner", "inner_end")))
            owner[payload] = np.where(free[payload], index, owner[payload])
            free[payload] = False
        for index, header in enumerate(mine):
            yield self._header(header, start, whole)
            if not _has_child(header, mine[index + 1 : index + 2]):
                yield from self._data(owner == index, start, whole, bool(header.number("quoted")))
                owner[owner == index] = len(mine)
        free[: mine[0].number("at") - start] = False  # extension headers that stood in the fragments
        yield from self._trailer(free | ((owner >= 0) & (owner < len(mine))), start, whole)

    def _is_in(self, header: Header, whole: Reassembled | None) -> bool:
        at = header.number("at")
        inside = next((one for one in self._whole if one.start <= at < one.end), None)
        return inside is whole

    def _header(self, header: Header, start: int, whole: Reassembled | None) -> Layer:
        at, behind = header.number("at"), header.behind
        view = self._single(header)
        title = TITLES.get(header.name, header.name.upper())
        layer = Layer(header.name, title, offset=at - start, data=self._bytes(at, behind), reassembled=whole is not None)
        layer.values = values(view, header.table, FIELDS)
        layer.values += [code(name, header.number(column)) for column, name in MORE.get(header.name, {}).items()]
        layer.info = self._info(header)
        layer.quoted = bool(header.number("quoted"))
        if layer.quoted and header.name in NETWORK:
            layer.notes.append(Note(wording.quoted(), "note"))
        if header.number("partial") and header.number("network") == self._network_of_partial(header):
            layer.notes.append(Note(wording.partial(), "note"))
        if header.number("carries") == IS_FRAGMENT and header.name in NETWORK and not self._whole:
            layer.notes.append(Note(wording.fragment(), "note"))
        fault = Fault(header.number("fault"))
        if fault:
            layer.fault = fault.name.lower()
            style = "warning" if fault is Fault.SNAP_LENGTH else "problem"
            layer.notes.append(Note(wording.malformed(title, fault, at - start), style))
        return layer

    def _network_of_partial(self, header: Header) -> int:
        """Where the network header of the outermost partial header stands: the others need no note of their own."""
        first = next(other for other in self._headers if other.number("partial"))
        return first.number("network") if first == header else -1

    def _data(self, mine: Column, start: int, whole: Reassembled | None, quoted: bool) -> Iterator[Layer]:
        """The payload behind an innermost header."""
        for first, last in _runs(mine):
            data = self._bytes(start + first, start + last)
            size = [Value("data.len", last - first, f"{last - first:,}")]
            yield Layer(DATA, "Data", "", size, offset=first, data=data, reassembled=whole is not None, quoted=quoted)

    def _trailer(self, mine: Column, start: int, whole: Reassembled | None) -> Iterator[Layer]:
        """What stands behind everything that the headers speak of: padding, and the frame check sequence."""
        interface = self._batch.interfaces[int(self._batch.interface[self._row])]
        sequence = self._reported - interface.fcs_length - start
        for first, last in _runs(mine):
            split = min(max(sequence, first), last) if interface.fcs_length and whole is None else last
            for name, title, one, other in (
                (TRAILER, "Trailer", first, split),
                (CHECK_SEQUENCE, "Frame check sequence", split, last),
            ):
                if one < other:
                    data = self._bytes(start + one, start + other)
                    value = Value(name, data.hex(), data.hex() if other - one <= 8 else f"{other - one:,} bytes")
                    yield Layer(name, title, "", [value], offset=one, data=data, reassembled=whole is not None)

    def _info(self, header: Header) -> str:
        """What the packet list would say of this header."""
        view = self._single(header, quoted=False)
        place = np.zeros(1, np.int64)
        if header.name in NETWORK:
            ends = Packets(view, 1, place).columns(f"{header.name}.src", f"{header.name}.dst")
            return " → ".join(str(end[0]) for end in ends) if ends[0][0] else ""
        if header.name not in INFOS:
            return ""
        return INFOS[header.name](Packets(view, 1, place)).texts[0].removesuffix(" Len=")  # unknown of quoted headers

    def _single(self, header: Header | None, quoted: bool = True) -> View:
        """A view of this frame with this header only; not `quoted`: as if no ICMP error quoted it."""
        batch, row = self._batch, self._row
        previous = int(batch.time[row - 1]) if row else self._view.previous_ns
        one = _row(batch, row)
        path = int(self._view.paths()[row])
        if header is None:
            walk = _SingleWalk("", Table({}), self._walk.paths, path)
            return View(_Single(one, walk, None, None), self._view.first_ns, previous, self._view.files)
        columns = {name: values[header.i : header.i + 1].copy() for name, values in header.columns.items()}
        columns["row"][:] = 0
        if not quoted:
            columns["quoted"][:] = 0
        walk = _SingleWalk(header.table, Table(columns), self._walk.paths, path)
        tcp, udp = (self._facts(header, name) for name in ("tcp", "udp"))
        return View(_Single(one, walk, tcp, udp), self._view.first_ns, previous, self._view.files)

    def _facts(self, header: Header, protocol: str) -> Facts | None:
        """What the analysis says of this header."""
        facts, table = self._view.facts(protocol), self._view.table(protocol)
        if header.table != protocol or facts is None or table is None:
            return None
        same = (table["row"] == self._row) & (table["at"] == header.number("at")) & (table["depth"] == header.number("depth"))
        single = Facts(facts.count)
        single.reserve(1)
        single.array[:, :1] = facts.array[:, np.flatnonzero(same)[:1]]
        return single


def _headers(walk: Walk, row: int) -> Iterator[Header]:
    for group in walk.groups:
        for i in np.flatnonzero(group.columns["row"] == row).tolist():
            yield Header(group.dissector, group.name, group.columns, i)


def _has_child(header: Header, following: Sequence[Header]) -> bool:
    """Whether the next header stands inside this one."""
    return any(
        header.number("inner") <= other.number("at") <= header.number("inner_end")
        and other.number("depth") > header.number("depth")
        for other in following
    )


def _row(batch: Batch, row: int) -> Batch:
    """One frame of the batch, which keeps its bytes."""
    one = slice(row, row + 1)
    return Batch(
        batch.data,
        batch.number[one],
        batch.time[one],
        batch.start[one],
        batch.end[one],
        batch.reported[one],
        batch.interface[one],
        batch.linktype[one],
        batch.fault[one],
        batch.interfaces,
        None if batch.file is None else batch.file[one],
        None if batch.number_in_file is None else batch.number_in_file[one],
    )


def _runs(mask: Column) -> Iterator[tuple[int, int]]:
    """First and last position (behind it) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def stream_of(view: View, row: int) -> tuple[str, int] | None:
    """Protocol and number of the conversation of the innermost TCP or UDP header that is not quoted."""
    found = None
    for name in ("tcp", "udp"):
        table = view.table(name)
        if table is not None:
            mine = np.flatnonzero((table["row"] == row) & (table["quoted"] == 0))
            for i in mine.tolist():
                stream, depth = int(view.fact(name, Fact.STREAM)[i]), int(table["depth"][i])
                if stream >= 0 and (found is None or depth > found[0]):
                    found = (depth, name, stream)
    return None if found is None else found[1:]
