"""Conversations as rows: who, when, how much, and how many of each verdict; the biggest; the totals."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from analyzer.batch import Column, Int64, views
from analyzer.flow import accounting
from analyzer.flow.accounting import Account, SideAccount
from analyzer.flow.columns import Columns, Row, rows, take
from analyzer.flow.fact import Facts
from analyzer.flow.slots import Slots
from analyzer.flow.state import State

FRAMES_KEPT = 1000  #: first frames remembered of each verdict, over the whole capture
BIGGEST_KEPT = 1000  #: most conversations that `biggest` can name among those that had to leave
WELL_KNOWN = 1024  #: ports below are a server's (RFC 6335 system ports)
EPHEMERAL = 32768  #: ports from here on are a client's (Linux; RFC 6335 has 49152)

ROWS_AT_ONCE = 4096  #: conversations whose state is copied out together to make rows of them


def client_by_ports(first: Int64, other: Int64) -> Column:
    """Who is the client of conversations without a SYN: 0 the sender of the first packet, 1 the other end.

    The one whose port is not well-known, or the one whose port is ephemeral; where that does not decide, the first sender.
    """
    by_name = (first < WELL_KNOWN) != (other < WELL_KNOWN)
    by_range = (first < EPHEMERAL) != (other < EPHEMERAL)
    return np.where(by_name, first < WELL_KNOWN, by_range & (first < EPHEMERAL)).astype(np.int64)


class Accounts:
    """The state that accounting needs, to be handed to Slots; `verdicts` names those that are counted, from bit 0 on."""

    def __init__(self, verdicts: Sequence[str] = ()) -> None:
        self.names = tuple(verdicts)
        self.slots = State([0] * len(Account))
        self.sides = State([0] * len(SideAccount), sides=2)
        self.verdicts = State([0] * len(self.names), sides=2)
        self.totals: Int64 = np.zeros(len(self.names), np.int64)
        self.first_frames: Int64 = np.zeros((len(self.names), FRAMES_KEPT), np.int64)

    def states(self) -> list[State]:
        return [self.slots, self.sides, *([self.verdicts] if self.names else [])]

    def add(self, facts: Facts) -> None:
        """Count the packets of a batch."""
        accounting.account(len(facts), *views(facts.array, self.slots.array, self.sides.array))
        if self.names:
            arrays = (self.verdicts.array, self.totals, self.first_frames)
            accounting.count_verdicts(len(facts), *views(facts.array, *arrays))


class Conversations:
    """The conversations of one protocol, live and gone."""

    def __init__(
        self,
        protocol: str,
        slots: Slots,
        accounts: Accounts,
        client: Callable[[Int64], Int64] | None = None,
        details: Callable[[Int64], Columns] | None = None,
    ) -> None:
        self.protocol = protocol
        self.slots = slots
        self.accounts = accounts
        self._client = client
        self._details = details
        self.watchers: list[Callable[[Int64], None]] = []  #: are handed the slots of conversations that leave
        self.more: list[Callable[[Int64], Columns]] = []  #: give further columns of the rows
        self._gone: list[Columns] = []
        self._biggest_gone: list[tuple[int, int, Row]] = []

    def clients(self, slots: Int64) -> Int64:
        """Direction of the client of each of these conversations: 0 where it sent the first packet, else 1."""
        guess = client_by_ports(*self.slots.ports(slots))
        if self._client is None:
            return guess
        known = self._client(slots)
        return np.where(known >= 0, known, guess)

    def client(self, slot: int) -> int:
        """The same of one conversation."""
        one = np.array([slot])
        known = -1 if self._client is None else int(self._client(one)[0])  # this alone is much quicker than `clients`
        return known if known >= 0 else int(self.clients(one)[0])

    def columns(self, slots: Int64) -> Iterator[Columns]:
        """The rows of these conversations in blocks, except those of which only quoted headers speak."""
        slots = slots[self.accounts.slots.array[slots, Account.FIRST_FRAME] > 0]
        for first in range(0, len(slots), ROWS_AT_ONCE):
            yield self._block(slots[first : first + ROWS_AT_ONCE])

    def rows(self, slots: Int64) -> Iterator[Row]:
        """The same as dictionaries."""
        return itertools.chain.from_iterable(map(rows, self.columns(slots)))

    def _block(self, slots: Int64) -> Columns:
        accounts = self.accounts
        clients = self.clients(slots)
        addresses = self.slots.addresses(slots, clients)
        ports = self.slots.ports(slots, clients)
        first_frame, last_frame, start, last = accounts.slots.array[slots].T
        client_side, server_side = accounts.sides.array[2 * slots + clients].T, accounts.sides.array[2 * slots + 1 - clients].T
        columns: Columns = {
            "protocol": [self.protocol] * len(slots),
            "stream": self.slots.numbers(slots),
            "client": addresses[0],
            "client_port": ports[0],
            "server": addresses[1],
            "server_port": ports[1],
            "first_frame": first_frame,
            "last_frame": last_frame,
            "start_ns": start,
            "duration_ns": last - start,
        }
        for name, column in (("packets", SideAccount.PACKETS), ("bytes", SideAccount.BYTES), ("payload", SideAccount.PAYLOAD)):
            columns[f"{name}_client"] = client_side[column]
            columns[f"{name}_server"] = server_side[column]
        for more in self.more:
            columns |= more(slots)
        if self._details:
            columns |= self._details(slots)
        return columns

    def verdicts(self, slot: int) -> dict[str, tuple[int, int]]:
        """Every verdict on a conversation: how many on segments of the client and of the server."""
        client = self.client(slot)
        counts = self.accounts.verdicts.array
        return {
            name: (int(counts[2 * slot + client, bit]), int(counts[2 * slot + 1 - client, bit]))
            for bit, name in enumerate(self.accounts.names)
            if counts[2 * slot, bit] or counts[2 * slot + 1, bit]
        }

    def evict(self, slots: Int64) -> None:
        """These conversations leave: their rows wait in `gone`."""
        for watcher in self.watchers:
            watcher(slots)
        for columns in self.columns(slots):
            self._gone.append(columns)
            self._keep_biggest(columns)

    def _keep_biggest(self, columns: Columns) -> None:
        """Of the conversations that leave, `biggest` may need those with the most bytes."""
        biggest = self._biggest_gone
        size = np.asarray(columns["bytes_client"]) + np.asarray(columns["bytes_server"])
        least = biggest[0][0] if len(biggest) == BIGGEST_KEPT else 0
        order = np.lexsort((columns["stream"], -size))[:BIGGEST_KEPT]
        for row in rows(take(columns, order[size[order] >= least])):
            item = (row["bytes_client"] + row["bytes_server"], -row["stream"], row)
            if len(biggest) < BIGGEST_KEPT:
                heapq.heappush(biggest, item)
            else:
                heapq.heappushpop(biggest, item)

    def gone(self) -> list[Columns]:
        """The conversations that had to leave since the last call. Ask after each batch: they are kept until then."""
        gone, self._gone = self._gone, []
        return gone

    def biggest(self, count: int) -> list[Row]:
        """The `count` conversations with the most bytes, without a row for each of the others."""
        size = self.accounts.sides.array[:, SideAccount.BYTES].reshape(-1, 2).sum(axis=1)
        slots = np.flatnonzero(self.accounts.slots.array[:, Account.FIRST_FRAME])
        if len(slots) > count:
            slots = slots[np.argpartition(size[slots], len(slots) - count)[len(slots) - count :]]
        rows = list(self.rows(slots))
        rows += [row for _, _, row in self._biggest_gone]
        rows.sort(key=lambda row: (-row["bytes_client"] - row["bytes_server"], row["stream"]))
        return rows[:count]

    def totals(self) -> dict[str, tuple[int, list[int]]]:
        """Verdicts of the whole capture: how many, and the first FRAMES_KEPT frames of each."""
        accounts = self.accounts
        return {
            name: (int(total), accounts.first_frames[bit, : min(int(total), FRAMES_KEPT)].tolist())
            for bit, (name, total) in enumerate(zip(accounts.names, accounts.totals, strict=True))
            if total
        }
