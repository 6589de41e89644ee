"""All of TCP, batch after batch: the kernels in their order (WIRESHARK.md 1.7 and 1.8), and the state that they share.

connection, unacked, sequence; then the verdict kernels, which depend on those three through the facts only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table, views
from analyzer.flow.conversations import Accounts, Conversations
from analyzer.flow.fact import TCP_FACTS, Facts
from analyzer.flow.slots import DEFAULT_BUDGET, Slot, Slots
from analyzer.flow.state import State
from analyzer.flow.tcp import (
    bytes_in_flight,
    connection,
    duplicate_ack,
    handshake,
    retransmission,
    sequence,
    unacked,
    window,
    window_full,
)
from analyzer.flow.tcp.handshake import Closing, Handshake
from analyzer.flow.tcp.preferences import Preferences
from analyzer.flow.tcp.unacked import Pool

POOL_SHARE = 4  #: the unacknowledged segments of all connections may take one part in so many of the budget
FIRST_ENTRIES = 1 << 12  #: entries of the pool to begin with
COLUMNS = (
    "row", "at", "end", "quoted", "partial", "seq_raw", "ack_raw", "flags", "window", "hdr_len", "len", "shown", "kinds",
    "shift", "sack_bytes", "mptcp", "cookie",
)  # fmt: skip


def connection_state(facts: Sequence[int]) -> str:
    """What became of a connection, in a word, by its Handshake columns.

    refused: the SYN was answered by RST; reset: RST before both FINs; closed: FIN of both sides; half-closed: FIN of one;
    established: handshake complete; syn-received: no ACK for the SYN/ACK; syn-sent: no answer; mid-capture: it was open
    when the capture began.
    """
    closing = facts[Handshake.CLOSING]
    if closing & Closing.REFUSED:
        return "refused"
    if closing & Closing.RESET:
        return "reset"
    if closing & Closing.FIN and closing & Closing.OTHER_FIN:
        return "closed"
    if closing & (Closing.FIN | Closing.OTHER_FIN):
        return "half-closed"
    if facts[Handshake.ACK_FRAME]:
        return "established"
    if facts[Handshake.SYN_ACK_FRAME]:
        return "syn-received"
    return "syn-sent" if facts[Handshake.SYN_FRAME] else "mid-capture"


class _Pool:
    """Entries and runs of unacknowledged segments, linked through the free ones."""

    def __init__(self, budget: int) -> None:
        self.entries = State(unacked.ENTRY)
        self.runs = State(unacked.RUN)
        self.counters: Int64 = np.zeros(len(Pool), np.int64)
        self.counters[[Pool.FREE_ENTRY, Pool.FREE_RUN]] = -1
        self.most = budget // (self.entries.bytes_per_slot + self.runs.bytes_per_slot)

    def crowded(self, rows: int) -> bool:
        capacity = len(self.entries.array)
        return capacity - int(self.counters[Pool.FREE_ENTRIES]) + rows > max(self.most, 2 * rows)

    def reserve(self, rows: int) -> None:
        """An entry and a run for each of `rows` segments."""
        for state, link, first, free in (
            (self.entries, unacked.ENTRY_NEXT, Pool.FREE_ENTRY, Pool.FREE_ENTRIES),
            (self.runs, unacked.RUN_NEXT, Pool.FREE_RUN, Pool.FREE_RUNS),
        ):
            old = len(state.array)
            if self.counters[free] >= rows:
                continue
            new = max(FIRST_ENTRIES, 2 * old, old + rows)
            state.reserve(new)
            state.array[old:, link] = np.arange(old + 1, new + 1)
            state.array[new - 1, link] = self.counters[first]
            self.counters[first] = old
            self.counters[free] += new - old


class TcpAnalysis:
    """What TCP did in a capture. Hand it the "tcp" table of each batch, in frame order."""

    def __init__(self, preferences: Preferences | None = None, budget: int = DEFAULT_BUDGET) -> None:
        self.preferences = preferences or Preferences()
        self._ends = State(connection.SIDE, sides=2)
        self._sequence = State(sequence.SIDE, sides=2)
        self._unacked = State(unacked.SIDE, sides=2)
        self._window = State(window.SIDE, sides=2)
        self._duplicates = State(duplicate_ack.SIDE, sides=2)
        self._flying = State(bytes_in_flight.SIDE, sides=2)
        self._handshake = State(handshake.INITIAL)
        self._pool = _Pool(budget // POOL_SHARE)
        accounts = Accounts()
        states = (self._ends, self._sequence, self._unacked, self._window, self._duplicates, self._flying, self._handshake)
        self.slots = Slots(budget - budget // POOL_SHARE, [*states, *accounts.states()])
        self.conversations = Conversations("tcp", self.slots, accounts, self._client, self._details)
        self.facts = Facts(TCP_FACTS)

    @property
    def forgotten(self) -> int:
        """Segments that are missing in lists of unacknowledged ones, because of the cap on runs."""
        return int(self._pool.counters[Pool.FORGOTTEN])

    @property
    def handshakes(self) -> Column:
        """How each connection was opened and closed: a row for each slot, columns as in Handshake."""
        return self._handshake.array

    def update(self, batch: Batch, table: Table) -> Facts:
        """The facts of each row of the batch's "tcp" table, in frame order."""
        rows = len(table)
        slots, pool, facts = self.slots, self._pool, self.facts
        if slots.crowded(rows) or pool.crowded(rows):
            self._evict(rows)
        slots.reserve(rows)
        pool.reserve(rows)
        facts.reserve(rows)
        wanted = (table["carries"] >= 0).view(np.uint8)
        entry, turned = slots.keys.find(batch.data, table, wanted)
        columns = [table[name] for name in COLUMNS]
        frames = (batch.number, batch.time, batch.start, batch.reported)
        arrays = (slots.newest, slots.spare, slots.slots.array, self._ends.array, slots.counters, facts.array)
        preferences = self.preferences
        connection.connect(preferences.default_window_scaling, *views(entry, turned, *columns, *frames, *arrays))
        fact = facts.array
        unacked.track(rows, *views(fact, self._unacked.array, pool.entries.array, pool.runs.array, pool.counters))
        sequence.follow(rows, *views(fact, self._sequence.array))
        window.judge(rows, *views(fact, self._window.array))
        window_full.judge(rows, *views(fact))
        duplicate_ack.judge(rows, *views(fact, self._duplicates.array))
        retransmission.judge(rows, preferences.fastrt_supersedes_ooo, *views(fact))
        bytes_in_flight.count(rows, preferences.bif_seq_based, *views(fact, self._flying.array))
        handshake.follow(rows, *views(fact, self._handshake.array))
        self.conversations.accounts.add(facts)
        return facts

    def _client(self, slot: int) -> int:
        return int(self._handshake.array[slot, Handshake.CLIENT])

    def _details(self, slots: Int64) -> Iterator[dict[str, Any]]:
        rtts = self.slots.slots.array[slots, Slot.INITIAL_RTT].tolist()
        for rtt, facts in zip(rtts, self._handshake.array[slots].tolist(), strict=True):
            syn, syn_ack, ack = facts[Handshake.SYN_FRAME], facts[Handshake.SYN_ACK_FRAME], facts[Handshake.ACK_FRAME]
            yield {
                "initial_rtt_ns": rtt or None,
                "syn_frame": syn or None,
                "synack_frame": syn_ack or None,
                "ack_frame": ack or None,
                "syn_count": facts[Handshake.SYN_COUNT],
                "synack_count": facts[Handshake.SYN_ACK_COUNT],
                "connect_ns": facts[Handshake.ACK_TIME] - facts[Handshake.SYN_TIME] if syn and ack else None,
                "server_side_rtt_ns": facts[Handshake.SYN_ACK_TIME] - facts[Handshake.SYN_TIME] if syn and syn_ack else None,
                "client_side_rtt_ns": facts[Handshake.ACK_TIME] - facts[Handshake.SYN_ACK_TIME] if syn_ack and ack else None,
                "state": connection_state(facts),
            }

    def _evict(self, rows: int) -> None:
        leaving = self.slots.choose(rows)
        self.conversations.evict(leaving)
        sides = np.concatenate([2 * leaving, 2 * leaving + 1])
        pool = self._pool
        unacked.release(*views(sides, self._unacked.array, pool.entries.array, pool.runs.array, pool.counters))
        self.slots.release(leaving)
