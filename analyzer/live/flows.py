"""Rows of conversations while the capture goes on: when they are over, when they are silent, when they have to leave, at the end.

A TCP conversation is over when both sides have sent FIN, or one RST, and nothing came for CLOSED_NS; every conversation is
told when it was silent for SILENCE_NS. If it goes on, it is told again as soon as that is true once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from analyzer.batch import Int64
from analyzer.flow.accounting import Account, SideAccount
from analyzer.flow.columns import Columns, rows
from analyzer.flow.conversations import Conversations
from analyzer.flow.rows import ordered
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.handshake import Closing, Handshake
from analyzer.flow.tcp.ledger.connections import Ledger
from analyzer.flow.udp import UdpConversations
from analyzer.live.event import Event

CLOSED_NS: Final = 3_000_000_000
SILENCE_NS: Final = 60_000_000_000
MOST_AT_ONCE: Final = 4_096  #: conversations that are told at a time; the others wait for the next time
FINS: Final = Closing.FIN | Closing.OTHER_FIN
PACKETS, REVISION = 0, 1  # columns: packets when it was last told, and how often that was
LIVE_KEYS: Final = ("live_revision", "live_told")  #: of a row, until it is an event


class FlowRows:
    """Those of both protocols. Make it before the first batch."""

    def __init__(self, tcp: TcpAnalysis, udp: UdpConversations, ledger: Ledger) -> None:
        self._tcp = tcp
        self._ledger = ledger
        self._both = tuple(_Told(conversations) for conversations in (tcp.conversations, udp.conversations))

    def gone(self) -> Iterator[Event]:
        """Those that had to leave since the last time, unless they were told as they were."""
        for one in self._both:
            for columns in one.conversations.gone():
                yield from one.events(columns)

    def over(self, now: int) -> Iterator[Event]:
        """Those that are over at this time."""
        for one in self._both:
            slots = one.fresh()
            silent = now - one.conversations.accounts.slots.array[slots, Account.LAST]
            over = silent > SILENCE_NS
            if one.conversations is self._tcp.conversations:
                closing = self._tcp.handshakes[slots, Handshake.CLOSING]
                closed = (closing & FINS == FINS) | (closing & (Closing.RESET | Closing.REFUSED) != 0)
                over |= closed & (silent > CLOSED_NS)
                over &= self._ledger.is_settled(slots)  # stalls and resent segments are in the row
            yield from one.tell(slots[over][:MOST_AT_ONCE])

    def rest(self) -> Iterator[Event]:
        """At the end, when all is judged: those that were not told as they are."""
        for one in self._both:
            yield from one.tell(one.fresh())


class _Told:
    """The conversations of one protocol, and what was told of them."""

    def __init__(self, conversations: Conversations) -> None:
        self.conversations = conversations
        self._state = State([0, 0])
        conversations.slots.add(self._state)
        conversations.more.append(self._columns)

    def fresh(self) -> Int64:
        """The slots of those that were not told as they are."""
        slots = self.conversations.slots.used()
        found: Int64 = slots[self._packets(slots) != self._state.array[slots, PACKETS]]
        return found

    def tell(self, slots: Int64) -> Iterator[Event]:
        """Their rows."""
        found = list(chain.from_iterable(map(self.events, self.conversations.columns(slots))))
        self._state.array[slots, PACKETS] = self._packets(slots)
        self._state.array[slots, REVISION] += 1
        return iter(found)

    def events(self, columns: Columns) -> Iterator[Event]:
        """Those rows among these that were not told."""
        for row in rows(columns):
            revision, told = (row.pop(key) for key in LIVE_KEYS)
            if not told:
                yield Event("flow", ordered(row), revision + 1)

    def _packets(self, slots: Int64) -> Int64:
        sides = self.conversations.accounts.sides.array[:, SideAccount.PACKETS].reshape(-1, 2)
        found: Int64 = sides[slots].sum(axis=1)
        return found

    def _columns(self, slots: Int64) -> Columns:
        told = self._state.array[slots]
        values = (told[:, REVISION], told[:, PACKETS] == self._packets(slots))
        return dict(zip(LIVE_KEYS, values, strict=True))
