# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""UDP conversations (RFC 768): the datagrams between two ends, for as long as the capture lasts.

Bounds checks are off: this runs for every datagram; the caller hands columns of one length, facts that are as long and a
spare slot for every row.
"""

import cython
import numpy as np

from analyzer.batch import Batch, Table, views
from analyzer.flow.conversations import Accounts, Conversations
from analyzer.flow.fact import TRANSPORT_FACTS, Fact, Facts
from analyzer.flow.slots import DEFAULT_BUDGET, Counter, Slot, Slots

NUMBER = cython.declare(cython.int, Slot.NUMBER)
KEY = cython.declare(cython.int, Slot.KEY)
FIRST_TIME = cython.declare(cython.int, Slot.FIRST_TIME)
PREVIOUS_TIME = cython.declare(cython.int, Slot.PREVIOUS_TIME)
NEXT_NUMBER = cython.declare(cython.int, Counter.NEXT_NUMBER)
SPARES = cython.declare(cython.int, Counter.SPARES)

SIDE = cython.declare(cython.int, Fact.SIDE)
STREAM = cython.declare(cython.int, Fact.STREAM)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
SIZE = cython.declare(cython.int, Fact.SIZE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)


def connect(
    entry: cython.const[cython.int][::1],
    turned: cython.const[cython.uchar][::1],
    row: cython.const[cython.longlong][::1],
    quoted: cython.const[cython.uchar][::1],
    length: cython.const[cython.int][::1],
    frame_number: cython.const[cython.longlong][::1],
    frame_time: cython.const[cython.longlong][::1],
    frame_start: cython.const[cython.longlong][::1],
    frame_reported: cython.const[cython.longlong][::1],
    newest: cython.int[::1],
    spare: cython.const[cython.int][::1],
    slots: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
    facts: cython.longlong[:, ::1],
) -> None:
    """Fill in all facts of datagrams."""
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    for i in range(row.shape[0]):
        w = row[i]
        facts[FRAME, i] = frame_number[w]
        facts[TIME, i] = frame_time[w]
        if entry[i] < 0:
            facts[SIDE, i] = -1
            facts[STREAM, i] = -1
            facts[SIZE, i] = -1
            facts[LENGTH, i] = -1
            continue
        slot = newest[entry[i]]
        if slot < 0:
            counters[SPARES] -= 1
            slot = spare[counters[SPARES]]
            newest[entry[i]] = cython.cast(cython.int, slot)
            slots[slot, NUMBER] = counters[NEXT_NUMBER]
            slots[slot, KEY] = 2 * cython.cast(cython.longlong, entry[i]) + turned[i]
            slots[slot, FIRST_TIME] = frame_time[w]
            counters[NEXT_NUMBER] += 1
        slots[slot, PREVIOUS_TIME] = frame_time[w]
        facts[SIDE, i] = 2 * slot + (turned[i] ^ (slots[slot, KEY] & 1))
        facts[STREAM, i] = slots[slot, NUMBER]
        facts[SIZE, i] = -1 if quoted[i] else frame_reported[w] - frame_start[w]
        facts[LENGTH, i] = length[i]


class UdpConversations:
    """The UDP conversations of a capture, batch after batch."""

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        accounts = Accounts()
        self.slots = Slots(budget, accounts.states())
        self.conversations = Conversations("udp", self.slots, accounts)
        self.facts = Facts(TRANSPORT_FACTS)

    def update(self, batch: Batch, table: Table) -> Facts:
        """The facts of each row of the batch's "udp" table, in frame order."""
        rows = len(table)
        slots, facts = self.slots, self.facts
        if slots.crowded(rows):
            leaving = slots.choose(rows, int(batch.time[-1]))
            self.conversations.evict(leaving)
            slots.release(leaving)
        slots.reserve(rows)
        facts.reserve(rows)
        wanted = (table["carries"] >= 0).view(np.uint8)
        entry, turned = slots.keys.find(batch.data, table, wanted)
        columns = [table[name] for name in ("row", "quoted", "len")]
        frames = (batch.number, batch.time, batch.start, batch.reported)
        arrays = (slots.newest, slots.spare, slots.slots.array, slots.counters, facts.array)
        connect(*views(entry, turned, *columns, *frames, *arrays))
        self.conversations.accounts.add(facts)
        return facts
