"""The keys of all conversations: an open-addressed hash table in arrays, grown and cleaned between batches only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from socket import AF_INET6, inet_ntoa, inet_ntop

import numpy as np

from analyzer.batch import Column, Int64, Table, views
from analyzer.flow import key
from analyzer.flow.state import State

FIRST_ENTRIES = 1 << 10  #: capacity to begin with
ADDRESSES_KEPT = 1 << 14  #: addresses whose text is kept; most rows are about few hosts
INDEX_PER_ENTRY = 2  #: places in the index per entry: half of it stays empty, so chains stay short
_MULTIPLIERS = np.frombuffer(os.urandom(8 * key.MULTIPLIERS), np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a conversation; the first is the sender of the first packet."""

    version: int
    addresses: tuple[str, str]
    ports: tuple[int, int]

    def turned(self) -> Ends:
        """The same, seen from the other end."""
        return Ends(self.version, self.addresses[::-1], self.ports[::-1])


@lru_cache(maxsize=ADDRESSES_KEPT)
def address(version: int, high: int, low: int) -> str:
    """An address as text; empty without an IP header."""
    if version == 4:
        return inet_ntoa(low.to_bytes(4))
    return inet_ntop(AF_INET6, (high << 64 | low).to_bytes(16)) if version == 6 else ""


class KeyTable:
    """Numbers for keys. An entry is used again after `remove`."""

    BYTES_PER_ENTRY = 8 * len(key.KEY) + 4 * (INDEX_PER_ENTRY + 1) + 1  #: keys, index, spare, used

    def __init__(self) -> None:
        self.keys = State(key.KEY, dtype=np.uint64)
        self.index: Column = np.full(0, -1, np.int32)
        self.spare: Column = np.zeros(0, np.int32)
        self.used: Column = np.zeros(0, np.uint8)
        self.spares = 0
        self.entry: Column = np.zeros(0, np.int32)
        self.turned: Column = np.zeros(0, np.uint8)

    @property
    def capacity(self) -> int:
        return len(self.used)

    def reserve(self, rows: int) -> None:
        """Room for a new key in each of `rows` packets."""
        if len(self.entry) < rows:
            self.entry = np.zeros(rows, np.int32)
            self.turned = np.zeros(rows, np.uint8)
        if self.spares >= rows:
            return
        old = self.capacity
        new = max(FIRST_ENTRIES, old)
        while new - old + self.spares < rows:
            new *= 2
        if new == old:
            new *= 2
        self._mark_used()
        self.keys.reserve(new)
        self.used = np.concatenate([self.used, np.zeros(new - old, np.uint8)])
        self._rebuild(INDEX_PER_ENTRY * new)

    def find(self, data: Column, table: Table, wanted: Column) -> tuple[Column, Column]:
        """The entry and direction of each packet (see key.find); after `reserve`."""
        rows = len(table)
        entry, turned = self.entry[:rows], self.turned[:rows]
        columns = (table["network"], table["version"], table["srcport"], table["dstport"], wanted)
        arrays = (_MULTIPLIERS, self.keys.array, self.index, self.spare, entry, turned)
        self.spares = key.find(self.spares, *views(data, *columns, *arrays))
        return entry, turned

    def remove(self, entries: Int64) -> None:
        """Forget these keys."""
        self._mark_used()
        self.used[entries] = 0
        self._rebuild(len(self.index))

    def ends(self, entry: int, turned: int) -> Ends:
        """Addresses and ports of an entry."""
        source_high, source_low, high, low, ports = self.keys.array[entry].tolist()
        version = ports >> 32
        addresses = (address(version, source_high, source_low), address(version, high, low))
        ends = Ends(version, addresses, (ports >> 16 & 0xFFFF, ports & 0xFFFF))
        return ends.turned() if turned else ends

    def ports(self, entries: Int64, turned: Column) -> Int64:
        """The two ports of each of these entries; the other one first where it is turned."""
        ports = self.keys.array[entries, -1].astype(np.int64)
        return np.where(turned, (ports & 0xFFFF, ports >> 16 & 0xFFFF), (ports >> 16 & 0xFFFF, ports & 0xFFFF))

    def addresses(self, entries: Int64, turned: Column) -> tuple[list[str], list[str]]:
        """The two addresses of each of these entries in the same order."""
        keys = self.keys.array[entries]
        version = (keys[:, -1] >> np.uint64(32)).tolist()
        first, other = np.where(turned[:, None], (keys[:, 2:4], keys[:, :2]), (keys[:, :2], keys[:, 2:4])).tolist()
        return (
            [address(one, high, low) for one, (high, low) in zip(version, first, strict=True)],
            [address(one, high, low) for one, (high, low) in zip(version, other, strict=True)],
        )

    def _mark_used(self) -> None:
        self.used[:] = 1
        self.used[self.spare[: self.spares]] = 0

    def _rebuild(self, places: int) -> None:
        self.spare = np.flatnonzero(self.used == 0)[::-1].astype(np.int32)  # taken from the end: the lowest first
        self.spares = len(self.spare)
        self.index = np.full(places, -1, np.int32)
        key.rehash(*views(self.keys.array, self.used, _MULTIPLIERS, self.index))
