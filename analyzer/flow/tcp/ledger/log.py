"""The packets of all connections that are still to be judged, in one pool of records of which each connection has a chain."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table, views
from analyzer.flow.conversations import Conversations
from analyzer.flow.fact import Facts
from analyzer.flow.slots import Slot, Slots
from analyzer.flow.state import State

from . import track, unpack
from .record import BLOCKS, LedgerSide, LedgerSlot, Pool, Record, Trouble
from .trace import At, Trace

FIRST_RECORDS: Final = 1 << 21  #: capacity to begin with, if the budget allows it
LEAST_RECORDS: Final = 1 << 14
PER_PACKET: Final = 2  #: records that a packet may take: one more for SACK blocks
OWN_STEPS: Final = 3  #: steps of one for each larger one, of an identification that one connection alone counts
NUMBER: Final = int(Slot.NUMBER)  #: these are looked up for each connection, and members of an Enum take their time
LAST, COUNT, REPORTED = int(LedgerSlot.LAST), int(LedgerSlot.COUNT), int(LedgerSlot.REPORTED)
COLUMNS: Final = ("row", "at", "end", "network", "version", "kinds", "hdr_len", "tsval", "tsecr")


class Log:
    """Holds at most `budget` bytes of packets."""

    def __init__(self, slots: Slots, conversations: Conversations, budget: int) -> None:
        self.sides = State([-1 if column == LedgerSide.IP_ID else 0 for column in LedgerSide], sides=2)
        self.connections = State([-1 if column == LedgerSlot.LAST else 0 for column in LedgerSlot])
        slots.add(self.sides)
        slots.add(self.connections)
        self._slots = slots
        self._conversations = conversations
        self._records: Column = np.zeros((0, len(Record)), np.int64)
        self._pool: Int64 = np.zeros(len(Pool), np.int64)
        self._pool[Pool.FIRST_FREE] = -1
        self.most = max(LEAST_RECORDS, budget // (8 * len(Record)))  #: records that there is room for

    def crowded(self, rows: int, share: int = 1) -> bool:
        """Whether so many packets more could need more than one part in `share` of the memory."""
        return int(self._pool[Pool.USED]) + PER_PACKET * rows > self.most // share

    def append(self, batch: Batch, table: Table, facts: Facts) -> None:
        """Write down the packets of a batch."""
        rows = len(table)
        self._reserve(PER_PACKET * rows)
        columns = [table[name] for name in COLUMNS]
        state = (self._records, self._pool, self.sides.array, self.connections.array)
        track.track(rows, *views(facts.array, batch.data, *columns, batch.start, batch.interface, *state))

    def trouble(self, slots: Int64) -> Int64:
        """Trouble of each of these connections; without PASSED_IDS where others seem to count with the same identification."""
        found: Int64 = self.connections.array[slots, LedgerSlot.TROUBLE]
        sides = self.sides.array[np.concatenate([2 * slots, 2 * slots + 1])]
        following, passed = sides[:, LedgerSide.IDS_NEXT], sides[:, LedgerSide.IDS_PASSED]
        own = ((passed > 0) & (following >= OWN_STEPS * passed)).reshape(2, -1).any(axis=0)
        return np.where(own, found, found & ~np.int64(Trouble.PASSED_IDS))

    def sizes(self, slots: Int64) -> Int64:
        """How many records each of these connections has."""
        found: Int64 = self.connections.array[slots, LedgerSlot.COUNT]
        return found

    def closed(self, slots: Int64) -> Int64:
        """LedgerSlot.CLOSED of each of these connections."""
        found: Int64 = self.connections.array[slots, LedgerSlot.CLOSED]
        return found

    def told(self, slots: Int64) -> Column:
        """Which of these connections were judged as over, with all of their packets."""
        connections = self.connections.array
        found: Column = (connections[slots, LedgerSlot.OVER] > 0) & (connections[slots, LedgerSlot.OLDEST] == 0)
        return found

    def whole(self, slot: int) -> bool:
        """Whether every packet that was seen of a connection is here."""
        return not self.connections.array[slot, LedgerSlot.CUT]

    def tell(self, slot: int, packets: int) -> None:
        """A connection was judged as over; its packets stay as history."""
        connection = self.connections.array[slot]
        connection[LedgerSlot.OVER] = 1
        connection[LedgerSlot.REPORTED] = packets
        connection[LedgerSlot.OLDEST] = 0

    def logged(self) -> Int64:
        """The slots of the connections that have packets here."""
        return np.flatnonzero(self.connections.array[:, LedgerSlot.COUNT]).astype(np.int64)

    def trace(self, slot: int, over: bool, most: int | None = None) -> Trace:
        """The packets of a connection; of those with more than `most` records only the latest."""
        chain, packets = self._chain(slot, most)
        columns = np.empty((len(At), packets), np.int64)
        blocks = np.empty((3, BLOCKS * (len(chain) - packets)), np.int64)
        found, *offers = unpack.unpack(*views(self._records, chain, columns, blocks))
        return Trace.of(
            columns,
            blocks[:, :found],
            stream=int(self._slots.slots.array[slot, NUMBER]),
            slot=slot,
            client=self._conversations.client(slot),
            reported=int(self.connections.array[slot, REPORTED]) if most is None else 0,
            sack=_negotiated(offers),
            over=over,
        )

    def cut(self, slot: int, packets: int, reported: int) -> None:
        """Keep only the latest `packets` of a connection; the first `reported` of these are kept as history only."""
        chain, _ = self._chain(slot)
        behind = np.flatnonzero(self._records[chain, Record.FRAME] >= 0)
        first = int(behind[len(behind) - packets]) if 0 < packets <= len(behind) else len(chain)
        track.release(*views(chain[:first].copy(), self._records, self._pool))
        connection = self.connections.array[slot]
        connection[LedgerSlot.COUNT] = len(chain) - first
        connection[LedgerSlot.CUT] |= first > 0
        connection[LedgerSlot.REPORTED] = reported
        kept = behind[len(behind) - packets :] if packets else behind[:0]
        connection[LedgerSlot.OLDEST] = self._records[chain[kept[reported]], Record.FRAME] if reported < len(kept) else 0
        if first == len(chain):
            connection[LedgerSlot.LAST] = -1
        else:
            self._records[chain[first], Record.PREVIOUS] = -1

    def horizon(self) -> int | None:
        """The first frame of a connection with trouble that is still to be judged; None: there is none."""
        slots = self.logged()
        waiting = self.connections.array[slots[self.trouble(slots) != 0], LedgerSlot.OLDEST]
        waiting = waiting[waiting > 0]
        return int(waiting.min()) if len(waiting) else None

    def drop(self, slots: Int64) -> None:
        """Nothing of these connections is needed any more."""
        track.discard(*views(slots, self.connections.array, self._records, self._pool))

    def clear(self) -> None:
        """Nothing of any connection is needed any more."""
        self.connections.array[:] = self.connections.initial
        self._records = self._records[:0]
        self._pool[:] = 0
        self._pool[Pool.FIRST_FREE] = -1

    def _chain(self, slot: int, most: int | None = None) -> tuple[Int64, int]:
        """The records of a connection in the order in which they came, and how many of them are packets."""
        connection = self.connections.array[slot]
        count = int(connection[COUNT])
        chain: Int64 = np.empty(count if most is None else min(count, most), np.int64)
        packets = track.gather(connection[LAST], *views(self._records, chain))
        if len(chain) < count and self._records[chain[0], Record.FRAME] < 0:
            chain = chain[1:]  # the packet that these SACK blocks belong to is not among them
        return chain, packets

    def _reserve(self, records: int) -> None:
        """Room for so many more. What was never written to takes no memory, so there is room for many from the beginning."""
        used, old = int(self._pool[Pool.USED]), len(self._records)
        if old - used >= records:
            return
        array = np.empty((max(min(self.most, max(FIRST_RECORDS, 2 * old)), used + records), len(Record)), np.int64)
        fresh = int(self._pool[Pool.FRESH])
        array[:fresh] = self._records[:fresh]
        self._records = array


def _negotiated(offers: list[int]) -> bool | None:
    """Whether the SYNs of both sides permit SACK (RFC 2018 section 2); None: one was not seen."""
    if unpack.SILENT in offers:
        return False
    return True if all(offers) else None
