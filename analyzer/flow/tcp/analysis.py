"""All of TCP, batch after batch: the kernels in their order (WIRESHARK.md 1.7 and 1.8), and the state that they share.

connection, unacked, sequence; then the verdict kernels, which depend on those three through the facts only.
"""

from __future__ import annotations

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table, views
from analyzer.flow.columns import Columns, where
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
from analyzer.flow.tcp.verdict import NAMES, Verdict

POOL_SHARE = 4  #: the unacknowledged segments of all connections may take one part in so many of the budget
FIRST_ENTRIES = 1 << 12  #: entries of the pool to begin with
COLUMNS = (
    "row", "at", "end", "quoted", "partial", "seq_raw", "ack_raw", "flags", "window", "hdr_len", "len", "shown", "kinds",
    "shift", "sack_bytes", "mptcp", "cookie",
)  # fmt: skip
OPENING = (
    Handshake.SYN_FRAME, Handshake.SYN_TIME, Handshake.SYN_COUNT, Handshake.SYN_ACK_FRAME, Handshake.SYN_ACK_TIME,
    Handshake.SYN_ACK_COUNT, Handshake.ACK_FRAME, Handshake.ACK_TIME,
)  # fmt: skip
STATES = {  #: what became of a connection; of several that are true, the first
    "refused": "the SYN was answered by RST",
    "reset": "RST before both FINs",
    "closed": "FIN of both sides",
    "half-closed": "FIN of one side",
    "established": "the handshake is complete",
    "syn-received": "no ACK for the SYN/ACK",
    "syn-sent": "no answer",
    "mid-capture": "it was open when the capture began",
}
COUNTS = {  #: column of a row, the verdict that it counts
    "retransmissions": Verdict.RETRANSMISSION,
    "duplicate_acks": Verdict.DUPLICATE_ACK,
    "out_of_order": Verdict.OUT_OF_ORDER,
    "lost_segments": Verdict.LOST_SEGMENT,
    "zero_windows": Verdict.ZERO_WINDOW,
}


def connection_states(handshakes: Int64) -> list[str]:
    """The word of STATES for each connection, by its Handshake columns."""
    closing = handshakes[:, Handshake.CLOSING]
    fins = closing & (Closing.FIN | Closing.OTHER_FIN)
    words = {
        "refused": closing & Closing.REFUSED,
        "reset": closing & Closing.RESET,
        "closed": fins == Closing.FIN | Closing.OTHER_FIN,
        "half-closed": fins,
        "established": handshakes[:, Handshake.ACK_FRAME],
        "syn-received": handshakes[:, Handshake.SYN_ACK_FRAME],
        "syn-sent": handshakes[:, Handshake.SYN_FRAME],
        "mid-capture": np.ones_like(closing),
    }
    first = np.argmax([words[word] != 0 for word in STATES], axis=0)
    return list(map(list(STATES).__getitem__, first.tolist()))


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
        self._ends = State(connection.INITIAL_SIDE, sides=2)
        self._sequence = State(sequence.INITIAL_SIDE, sides=2)
        self._unacked = State(unacked.INITIAL_SIDE, sides=2)
        self._window = State(window.INITIAL_SIDE, sides=2)
        self._duplicates = State(duplicate_ack.INITIAL_SIDE, sides=2)
        self._flying = State(bytes_in_flight.INITIAL_SIDE, sides=2)
        self._handshake = State(handshake.INITIAL)
        self._pool = _Pool(budget // POOL_SHARE)
        accounts = Accounts(NAMES)
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
            self._evict(rows, int(batch.time[-1]))
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
        bytes_in_flight.measure(rows, preferences.bif_seq_based, *views(fact, self._flying.array))
        handshake.follow(rows, *views(fact, self._handshake.array))
        self.conversations.accounts.add(facts)
        return facts

    def _client(self, slots: Int64) -> Int64:
        client: Int64 = self._handshake.array[slots, Handshake.CLIENT]
        return client

    def _details(self, slots: Int64) -> Columns:
        rtt = self.slots.slots.array[slots, Slot.INITIAL_RTT]
        handshakes = self._handshake.array[slots]
        syn, syn_time, syn_count, syn_ack, syn_ack_time, syn_ack_count, ack, ack_time = handshakes[:, OPENING].T
        verdicts = self.conversations.accounts.verdicts.array
        bits = {name: verdict.bit_length() - 1 for name, verdict in COUNTS.items()}
        return {
            "initial_rtt_ns": where(rtt != 0, rtt, None),
            **{name: verdicts[2 * slots, bit] + verdicts[2 * slots + 1, bit] for name, bit in bits.items()},
            "state": connection_states(handshakes),
            "syn_frame": where(syn != 0, syn, None),
            "synack_frame": where(syn_ack != 0, syn_ack, None),
            "ack_frame": where(ack != 0, ack, None),
            "syn_count": syn_count,
            "synack_count": syn_ack_count,
            "connect_ns": where((syn != 0) & (ack != 0), ack_time - syn_time, None),
            "server_side_rtt_ns": where((syn != 0) & (syn_ack != 0), syn_ack_time - syn_time, None),
            "client_side_rtt_ns": where((syn_ack != 0) & (ack != 0), ack_time - syn_ack_time, None),
        }

    def _evict(self, rows: int, now: int) -> None:
        leaving = self.slots.choose(rows, now)
        self.conversations.evict(leaving)
        sides = np.concatenate([2 * leaving, 2 * leaving + 1])
        pool = self._pool
        unacked.release(*views(sides, self._unacked.array, pool.entries.array, pool.runs.array, pool.counters))
        self.slots.release(leaving)
