"""Slots: where the state of each conversation of one protocol lies, who gets one and who has to leave (memory budget).

Conversations never end by themselves, as in Wireshark. Only the budget ends them: first those whose ports were used again
for a newer one, which no packet can reach any more; then those that have been silent longest, by capture time. A later
packet of such a conversation begins a new one, so numbers and verdicts may differ from Wireshark's from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, auto

import numpy as np

from analyzer.batch import BATCH_ROWS, Column, Int64
from analyzer.flow.state import State
from analyzer.flow.table import Ends, KeyTable

DEFAULT_BUDGET = 1 << 30  #: bytes for the state of all conversations, shared by the protocols (pipeline.UDP_SHARE)
FIRST_SLOTS = 1 << 10  #: capacity to begin with
EVICTED_SHARE = 4  #: one in so many conversations leaves when the budget is reached
CLOCK_STEP_NS = 1_000_000_000  #: a conversation stamped later than now by more was seen before the clock was set back


class Slot(IntEnum):
    """Columns of the state that every conversation has; those from SYN_TIME on only TCP fills."""

    NUMBER = 0  #: of the conversation; -1: the slot is free
    KEY = auto()  #: 2 * entry in the key table + whether the first packet ran from the key's second end
    FIRST_TIME = auto()
    PREVIOUS_TIME = auto()
    SYN_TIME = auto()  #: of the latest pure SYN, 0 = none
    INITIAL_RTT = auto()  #: 0 = none
    COMPLETENESS = auto()
    MPTCP_KINDS = auto()  #: bit per kind of option seen


class Counter(IntEnum):
    """What the kernel that hands out slots counts."""

    NEXT_NUMBER = 0
    SPARES = auto()


class Slots:
    """Slots of one protocol, for the states named at the beginning."""

    def __init__(self, budget: int, states: Sequence[State]) -> None:
        self.keys = KeyTable()
        self.slots = State([-1 if column in (Slot.NUMBER, Slot.KEY) else 0 for column in Slot])
        self.states = [self.slots, *states]
        self.newest: Column = np.full(0, -1, np.int32)  #: by entry: the conversation that packets belong to
        self.spare: Column = np.zeros(0, np.int32)
        self.counters: Int64 = np.zeros(len(Counter), np.int64)
        self.evicted = 0  #: conversations that the budget ended and a packet could have reached

        self._budget = budget

    @property
    def bytes_per_slot(self) -> int:
        return sum(state.bytes_per_slot for state in self.states) + KeyTable.BYTES_PER_ENTRY + 8

    @property
    def most(self) -> int:
        """Conversations that the budget allows."""
        return max(2 * BATCH_ROWS, self._budget // self.bytes_per_slot)

    def add(self, state: State) -> None:
        """One more state of each conversation."""
        state.reserve(self.capacity)
        self.states.append(state)

    @property
    def capacity(self) -> int:
        return len(self.slots.array)

    @property
    def count(self) -> int:
        """Conversations so far, over the whole capture."""
        return int(self.counters[Counter.NEXT_NUMBER])

    @property
    def spares(self) -> int:
        return int(self.counters[Counter.SPARES])

    def crowded(self, rows: int) -> bool:
        """Whether `rows` packets could need more slots than the budget has."""
        return self.capacity - self.spares + rows > self.most

    def reserve(self, rows: int) -> None:
        """Room for a new conversation in each of `rows` packets."""
        self.keys.reserve(rows)
        if len(self.newest) < self.keys.capacity:
            self.newest = np.concatenate([self.newest, np.full(self.keys.capacity - len(self.newest), -1, np.int32)])
        if self.spares >= rows:
            return
        old = self.capacity
        new = max(FIRST_SLOTS, 2 * old, old + rows)
        if new > self.most:
            new = max(self.most, old - self.spares + rows)
        for state in self.states:
            state.reserve(new)
        self._set_spare(np.concatenate([np.arange(new - 1, old - 1, -1), self.spare[: self.spares]]))

    def used(self) -> Int64:
        """The slots that hold a conversation, in the order of their numbers."""
        numbers = self.slots.array[:, Slot.NUMBER]
        slots = np.flatnonzero(numbers >= 0)
        return slots[np.argsort(numbers[slots], kind="stable")].astype(np.int64)

    def numbers(self, slots: Int64) -> Int64:
        """Of these conversations."""
        numbers: Int64 = self.slots.array[slots, Slot.NUMBER]
        return numbers

    def choose(self, rows: int, now: int) -> Int64:
        """Those who leave at this time of the capture, so that at least `rows` slots become free."""
        slots = self.used()
        superseded = self.newest[self.slots.array[slots, Slot.KEY] >> 1] != slots
        share = max(rows, len(slots) // EVICTED_SHARE)
        leaving: Int64 = slots[superseded]
        if len(leaving) >= share:
            return leaving
        alive = slots[~superseded]
        share = min(share - len(leaving), len(alive))
        self.evicted += share
        latest = self.slots.array[alive, Slot.PREVIOUS_TIME]
        silent = np.lexsort((latest, latest <= now + CLOCK_STEP_NS))[:share]
        return np.concatenate([leaving, np.sort(alive[silent])])

    def release(self, slots: Int64) -> None:
        """These slots become free."""
        entries = self.slots.array[slots, Slot.KEY] >> 1
        entries = entries[self.newest[entries] == slots]
        if len(entries):
            self.newest[entries] = -1
            self.keys.remove(entries)
        for state in self.states:
            state.reset(slots)
        self._set_spare(np.concatenate([self.spare[: self.spares], slots[::-1]]))

    def ends(self, slot: int) -> Ends:
        """Addresses and ports of a conversation; the first end sent its first packet."""
        key = int(self.slots.array[slot, Slot.KEY])
        return self.keys.ends(key >> 1, key & 1)

    def ports(self, slots: Int64, turned: Int64 | int = 0) -> Int64:
        """The two ports of each of these conversations, as `ends` has them, or in the other order where `turned` is 1."""
        key = self.slots.array[slots, Slot.KEY]
        return self.keys.ports(key >> 1, (key & 1) != turned)

    def addresses(self, slots: Int64, turned: Int64 | int = 0) -> tuple[list[str], list[str]]:
        """The two addresses of each of them in the same order."""
        key = self.slots.array[slots, Slot.KEY]
        return self.keys.addresses(key >> 1, (key & 1) != turned)

    def _set_spare(self, spare: Column) -> None:
        self.spare = spare.astype(np.int32)
        self.counters[Counter.SPARES] = len(spare)
