"""Rates of conversations, as differences of counters."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.flow.accounting import SideAccount
from analyzer.flow.conversations import Accounts, Conversations
from analyzer.flow.slots import Slot, Slots
from analyzer.live.rates import LATELY_NS, Rates

SECOND = 1_000_000_000


@pytest.fixture
def conversations() -> Conversations:
    accounts = Accounts(("retransmission", "zero_window"))
    return Conversations("tcp", Slots(1 << 20, accounts.states()), accounts)


def begin(conversations: Conversations, *numbers: int) -> None:
    """Conversations with these numbers in slots 0, 1 ..."""
    conversations.slots.reserve(1)
    conversations.slots.slots.array[: len(numbers), Slot.NUMBER] = numbers


def say(conversations: Conversations, slot: int, packets: int, octets: int) -> None:
    conversations.accounts.sides.array[2 * slot, [SideAccount.PACKETS, SideAccount.BYTES]] += (packets, octets)


def test_nothing_was_said_yet(conversations: Conversations) -> None:
    rates = Rates(conversations)
    assert rates.update(SECOND) == {}
    assert rates.busiest(10, SECOND) == []


def test_the_busiest_come_first(conversations: Conversations) -> None:
    begin(conversations, 7, 8, 9)
    rates = Rates(conversations)
    rates.update(SECOND)
    for slot, octets in ((0, 100), (1, 3_000), (2, 2_000)):
        say(conversations, slot, 1, octets)
    rates.update(2 * SECOND)
    assert [slot for slot, _, _ in rates.busiest(2, 2 * SECOND)] == [1, 2]


def test_a_steady_rate_is_told_at_once_and_ends(conversations: Conversations) -> None:
    begin(conversations, 0)
    conversations.slots.slots.array[0, [Slot.FIRST_TIME, Slot.PREVIOUS_TIME]] = 5 * SECOND
    rates = Rates(conversations)
    rates.update(5 * SECOND)
    for second in range(6, 12):
        say(conversations, 0, 10, 5_000)
        rates.update(second * SECOND)
        assert rates.busiest(1, second * SECOND) == [(0, 10.0, 5_000.0)]
    for second in range(12, 16):
        rates.update(second * SECOND)
    assert rates.busiest(1, 16 * SECOND) == [(0, 0.0, 0.0)], "it spoke lately"
    assert rates.busiest(1, 5 * SECOND + LATELY_NS) == []


def test_verdicts_are_those_since_the_last_time(conversations: Conversations) -> None:
    begin(conversations, 0, 1)
    rates = Rates(conversations)
    rates.update(SECOND)
    conversations.accounts.verdicts.array[[0, 1], 0] += (2, 1)
    assert rates.update(2 * SECOND) == {0: {"retransmission": 3}}
    assert rates.update(3 * SECOND) == {}
    conversations.accounts.verdicts.array[2, 1] += 1
    assert rates.update(4 * SECOND) == {1: {"zero_window": 1}}


def test_a_slot_that_is_used_again_begins_anew(conversations: Conversations) -> None:
    begin(conversations, 3)
    rates = Rates(conversations)
    say(conversations, 0, 1_000, 1_000_000)
    rates.update(SECOND)
    conversations.accounts.sides.array[:] = 0
    conversations.slots.slots.array[0, Slot.NUMBER] = 50
    say(conversations, 0, 4, 400)
    rates.update(2 * SECOND)
    ((_, packets, octets),) = rates.busiest(1, 2 * SECOND)
    assert (packets, octets) == (4, 400)


def test_one_that_left_is_not_shown(conversations: Conversations) -> None:
    begin(conversations, 3)
    rates = Rates(conversations)
    say(conversations, 0, 1, 100)
    rates.update(SECOND)
    conversations.slots.slots.array[0, Slot.NUMBER] = np.int64(-1)
    assert rates.busiest(1, SECOND) == []
