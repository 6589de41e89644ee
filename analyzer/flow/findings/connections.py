"""Connections that did not come about, took several attempts, were aborted, or were seen from one side only.

- *refused*: the SYN was answered by RST.
- *told that it cannot be* (five kinds): an ICMP error answered the SYN, and nothing else did (see undeliverable.py).
- *unanswered*: no packet came back although the capture went on for at least PATIENCE_NS, the first retransmission timeout
  (RFC 6298 section 2.1). A SYN just before the capture ends says nothing.
- *half open*: the SYN was answered by SYN/ACK, but nothing followed from the client for PATIENCE_NS and longer: neither the
  ACK nor a RST (RFC 9293 section 3.5). The server thinks that it is being opened.
- *repeated*: the handshake was completed, but took more than one SYN or SYN/ACK; the user waited for their timers. The time
  lost is that before the answered SYN, or where only the SYN/ACK was repeated, from the first of them to the ACK.
- *stale*: one side sent data on a connection of which the capture has no opening, and the other sent nothing but RST: it does
  not know the connection any more (a restart, or a state that timed out; RFC 9293 section 3.5.1).
- *aborted*: RST without a FIN of either side, and not one of the above.
- *failing server*: of several connections to one server some opened, and others, FAILING_LEAST and FAILING_SHARE of them or
  more, were refused, unanswered or told that they cannot be.
- *one-sided*: ONE_SIDED packets and more, all of them in one direction: the other direction takes a way that the capture does
  not see, so that nothing can be said about its losses.
- *mid-capture*: open when the capture began: no handshake, so no window scale and no initial round-trip time.

Connections that the memory budget ends are judged as they leave, all others at the end. Of a SYN that had to leave before
PATIENCE_NS had passed, nobody knows whether an answer came.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.finding import Finding, Severity
from analyzer.flow.accounting import Account, SideAccount
from analyzer.flow.slots import Slot
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.handshake import Closing, Handshake

from .evidence import MAX_FRAMES, SHOWN_STREAMS
from .resets import Resets
from .servers import Servers
from .undeliverable import CONNECT, Undeliverable

PATIENCE_NS: Final = 1_000_000_000
SOONEST_REPEAT_NS: Final = 200_000_000  #: no timer repeats a SYN sooner; quicker repeats are copies made by capture or network
ONE_SIDED: Final = 10
ANY_END: Final = Closing.RESET | Closing.REFUSED | Closing.FIN | Closing.OTHER_FIN
MAX_ASKED: Final = 1_000  #: connections of each kind of which the server is looked up
NAMED_SERVERS: Final = 3  #: servers that a finding names
SEVERITIES: Final = {
    "refused": Severity.PROBLEM,
    **dict.fromkeys(CONNECT.values(), Severity.PROBLEM),
    "unanswered": Severity.PROBLEM,
    "half_open": Severity.WARNING,
    "connect_repeated": Severity.WARNING,
    "stale": Severity.WARNING,
    "aborted": Severity.WARNING,
    "one_sided": Severity.WARNING,
    "mid_capture": Severity.NOTE,
}


LOST_TIME: Final = ("unanswered", "connect_repeated")  #: kinds for which somebody is known to have waited


@dataclass(slots=True)
class Tally:
    """The connections of one kind."""

    count: int = 0
    proof: list[tuple[int, int]] = field(default_factory=list)  #: the first frames that show one, each with its stream
    servers: Counter[str] = field(default_factory=Counter)
    asked: int = 0  #: connections that `servers` counts
    syns: int = 0
    longest_ns: int = 0
    lost_ns: int = 0

    def add(self, other: Tally) -> None:
        self.count += other.count
        self.proof = sorted(self.proof + other.proof)[:MAX_FRAMES]
        self.servers.update(other.servers)
        self.asked += other.asked
        self.syns += other.syns
        self.longest_ns = max(self.longest_ns, other.longest_ns)
        self.lost_ns += other.lost_ns

    def finding(self, kind: str, of: int) -> Finding:
        values: dict[str, int | str] = {"of": of}
        if kind == "unanswered":
            values["syns"] = self.syns
        if kind in LOST_TIME:
            values["longest_ns"] = self.longest_ns
        if kind != "mid_capture":
            named = [server for server, _ in self.servers.most_common(NAMED_SERVERS)]
            values |= {"servers": ", ".join(named), "other_servers": len(self.servers) - len(named)}
            if self.asked < self.count:
                values["not_asked"] = self.count - self.asked
        frames = tuple(dict.fromkeys(frame for frame, _ in self.proof))
        streams = tuple(stream for _, stream in self.proof[:SHOWN_STREAMS])
        cost = self.lost_ns if kind in LOST_TIME else None
        return Finding(kind, SEVERITIES[kind], self.count, frames, "tcp", streams, values, cost)


@dataclass(slots=True)
class Judged:
    """What became of some connections."""

    of: int = 0
    unknown: int = 0  #: with a SYN that was not watched for long enough
    kinds: dict[str, Tally] = field(default_factory=dict)

    def add(self, other: Judged) -> None:
        self.of += other.of
        self.unknown += other.unknown
        for kind, tally in other.kinds.items():
            self.kinds.setdefault(kind, Tally()).add(tally)


class Connections:
    """All connections of an analysis, those too that leave while it goes on.

    `resets` and `undeliverable` know what answered instead of the server; `chosen` says which of these streams count.
    """

    def __init__(self, resets: Resets, undeliverable: Undeliverable, chosen: Callable[[Int64], Column]) -> None:
        self.end_ns = 0  #: time of the latest frame so far
        self._resets, self._undeliverable, self._chosen = resets, undeliverable, chosen
        self._servers_gone = Servers()
        self.servers_forgotten = 0  #: connections to servers for which there was no room, when findings were last asked for
        self._gone = Judged()
        self._analysis: TcpAnalysis | None = None

    def watch(self, analysis: TcpAnalysis) -> None:
        """From now on nobody leaves unnoticed."""
        if self._analysis is None:
            self._analysis = analysis
            self._resets.watch(analysis.slots)
            analysis.conversations.watchers.append(self._leave)

    @property
    def unknown(self) -> int:
        """Connections that left too early to tell whether an answer came."""
        return self._gone.unknown

    def findings(self, analysis: TcpAnalysis) -> Iterator[Finding]:
        """One for each kind that occurred."""
        judged, servers = Judged(), self._servers_gone.copy()
        judged.add(self._gone)
        judged.add(self._judge(analysis, analysis.slots.used(), MAX_ASKED, servers))
        self.servers_forgotten = servers.forgotten
        yield from servers.findings()
        for kind in SEVERITIES:
            if kind in judged.kinds:
                yield judged.kinds[kind].finding(kind, judged.of)

    def _leave(self, slots: Int64) -> None:
        if self._analysis is not None:
            asked = max((tally.asked for tally in self._gone.kinds.values()), default=0)
            self._gone.add(self._judge(self._analysis, slots, MAX_ASKED - asked, self._servers_gone))
            streams = self._analysis.slots.numbers(slots).tolist()
            self._resets.leave(streams)
            self._undeliverable.leave(streams)

    def _judge(self, analysis: TcpAnalysis, slots: Int64, ask: int, servers: Servers) -> Judged:
        accounts = analysis.conversations.accounts
        slots = slots[self._chosen(analysis.slots.numbers(slots)) & (accounts.slots.array[slots, Account.FIRST_FRAME] > 0)]
        judged = Judged(len(slots))
        if not len(slots):
            return judged
        handshake = analysis.handshakes[slots]
        account = accounts.slots.array[slots]
        packets: Column = accounts.sides.array[:, SideAccount.PACKETS].reshape(-1, 2)[slots]
        closing = handshake[:, Handshake.CLOSING]
        asked, answered = handshake[:, Handshake.SYN_FRAME] > 0, handshake[:, Handshake.SYN_ACK_FRAME] > 0
        established = handshake[:, Handshake.ACK_FRAME] > 0
        repeated = (handshake[:, Handshake.SYN_COUNT] > 1) | (handshake[:, Handshake.SYN_ACK_COUNT] > 1)
        silent = packets.min(axis=1) == 0
        patient = self.end_ns - handshake[:, Handshake.SYN_TIME] >= PATIENCE_NS
        connect = handshake[:, Handshake.ACK_TIME] - handshake[:, Handshake.SYN_TIME]
        waited = account[:, Account.LAST] - handshake[:, Handshake.SYN_TIME]
        numbers = analysis.slots.numbers(slots)
        refused = closing & Closing.REFUSED != 0
        told = {kind: mine & asked & ~answered & ~refused for kind, mine in self._undeliverable.among(numbers).items()}
        failed = refused | np.logical_or.reduce([np.zeros(len(slots), np.bool_), *told.values()])
        unanswered = asked & ~answered & silent & ~failed
        judged.unknown = int(np.count_nonzero(unanswered & ~patient))
        client = np.where(handshake[:, Handshake.CLIENT] == 1, packets[:, 1], packets[:, 0])
        left = asked & answered & ~established & (closing == 0) & (client == handshake[:, Handshake.SYN_COUNT])
        stale = self._stale(analysis, slots, ~asked & ~answered & (closing & Closing.RESET != 0), packets)
        kinds = {
            "refused": refused,
            **told,
            "unanswered": unanswered & patient,
            "half_open": left & (self.end_ns - handshake[:, Handshake.SYN_ACK_TIME] >= PATIENCE_NS),
            "connect_repeated": asked & established & repeated & (connect >= SOONEST_REPEAT_NS),
            "stale": stale,
            "aborted": (answered | ~asked) & ((closing & ANY_END) == Closing.RESET) & ~stale,
            "one_sided": silent & (packets.max(axis=1) >= ONE_SIDED),
            "mid_capture": ~asked & ~answered & ~stale,
        }
        first = np.where(asked, handshake[:, Handshake.SYN_FRAME], account[:, Account.FIRST_FRAME])
        servers.add(analysis, slots[asked], (failed | unanswered & patient)[asked], established[asked], first[asked])
        lost = {"unanswered": waited, "connect_repeated": _lost(analysis, slots, handshake)}
        for kind, mask in kinds.items():
            if not mask.any():
                continue
            tally = judged.kinds[kind] = Tally(int(np.count_nonzero(mask)))
            tally.proof = self._proof(kind, first[mask], numbers[mask])
            if kind != "mid_capture":
                tally.servers = _servers(analysis, slots[mask][:ask])
                tally.asked = tally.servers.total()
            tally.syns = int(handshake[mask, Handshake.SYN_COUNT].sum())
            tally.longest_ns = int((waited if kind == "unanswered" else connect)[mask].max())
            tally.lost_ns = int(lost[kind][mask].sum()) if kind in LOST_TIME else 0
        return judged

    def _stale(self, analysis: TcpAnalysis, slots: Int64, candidates: Column, packets: Column) -> Column:
        """Which of the candidates one side knew nothing of: it sent resets alone, and the other one data."""
        stale = np.zeros(len(slots), np.bool_)
        rows = np.flatnonzero(candidates)
        if len(rows):
            numbers = analysis.slots.numbers(slots[rows]).tolist()
            resets = np.array([self._resets.sent.get(number, (0, 0)) for number in numbers])
            payload = analysis.conversations.accounts.sides.array[:, SideAccount.PAYLOAD].reshape(-1, 2)[slots[rows]]
            only = (resets > 0) & (packets[rows] == resets)
            stale[rows] = (only & (payload[:, ::-1] > 0)).any(axis=1)
        return stale

    def _proof(self, kind: str, frames: Int64, streams: Int64) -> list[tuple[int, int]]:
        """The first frames that show it, with their streams."""
        told = self._resets.first if kind in ("refused", "stale", "aborted") else self._undeliverable.errors.get(kind)
        if told is not None:
            pairs = zip(frames.tolist(), streams.tolist(), strict=True)
            return heapq.nsmallest(MAX_FRAMES, ((told.get(stream, frame), stream) for frame, stream in pairs))
        first = np.argsort(frames, kind="stable")[:MAX_FRAMES]
        return list(zip(frames[first].tolist(), streams[first].tolist(), strict=True))


def _lost(analysis: TcpAnalysis, slots: Int64, handshake: Int64) -> Int64:
    """The time that repeats of SYN and SYN/ACK took."""
    connect = handshake[:, Handshake.ACK_TIME] - handshake[:, Handshake.SYN_TIME]
    last_attempt = analysis.slots.slots.array[slots, Slot.INITIAL_RTT]
    lost = np.where(
        handshake[:, Handshake.SYN_COUNT] > 1,
        connect - last_attempt,
        handshake[:, Handshake.ACK_TIME] - handshake[:, Handshake.SYN_ACK_TIME],
    )
    return np.maximum(lost, 0)


def _servers(analysis: TcpAnalysis, slots: Int64) -> Counter[str]:
    """How often each server was asked, as address:port."""
    servers: Counter[str] = Counter()
    for slot in slots.tolist():
        server = 1 - analysis.conversations.client(slot)
        ends = analysis.slots.ends(slot)
        address = ends.addresses[server]
        servers[f"[{address}]:{ends.ports[server]}" if ends.version == 6 else f"{address}:{ends.ports[server]}"] += 1
    return servers
