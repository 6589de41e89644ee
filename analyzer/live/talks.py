"""The conversations of a screen: who says how much at present, and everything about the one that is opened."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from analyzer.flow.accounting import Account
from analyzer.flow.columns import Row
from analyzer.flow.conversations import Conversations
from analyzer.flow.rows import ordered
from analyzer.flow.slots import Slot
from analyzer.flow.stalls import found_stalls
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.connections import COLUMNS, totals
from analyzer.flow.tcp.ledger.rtt_rows import RttRows
from analyzer.flow.tcp.ledger.stall_rows import rows as stall_rows
from analyzer.flow.tcp.ledger.wait_rows import Accounts
from analyzer.flow.udp import UdpConversations
from analyzer.live.connections import ConnectionRows
from analyzer.live.rates import Rates
from analyzer.live.snapshot import Talking

MOST_SHOWN: Final = 100


class Talks:
    """Of both protocols. Call `update` about once a second."""

    def __init__(self, tcp: TcpAnalysis, udp: UdpConversations, connections: ConnectionRows) -> None:
        self._both = (tcp.conversations, udp.conversations)
        self._rates = tuple(map(Rates, self._both))
        self._connections = connections

    def update(self, now: int) -> Iterator[Row]:
        """What Wireshark says of conversations since the last time: rows of those of which it says most."""
        for conversations, rates in zip(self._both, self._rates, strict=True):
            for slot, verdicts in rates.update(now).items():
                for row in conversations.rows(np.array([slot])):
                    ends = {key: row[key] for key in ("stream", "client", "client_port", "server", "server_port", "sni")}
                    yield {"time_ns": now, "protocol": conversations.protocol, **ends, "verdicts": verdicts}

    def shown(self, now: int, resolve: Callable[[str], str]) -> tuple[Talking, ...]:
        """Those that say most at present."""
        found = [
            self._talking(row, packets, octets, now, resolve)
            for conversations, rates in zip(self._both, self._rates, strict=True)
            for row, packets, octets in _rows(conversations, rates.busiest(MOST_SHOWN, now))
        ]
        return tuple(heapq.nlargest(MOST_SHOWN, found, key=lambda one: one.bytes_per_s))

    def opened(self, protocol: str, stream: int) -> Row | None:
        """Everything about one of them; None: it is not known any more."""
        conversations = self._both[protocol == "udp"]
        slots = np.flatnonzero(conversations.slots.slots.array[:, Slot.NUMBER] == stream)
        for row in conversations.rows(slots):
            found = ordered(row)
            if protocol == "tcp":
                found |= self._of_connection(int(slots[0]))
            return found
        return None

    def _of_connection(self, slot: int) -> Row:
        """What is known of a connection whose packets are still here."""
        known = self._connections.opened(slot)
        if known is None:
            return {}
        judged, connection = known
        stalls = found_stalls(judged, self._connections.spans, keep=True)
        found: Row = dict(zip(COLUMNS, totals(judged).tolist(), strict=True))
        found |= {
            "stalls": list(stall_rows(stalls)),
            "waits": next(Accounts().judged(judged), None),
            "rtt": RttRows()(judged),
        }
        if connection is not None:
            found["handshake"] = self._connections.handshake_of(connection)
            found["journeys"] = self._connections.journeys_of(connection)
        return found

    def _talking(self, row: Row, packets: float, octets: float, now: int, resolve: Callable[[str], str]) -> Talking:
        detail = self._connections.details.get(row["stream"]) if row["protocol"] == "tcp" else None
        last = row["start_ns"] + row["duration_ns"]
        name = row["sni"] or ""
        if not name and (told := resolve(row["server"])) != row["server"]:
            name = told
        return Talking(
            row["protocol"], row["stream"], _end(row["client"], row["client_port"]), _end(row["server"], row["server_port"]),
            row["application"] or "", name, row.get("state") or "", packets, octets, row["bytes_client"] + row["bytes_server"],
            now - row["start_ns"], max(now - last, 0),
            (detail.rtt_ns if detail else None) or row.get("initial_rtt_ns"), row.get("retransmissions", 0),
            *((detail.resent, detail.stalls, detail.stalled_ns, detail.stalled) if detail else (0, 0, 0, False)),
        )  # fmt: skip


def _rows(conversations: Conversations, busy: list[tuple[int, float, float]]) -> Iterator[tuple[Row, float, float]]:
    """Rows of these slots with their rates, except of those of which only quoted headers speak."""
    said = conversations.accounts.slots.array
    mine = [one for one in busy if said[one[0], Account.FIRST_FRAME] > 0]
    rows = conversations.rows(np.array([slot for slot, _, _ in mine], np.int64))
    yield from ((row, packets, octets) for row, (_, packets, octets) in zip(rows, mine, strict=True))


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
