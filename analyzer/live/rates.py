"""How much conversations say per second, and what Wireshark says of their segments in the meantime: differences of counters."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Int64
from analyzer.flow.accounting import SideAccount
from analyzer.flow.conversations import Conversations
from analyzer.flow.slots import Slot

HALF_LIFE_S: Final = 3.0  #: a rate that stops is half as high after so long
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
        self._then = 0

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
        passed = (now - self._then) / SECOND if self._then else 1.0
        rates = np.zeros((len(numbers), 2))
        rates[kept] = self._rates[kept]
        weight = 0.5 ** (max(passed, 0.0) / HALF_LIFE_S)
        if passed > 0:
            rates = weight * rates + (1 - weight) * said / passed
        self._rates, self._numbers, self._then = rates, numbers, now
        self._before, self._verdicts_before = totals, verdicts.astype(np.int64)
        return self._named(judged)

    def busiest(self, count: int) -> list[tuple[int, float, float]]:
        """The slots with most bytes per second, with packets and bytes per second."""
        mine = np.flatnonzero((self._numbers >= 0) & (self._rates[:, 1] > 0))
        if len(mine) > count:
            mine = mine[np.argpartition(self._rates[mine, 1], len(mine) - count)[len(mine) - count :]]
        mine = mine[np.argsort(-self._rates[mine, 1], kind="stable")]
        current = self._conversations.slots.slots.array[mine, Slot.NUMBER] == self._numbers[mine]
        return [(int(slot), float(self._rates[slot, 0]), float(self._rates[slot, 1])) for slot in mine[current].tolist()]

    def _named(self, judged: Int64) -> dict[int, dict[str, int]]:
        names = self._conversations.accounts.names
        said = judged.sum(axis=1)
        troubled = np.flatnonzero(said > 0)
        troubled = troubled[np.argsort(-said[troubled], kind="stable")][:MOST_TROUBLED]
        return {
            slot: {name: times for name, times in zip(names, judged[slot].tolist(), strict=True) if times}
            for slot in troubled.tolist()
        }
