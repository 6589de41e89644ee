"""Conversations as rows: who, when, how much, and how many of each verdict; the biggest; the totals."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from analyzer.batch import Column, Int64, views
from analyzer.flow import accounting
from analyzer.flow.accounting import Account, SideAccount
from analyzer.flow.fact import Facts
from analyzer.flow.slots import Slot, Slots
from analyzer.flow.state import State
from analyzer.flow.tcp.verdict import COUNTED, NAMES, Verdict

Row = dict[str, Any]

FRAMES_KEPT = 1000  #: first frames remembered of each verdict, over the whole capture
BIGGEST_KEPT = 1000  #: most conversations that `biggest` can name among those that had to leave
WELL_KNOWN = 1024  #: ports below are a server's (RFC 6335 system ports)
EPHEMERAL = 32768  #: ports from here on are a client's (Linux; RFC 6335 has 49152)

ROWS_AT_ONCE = 4096  #: conversations whose state is copied out together to make rows of them

COLUMNS = tuple(  #: column of a row, bit of the verdict that it counts
    (name, verdict.bit_length() - 1)
    for name, verdict in (
        ("retransmissions", Verdict.RETRANSMISSION),
        ("duplicate_acks", Verdict.DUPLICATE_ACK),
        ("out_of_order", Verdict.OUT_OF_ORDER),
        ("lost_segments", Verdict.LOST_SEGMENT),
        ("zero_windows", Verdict.ZERO_WINDOW),
    )
)


def client_by_ports(first: int, other: int) -> int:
    """Who is the client of a conversation without a SYN: 0 the sender of the first packet, 1 the other end.

    The one whose port is not well-known, or the one whose port is ephemeral; where that does not decide, the first sender.
    """
    if (first < WELL_KNOWN) != (other < WELL_KNOWN):
        return int(first < WELL_KNOWN)
    if (first < EPHEMERAL) != (other < EPHEMERAL):
        return int(first < EPHEMERAL)
    return 0


class Accounts:
    """The state that accounting needs, to be handed to Slots."""

    def __init__(self) -> None:
        self.slots = State([0] * len(Account))
        self.sides = State([0] * len(SideAccount), sides=2)
        self.verdicts = State([0] * COUNTED, sides=2, dtype=np.int32)
        self.totals: Int64 = np.zeros(COUNTED, np.int64)
        self.first_frames: Int64 = np.zeros((COUNTED, FRAMES_KEPT), np.int64)

    def states(self) -> list[State]:
        return [self.slots, self.sides, self.verdicts]

    def add(self, facts: Facts) -> None:
        """Count the packets of a batch."""
        arrays = (self.slots.array, self.sides.array, self.verdicts.array, self.totals, self.first_frames)
        accounting.account(len(facts), *views(facts.array, *arrays))


class Conversations:
    """The conversations of one protocol, live and gone."""

    def __init__(
        self,
        protocol: str,
        slots: Slots,
        accounts: Accounts,
        client: Callable[[int], int] | None = None,
        details: Callable[[Int64], Iterator[Row]] | None = None,
    ) -> None:
        self.protocol = protocol
        self.slots = slots
        self.accounts = accounts
        self._client = client
        self._details = details
        self._gone: list[Row] = []
        self._biggest_gone: list[tuple[int, int, Row]] = []

    def client(self, slot: int) -> int:
        """Direction of the client: 0 where it sent the first packet, else 1."""
        known = self._client(slot) if self._client else -1
        return known if known >= 0 else client_by_ports(*self.slots.ends(slot).ports)

    def row(self, slot: int) -> Row | None:
        """One conversation; None where only quoted headers speak of it."""
        return next(self.rows(np.array([slot])), None)

    def rows(self, slots: Int64) -> Iterator[Row]:
        """A row for each of these conversations, except those of which only quoted headers speak."""
        slots = slots[self.accounts.slots.array[slots, Account.FIRST_FRAME] > 0]
        for first in range(0, len(slots), ROWS_AT_ONCE):
            yield from self._rows(slots[first : first + ROWS_AT_ONCE])

    def _rows(self, slots: Int64) -> Iterator[Row]:
        accounts = self.accounts
        numbers = self.slots.slots.array[slots, Slot.NUMBER].tolist()
        times = accounts.slots.array[slots].tolist()
        sides = accounts.sides.array.reshape(-1, 2, len(SideAccount))[slots].tolist()
        details: Iterator[Row] = iter(())
        counts: list[list[int]] = []
        if self._details:
            details = iter(self._details(slots))
            counts = accounts.verdicts.array.reshape(-1, 2, COUNTED)[slots].sum(axis=1).tolist()
        for i, slot in enumerate(slots.tolist()):
            ends = self.slots.ends(slot)
            known = self._client(slot) if self._client else -1
            client = known if known >= 0 else client_by_ports(*ends.ports)
            ends = ends.turned() if client else ends
            mine, other = sides[i][client], sides[i][1 - client]
            row: Row = {
                "protocol": self.protocol,
                "stream": numbers[i],
                "client": ends.addresses[0],
                "client_port": ends.ports[0],
                "server": ends.addresses[1],
                "server_port": ends.ports[1],
                "first_frame": times[i][Account.FIRST_FRAME],
                "last_frame": times[i][Account.LAST_FRAME],
                "start_ns": times[i][Account.START],
                "duration_ns": times[i][Account.LAST] - times[i][Account.START],
                "packets_client": mine[SideAccount.PACKETS],
                "packets_server": other[SideAccount.PACKETS],
                "bytes_client": mine[SideAccount.BYTES],
                "bytes_server": other[SideAccount.BYTES],
                "payload_client": mine[SideAccount.PAYLOAD],
                "payload_server": other[SideAccount.PAYLOAD],
            }
            if counts:
                row |= next(details)
                row |= {name: counts[i][bit] for name, bit in COLUMNS}
            yield row

    def verdicts(self, slot: int) -> dict[str, tuple[int, int]]:
        """Every verdict on a conversation: how many on segments of the client and of the server."""
        client = self.client(slot)
        counts = self.accounts.verdicts.array
        return {
            name: (int(counts[2 * slot + client, bit]), int(counts[2 * slot + 1 - client, bit]))
            for bit, name in enumerate(NAMES)
            if counts[2 * slot, bit] or counts[2 * slot + 1, bit]
        }

    def evict(self, slots: Int64) -> None:
        """These conversations leave: their rows wait in `gone`."""
        for row in self.rows(slots):
            self._gone.append(row)
            size = row["bytes_client"] + row["bytes_server"]
            item = (size, -row["stream"], row)
            if len(self._biggest_gone) < BIGGEST_KEPT:
                heapq.heappush(self._biggest_gone, item)
            else:
                heapq.heappushpop(self._biggest_gone, item)

    def gone(self) -> list[Row]:
        """Rows of the conversations that had to leave since the last call. Ask after each batch: they are kept until then."""
        rows, self._gone = self._gone, []
        return rows

    def live(self) -> Iterator[Row]:
        """Rows of all others, in the order of their numbers."""
        yield from self.rows(self.slots.used())

    def biggest(self, count: int) -> list[Row]:
        """The `count` conversations with the most bytes, without a row for each of the others."""
        size: Column = self.accounts.sides.array[:, SideAccount.BYTES].reshape(-1, 2).sum(axis=1)
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
            for bit, (name, total) in enumerate(zip(NAMES, accounts.totals, strict=True))
            if total
        }
