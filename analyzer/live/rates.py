"""How much conversations say per second, and what Wireshark says of their segments in the meantime: differences of counters."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Int64
from analyzer.flow.accounting import SideAccount
from analyzer.flow.conversations import Conversations
from analyzer.flow.slots import Slot

WINDOW: Final = 3  #: updates over which a rate is taken
LATELY_NS: Final = 30_000_000_000  #: so long after its last packet a conversation is still among the busiest
MOST_TROUBLED: Final = 20  #: conversations of which verdicts are told at a time
SECOND: Final = 1_000_000_000


class Rates:
    """Of the conversations of one protocol. Call `update` about once a second."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._numbers: Int64 = np.zeros(0, np.int64)
        self._before: Int64 = np.zeros((0, 2), np.int64)  # packets and bytes, by slot
        self._verdicts_before: Int64 = np.zeros((0, len(conversations.accounts.names)), np.int64)
        self._rates: NDArray[np.float64] = np.zeros((0, 2))
        #: when the latest updates were, with the numbers in the slots and their packets and bytes until then
        self._past: deque[tuple[int, Int64, Int64]] = deque(maxlen=WINDOW)

    def update(self, now: int) -> dict[int, dict[str, int]]:
        """The verdicts since the last time, of the conversations with most of them: slot -> name -> how many."""
        accounts, slots = self._conversations.accounts, self._conversations.slots
        sides = accounts.sides.array[:, (SideAccount.PACKETS, SideAccount.BYTES)]
        totals = sides.reshape(-1, 2, 2).sum(axis=1)
        verdicts = totals[:, :0]
        if accounts.names:
            verdicts = accounts.verdicts.array.reshape(-1, 2, len(accounts.names)).sum(axis=1)
        numbers = slots.slots.array[:, Slot.NUMBER].copy()
        known = np.zeros(len(numbers), np.bool_)
        known[: len(self._numbers)] = numbers[: len(self._numbers)] == self._numbers
        said, judged = totals.copy(), verdicts.astype(np.int64)
        kept = np.flatnonzero(known)
        said[kept] -= self._before[kept]
        judged[kept] -= self._verdicts_before[kept]
        self._rates = self._over_window(now, numbers, totals)
        self._past.append((now, numbers, totals))
        self._numbers = numbers
        self._before, self._verdicts_before = totals, verdicts.astype(np.int64)
        return self._named(judged)

    def busiest(self, count: int, now: int) -> list[tuple[int, float, float]]:
        """The slots that say most, or said something lately, with packets and bytes per second; the busiest first."""
        slots = self._conversations.slots.slots.array
        last = slots[: len(self._numbers), Slot.PREVIOUS_TIME]
        current = slots[: len(self._numbers), Slot.NUMBER] == self._numbers
        mine = np.flatnonzero((self._numbers >= 0) & current & ((self._rates[:, 1] > 0) | (now - last < LATELY_NS)))
        mine = mine[np.lexsort((-last[mine], -self._rates[mine, 1]))][:count]
        return [(int(slot), float(self._rates[slot, 0]), float(self._rates[slot, 1])) for slot in mine.tolist()]

    def _over_window(self, now: int, numbers: Int64, totals: Int64) -> NDArray[np.float64]:
        """Packets and bytes per second of each slot, since the oldest of the latest updates, or since it began."""
        then, known, before = self._past[0] if self._past else (now - SECOND, numbers[:0], totals[:0])
        said = totals.astype(np.float64)
        same = np.flatnonzero(known == numbers[: len(known)])
        said[same] -= before[same]
        began = self._conversations.slots.slots.array[:, Slot.FIRST_TIME]
        passed = np.maximum(now - np.maximum(then, began), SECOND)
        found: NDArray[np.float64] = said * SECOND / passed[:, None]
        return found

    def _named(self, judged: Int64) -> dict[int, dict[str, int]]:
        names = self._conversations.accounts.names
        said = judged.sum(axis=1)
        troubled = np.flatnonzero(said > 0)
        troubled = troubled[np.argsort(-said[troubled], kind="stable")][:MOST_TROUBLED]
        return {
            slot: {name: times for name, times in zip(names, judged[slot].tolist(), strict=True) if times}
            for slot in troubled.tolist()
        }
