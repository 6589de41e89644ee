"""Connections that did not come about, took several attempts, were aborted, or were seen from one side only.

- *refused*: the SYN was answered by RST.
- *unanswered*: no packet came back although the capture went on for at least PATIENCE_NS, the first retransmission timeout
  (RFC 6298 section 2.1). A SYN just before the capture ends says nothing.
- *repeated*: the handshake was completed, but took more than one SYN or SYN/ACK; the user waited for their timers.
- *aborted*: RST without a FIN of either side.
- *one-sided*: ONE_SIDED packets and more, all of them in one direction: the other direction takes a way that the capture does
  not see, so that nothing can be said about its losses.
- *mid-capture*: open when the capture began: no handshake, so no window scale and no initial round-trip time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.finding import Finding, Severity
from analyzer.flow.accounting import Account, SideAccount
from analyzer.flow.slots import Slot
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.handshake import Closing, Handshake

from .evidence import Evidence

PATIENCE_NS: Final = 1_000_000_000
SOONEST_REPEAT_NS: Final = (
    200_000_000  #: no timer repeats a SYN sooner; quicker repeats are copies made by capture or network
)
ONE_SIDED: Final = 10
ANY_END: Final = Closing.RESET | Closing.REFUSED | Closing.FIN | Closing.OTHER_FIN
MAX_ASKED: Final = 1_000  #: connections of which the server is looked up
NAMED_SERVERS: Final = 3  #: servers that a finding names
SEVERITIES: Final = {
    "refused": Severity.PROBLEM,
    "unanswered": Severity.PROBLEM,
    "connect_repeated": Severity.WARNING,
    "aborted": Severity.WARNING,
    "one_sided": Severity.WARNING,
    "mid_capture": Severity.NOTE,
}


def connection_findings(
    analysis: TcpAnalysis, end_ns: int, resets: Mapping[int, int], chosen: Column | None = None
) -> Iterator[Finding]:
    """One finding for each kind that occurred, among the (chosen) connections that the memory budget kept.

    The capture ends at `end_ns`; `resets` has the first frame with RST of each stream.
    """
    slots = analysis.slots.used()
    if chosen is not None:
        slots = slots[np.isin(analysis.slots.slots.array[slots, Slot.NUMBER], chosen)]
    accounts = analysis.conversations.accounts
    slots = slots[accounts.slots.array[slots, Account.FIRST_FRAME] > 0]
    if not len(slots):
        return
    handshake = analysis.handshakes[slots]
    account = accounts.slots.array[slots]
    packets: Column = accounts.sides.array[:, SideAccount.PACKETS].reshape(-1, 2)[slots]
    closing = handshake[:, Handshake.CLOSING]
    asked, answered = handshake[:, Handshake.SYN_FRAME] > 0, handshake[:, Handshake.SYN_ACK_FRAME] > 0
    established = handshake[:, Handshake.ACK_FRAME] > 0
    repeated = (handshake[:, Handshake.SYN_COUNT] > 1) | (handshake[:, Handshake.SYN_ACK_COUNT] > 1)
    silent = packets.min(axis=1) == 0
    waited = handshake[:, Handshake.SYN_TIME]
    connect = handshake[:, Handshake.ACK_TIME] - handshake[:, Handshake.SYN_TIME]
    kinds = {
        "refused": closing & Closing.REFUSED != 0,
        "unanswered": asked & ~answered & silent & (end_ns - waited >= PATIENCE_NS),
        "connect_repeated": asked & established & repeated & (connect >= SOONEST_REPEAT_NS),
        "aborted": (answered | ~asked) & ((closing & ANY_END) == Closing.RESET),
        "one_sided": silent & (packets.max(axis=1) >= ONE_SIDED),
        "mid_capture": ~asked & ~answered,
    }
    for kind, mask in kinds.items():
        if not mask.any():
            continue
        values: dict[str, Any] = {"of": len(slots)}
        if kind == "unanswered":
            values["syns"] = int(handshake[mask, Handshake.SYN_COUNT].sum())
            values["longest_ns"] = int((account[mask, Account.LAST] - waited[mask]).max())
        elif kind == "connect_repeated":
            values["longest_ns"] = int(connect[mask].max())
        first: Int64 = np.where(asked, handshake[:, Handshake.SYN_FRAME], account[:, Account.FIRST_FRAME])[mask]
        numbers = analysis.slots.slots.array[slots[mask], Slot.NUMBER]
        if kind in ("refused", "aborted"):
            first = np.array(
                [resets.get(number, frame) for number, frame in zip(numbers.tolist(), first.tolist(), strict=True)]
            )
        if kind != "mid_capture":
            values["servers"], values["other_servers"] = _servers(analysis, slots[mask])
        order = np.argsort(first, kind="stable")
        evidence = Evidence()
        evidence.add(first[order], numbers[order])
        yield evidence.finding(kind, SEVERITIES[kind], "tcp", values)


def _servers(analysis: TcpAnalysis, slots: Int64) -> tuple[str, int]:
    """Who was asked most often, as address:port joined by commas, and how many others."""
    servers: Counter[str] = Counter()
    for slot in slots[:MAX_ASKED].tolist():
        server = 1 - analysis.conversations.client(slot)
        ends = analysis.slots.ends(slot)
        address = ends.addresses[server]
        servers[f"[{address}]:{ends.ports[server]}" if ends.version == 6 else f"{address}:{ends.ports[server]}"] += 1
    named = [server for server, _ in servers.most_common(NAMED_SERVERS)]
    return ", ".join(named), len(servers) - len(named)
