"""Reassembly of IPv4 and IPv6 fragments (RFC 791 section 3.2, RFC 8200 section 4.5).

A completed datagram belongs to the frame that completes it: its bytes are put behind the batch's own and walked from there.
Where fragments overlap, the one with the lower offset wins, and of two with the same offset the first (Wireshark's order);
disagreeing bytes are a finding. A fragment of which the capture kept too few bytes cannot take part; if it is the first of
an IPv4 datagram, the transport header in it is still dissected, as `partial` (what Wireshark does, and only for IPv4).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from types import ModuleType
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column
from analyzer.dissect.link import vlan
from analyzer.dissect.network import ipv4, ipv6
from analyzer.dissect.walk import Entry, Walk
from analyzer.fault import Fault

IS_FRAGMENT: Final = -2  #: what ipv4 and ipv6 put into `carries`
TIMEOUT_NS: Final = 60_000_000_000  #: RFC 8200 section 4.5: 60 s after the first fragment, in capture time
MAX_DATAGRAMS: Final = 4_096  #: incomplete ones held; the oldest is given up
MAX_HELD_BYTES: Final = 64 << 20  #: of incomplete datagrams
MAX_DATAGRAM: Final = 65_535  #: bytes of one reassembled payload
MAX_PIECES: Final = 8_192  #: of one datagram: all that 13 bits of offset can tell apart
MAX_FRAMES: Final = 100  #: frames remembered per finding
EXTENSIONS: Final = frozenset((0, 43, 60, 135, 139, 140))  #: IPv6 extension headers with a length in units of 8 bytes

Key = tuple[int, bytes, int, int, int]


@dataclass(slots=True)
class _Datagram:
    started: int
    pieces: list[tuple[int, int, bytes]] = field(default_factory=list)  #: (offset, frame, bytes) in order of arrival
    total: int = -1  #: payload length, once the last fragment is known
    held: int = 0
    protocol: int = -1
    seen: bytearray = field(default_factory=lambda: bytearray(MAX_PIECES))  #: 1 for each 8 bytes that are there

    def add(self, offset: int, frame: int, piece: bytes, more: bool) -> bool:
        """Take one fragment; True when nothing is missing any more."""
        self.pieces.append((offset, frame, piece))
        self.held += len(piece)
        if not more and self.total < 0:
            self.total = min(offset + len(piece), MAX_DATAGRAM)
        last = (offset + len(piece) + (0 if more else 7)) // 8
        self.seen[offset // 8 : last] = b"\1" * min(last - offset // 8, MAX_PIECES - offset // 8)
        return self.total >= 0 and self.seen.find(0, 0, (self.total + 7) // 8) < 0


class Reassembler:
    """Incomplete datagrams, and counters of what became of them."""

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self.fragments = 0
        self.completed = 0
        self.abandoned = 0  #: timed out, or given up for the caps
        self.conflicts: list[int] = []  #: frames of which the bytes disagree with an earlier fragment (first MAX_FRAMES)
        self._pending: OrderedDict[Key, _Datagram] = OrderedDict()
        self._held = 0

    @property
    def incomplete(self) -> int:
        """Datagrams of which the last fragment has not come yet."""
        return len(self._pending)

    def update(self, batch: Batch, walk: Walk) -> None:
        """Take the fragments of a walked batch, and walk each datagram that they complete (tunnels inside it included)."""
        done = 0
        while done < len(walk.groups):
            entries: list[Entry] = []
            more: list[bytes] = []
            size = len(batch.data)
            first, done = done, len(walk.groups)
            for group in walk.groups[first:done]:
                if group.dissector is not ipv4 and group.dissector is not ipv6:
                    continue
                columns = group.columns
                for i in np.flatnonzero(columns["carries"] == IS_FRAGMENT).tolist():
                    self.fragments += 1
                    entry, payload = self._take(batch, walk, group.dissector, columns, i, size)
                    if payload:
                        more.append(payload)
                        size += len(payload)
                    if entry is not None:
                        entries.append(entry)
            if more:
                batch.data = np.concatenate([batch.data, *(np.frombuffer(payload, np.uint8) for payload in more)])
            if entries:
                walk.enter(batch.data, sorted(entries, key=lambda entry: int(entry.row[0])))

    def _take(
        self, batch: Batch, walk: Walk, dissector: ModuleType, column: dict[str, Column], i: int, size: int
    ) -> tuple[Entry | None, bytes]:
        """One fragment: the entry to walk and, if it completed a datagram, the bytes that go to position `size`."""
        inner, end, reported = (int(column[name][i]) for name in ("inner", "inner_end", "inner_reported"))
        raw = int(column["fragment"][i])
        if dissector is ipv4:
            offset, more = (raw & 0x1FFF) * 8, bool(raw & 0x2000)
            identification = int(column["id"][i])
        else:
            offset, more = raw & 0xFFF8, bool(raw & 1)
            identification = int(column["fragment_id"][i])
        protocol = int(column["proto"][i])
        cut = end < reported or reported <= inner or column["fault"][i] == Fault.TOTAL_LENGTH
        if cut or not self.enabled:
            if offset or reported <= inner or (dissector is ipv6 and self.enabled):
                return None, b""
            return walk.carried(column, i, dissector, protocol, (inner, end, reported), True), b""
        row = int(column["row"][i])
        at = int(column["at"][i])
        addresses = batch.data[at + 12 : at + 20] if dissector is ipv4 else batch.data[at + 8 : at + 40]
        key = (dissector.NETWORK, addresses.tobytes(), protocol if dissector is ipv4 else -1, identification, _vlan(walk, row))
        time = int(batch.time[row])
        datagram = self._pending.get(key)
        if datagram is not None and abs(time - datagram.started) > TIMEOUT_NS:
            self._drop(key)
            datagram = None
        if datagram is None:
            datagram = self._pending[key] = _Datagram(time)
        if offset == 0:
            datagram.protocol = protocol
        piece = batch.data[inner:end].tobytes()
        self._held += len(piece)
        if not datagram.add(offset, int(batch.number[row]), piece, more):
            if len(datagram.pieces) > MAX_PIECES:
                self._drop(key)
            while len(self._pending) > MAX_DATAGRAMS or self._held > MAX_HELD_BYTES:
                self._drop(next(iter(self._pending)))
            return None, b""
        payload, conflicts = _assemble(datagram)
        self.conflicts += conflicts[: MAX_FRAMES - len(self.conflicts)]
        self._forget(key)
        self.completed += 1
        start, following = _behind_extensions(payload, datagram.protocol) if dissector is ipv6 else (0, datagram.protocol)
        where = (size + start, size + len(payload), size + len(payload))
        return walk.carried(column, i, dissector, following, where, False), payload

    def _forget(self, key: Key) -> None:
        self._held -= self._pending.pop(key).held

    def _drop(self, key: Key) -> None:
        self._forget(key)
        self.abandoned += 1


def _assemble(datagram: _Datagram) -> tuple[bytes, list[int]]:
    """The payload, and the frames of which the bytes disagree with those that stood there before."""
    whole = bytearray()
    conflicts = []
    for offset, frame, piece in sorted(datagram.pieces, key=lambda item: item[0]):
        known = whole[offset : offset + len(piece)]
        if known != piece[: len(known)]:
            conflicts.append(frame)
        whole += piece[len(whole) - offset :]
    return bytes(whole[: datagram.total]), conflicts


def _behind_extensions(payload: bytes, following: int) -> tuple[int, int]:
    """Skip the extension headers that stood in the fragmentable part."""
    start = 0
    while following in EXTENSIONS and start + 8 <= len(payload):
        following, start = payload[start], start + (payload[start + 1] + 1) * 8
    return min(start, len(payload)), following


def _vlan(walk: Walk, row: int) -> int:
    """The innermost VLAN of a frame: the same datagram seen on two VLANs is two datagrams."""
    table = walk.table(vlan.NAME)
    if table is None:
        return 0
    tags = table["id"][table["row"] == row]
    return int(tags[-1]) if len(tags) else 0
