"""Reassembly of IPv4 and IPv6 fragments (RFC 791 section 3.2, RFC 8200 section 4.5).

A completed datagram belongs to the frame that completes it: its bytes are put behind the batch's own and walked from there;
disagreeing bytes are a finding. A fragment of which the capture kept too few bytes cannot take part; if it is the first of
an IPv4 datagram, the transport header in it is still dissected, as `partial` (what Wireshark does, and only for IPv4).
"""

from __future__ import annotations

import dataclasses
import heapq
from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain, repeat
from types import ModuleType
from typing import Final, NamedTuple

import numpy as np

from analyzer.batch import Batch, Column, Table
from analyzer.dissect.link import vlan
from analyzer.dissect.network import ipv4, ipv6
from analyzer.dissect.walk import Entry, Group, Walk
from analyzer.fault import Fault
from analyzer.flow.datagram import PIECE_BYTES, Datagram, behind_extensions

IS_FRAGMENT: Final = -2  #: what ipv4 and ipv6 put into `carries`
TIMEOUT_NS: Final = 60_000_000_000  #: RFC 8200 section 4.5: 60 s after the first fragment, in capture time
MAX_DATAGRAMS: Final = 4_096  #: incomplete ones held; the oldest is given up
MAX_HELD_BYTES: Final = 64 << 20  #: of incomplete datagrams
MAX_PIECES: Final = 8_192  #: of one datagram: more than that only repeat each other
MAX_FRAMES: Final = 100  #: frames remembered of abandoned datagrams, and of conflicts
ADDRESSES: Final = {ipv4: np.arange(12, 20), ipv6: np.arange(8, 40)}  #: where both stand in the header


class _Origin(NamedTuple):
    """A kind of headers: what those of one kind carry can be walked together."""

    dissector: ModuleType
    path: int
    depth: int
    quoted: bool


class Reassembled(NamedTuple):
    """A datagram that a frame of the batch completes."""

    row: int
    start: int  #: where its payload stands in the batch's data
    end: int
    frames: tuple[int, ...]  #: those with its pieces, in order of arrival


class _Fragment(NamedTuple):
    """One fragment of a batch."""

    row: int
    frame: int
    time: int
    offset: int
    more: int  #: not 0: others follow
    protocol: int  #: in the first fragment, what the datagram carries
    header: int
    at: int  #: what the header carries
    end: int
    reported: int
    whole: bool  #: all its bytes are there, and their number is sure
    key: bytes  #: the same for all fragments of a datagram
    i: int  #: its place in the group's columns
    columns: dict[str, Column]
    origin: _Origin


class _Found(NamedTuple):
    """Something to walk, and the header with which it came."""

    row: int
    header: int
    at: int
    end: int
    reported: int
    i: int
    columns: dict[str, Column]


_Kind = tuple[_Origin, int, bool]  #: where it comes from, its protocol, and whether it is partial


class Reassembler:
    """Incomplete datagrams, and counters of what became of them."""

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self.fragments = 0
        self.completed = 0
        self.abandoned = 0  #: timed out, or forgotten
        self.forgotten = 0  #: given up for the caps
        self.disagreeing = 0  #: fragments with other bytes than an overlapping one
        self.conflicts: list[int] = []  #: the first frames of those
        self.reassembled: list[Reassembled] = []  #: in the current batch
        self._lost: list[int] = []  #: the first frames of abandoned datagrams
        self._pending: OrderedDict[bytes, Datagram] = OrderedDict()  #: the oldest first
        self._held = 0

    @property
    def incomplete(self) -> int:
        """Datagrams of which the last fragment has not come yet."""
        return len(self._pending)

    def missed(self) -> list[int]:
        """The first frames with fragments of datagrams that were abandoned or are incomplete."""
        pending = (frame for datagram in self._pending.values() for _, frame, _ in datagram.pieces)
        return heapq.nsmallest(MAX_FRAMES, chain(self._lost, pending))

    def update(self, batch: Batch, walk: Walk) -> None:
        """Take the fragments of a walked batch, and walk each datagram that they complete (tunnels inside it included)."""
        done = 0
        self.reassembled.clear()
        while done < len(walk.groups):
            groups, done = walk.groups[done:], len(walk.groups)
            lists = [fragments for group in groups if (fragments := _fragments(batch, walk, group)) is not None]
            if len(lists) > 1:
                lists = [iter(sorted(chain(*lists), key=lambda fragment: fragment.row))]
            if lists:
                self._go_through(batch, walk, lists[0])

    def _go_through(self, batch: Batch, walk: Walk, fragments: Iterator[_Fragment]) -> None:
        found: dict[_Kind, list[_Found]] = {}
        payloads: list[bytes] = []
        size = len(batch.data)
        view = batch.data.data
        for fragment in fragments:
            self.fragments += 1
            origin, protocol = fragment.origin, fragment.protocol
            at, end, reported = fragment.at, fragment.end, fragment.reported
            partial = not (fragment.whole and self.enabled)
            if partial:
                if fragment.offset or reported <= at or (origin.dissector is ipv6 and self.enabled):
                    continue
            else:
                datagram = self._take(fragment, bytes(view[at:end]))
                if datagram is None:
                    continue
                payload = self._complete(datagram)
                start, protocol = 0, datagram.protocol
                if origin.dissector is ipv6:
                    start, protocol = behind_extensions(payload, protocol)
                frames = tuple(frame for _, frame, _ in datagram.pieces)
                self.reassembled.append(Reassembled(fragment.row, size, size + len(payload), frames))
                at, size = size + start, size + len(payload)
                end = reported = size
                payloads.append(payload)
            one = _Found(fragment.row, fragment.header, at, end, reported, fragment.i, fragment.columns)
            found.setdefault((origin, protocol, partial), []).append(one)
        if payloads:
            batch.data = np.concatenate([batch.data, np.frombuffer(b"".join(payloads), np.uint8)])
        if found:
            walk.enter(batch.data, [entry for kind, those in found.items() for entry in _entry(walk, kind, those)])

    def _take(self, fragment: _Fragment, piece: bytes) -> Datagram | None:
        """One fragment: the datagram, if it is complete now."""
        key = fragment.key
        datagram = self._pending.get(key)
        if datagram is not None and abs(fragment.time - datagram.started) > TIMEOUT_NS:
            self._abandon(key)
            datagram = None
        if datagram is None:
            datagram = self._pending[key] = Datagram(fragment.time)
        if fragment.offset == 0:
            datagram.protocol = fragment.protocol
        self._held += len(piece) + PIECE_BYTES
        if datagram.add(fragment.offset, fragment.frame, piece, fragment.more != 0):
            del self._pending[key]
            self._held -= datagram.held
            return datagram
        if len(datagram.pieces) > MAX_PIECES:
            self._forget(key)
        while len(self._pending) > MAX_DATAGRAMS or self._held > MAX_HELD_BYTES:
            self._make_room(fragment.time)
        return None

    def _make_room(self, now: int) -> None:
        """The oldest datagram leaves; if its time is over anyway, that is no want of room."""
        key, oldest = next(iter(self._pending.items()))
        if abs(now - oldest.started) > TIMEOUT_NS:
            self._abandon(key)
        else:
            self._forget(key)

    def _complete(self, datagram: Datagram) -> bytes:
        payload, conflicts = datagram.assemble()
        self.completed += 1
        self.disagreeing += len(conflicts)
        self.conflicts += conflicts[: MAX_FRAMES - len(self.conflicts)]
        return payload

    def _forget(self, key: bytes) -> None:
        self.forgotten += 1
        self._abandon(key)

    def _abandon(self, key: bytes) -> None:
        datagram = self._pending.pop(key)
        self._held -= datagram.held
        self.abandoned += 1
        self._lost += [frame for _, frame, _ in datagram.pieces[: MAX_FRAMES - len(self._lost)]]


def _fragments(batch: Batch, walk: Walk, group: Group) -> Iterator[_Fragment] | None:
    """The fragments among the headers of a group, in frame order; None without one."""
    addresses = ADDRESSES.get(group.dissector)
    if addresses is None:
        return None
    i = np.flatnonzero(group.columns["carries"] == IS_FRAGMENT)
    if not len(i):
        return None
    column = {name: values[i] for name, values in group.columns.items()}
    row, header, at, end, reported = (column[name] for name in ("row", "at", "inner", "inner_end", "inner_reported"))
    parts = [batch.data[header[:, None] + addresses], _octets(_tags(batch, walk.table(vlan.NAME))[row])]
    raw = column["fragment"].astype(np.int64)
    if group.dissector is ipv4:
        offset, more = (raw & 0x1FFF) * 8, raw & 0x2000
        parts += [_octets(column["id"]), _octets(column["proto"])]
    else:
        offset, more = raw & 0xFFF8, raw & 1
        parts.append(_octets(column["fragment_id"]))
    octets = np.concatenate(parts, axis=1)
    width, text = octets.shape[1], octets.tobytes()
    keys = [text[begin : begin + width] for begin in range(0, len(text), width)]
    whole = (end >= reported) & (reported > at) & (column["fault"] != Fault.TOTAL_LENGTH)
    frame, time = batch.number[row], batch.time[row]
    numbers = (row, frame, time, offset, more, column["proto"], header, at, end, reported, whole)
    origin = _Origin(group.dissector, group.path, int(column["depth"][0]), bool(column["quoted"][0]))
    every = (*(values.tolist() for values in numbers), keys, i.tolist(), repeat(group.columns), repeat(origin))
    return map(_Fragment._make, zip(*every, strict=False))


def _octets(column: Column) -> Column:
    """The bytes of each value of a column."""
    return np.ascontiguousarray(column)[:, None].view(np.uint8)


def _tags(batch: Batch, table: Table | None) -> Column:
    """The innermost VLAN of each frame: the same datagram seen on two VLANs is two datagrams."""
    tags = np.zeros(len(batch), np.uint16)
    if table is not None:
        tags[table["row"]] = table["id"]
    return tags


def _entry(walk: Walk, kind: _Kind, found: list[_Found]) -> Iterator[Entry]:
    """What was found of one kind, as one entry; nothing for a protocol that is only named."""
    origin, protocol, partial = kind
    for one in found:
        entry = walk.carried(one.columns, one.i, origin.dissector, protocol, (one.at, one.end, one.reported), partial)
        if entry is not None:
            row, network, at, end, reported = np.array([those[:5] for those in found], np.int64).T.copy()
            yield dataclasses.replace(entry, row=row, network=network, at=at, end=end, reported=reported)
            return
