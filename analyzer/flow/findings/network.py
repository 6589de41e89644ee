"""What is wrong below TCP: headers that contradict their frame, fragments, ICMP errors, addresses claimed twice.

- *malformed*: a header that is cut, or whose own lengths or version cannot be right, although the capture kept the bytes.
- *fragments*: datagrams of which not all fragments came within the timeout of reassembly; fragments that disagree about bytes.
- *ICMP errors*: a router or host could not deliver something (reasons: undeliverable.py). The quoted header says which
  conversation it belonged to.
- *echo requests* without reply (echo.py), *ARP requests* without answer (arp_requests.py).
- *address conflict*: one IPv4 address claimed by several hardware addresses (see flow/arp.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Table
from analyzer.dissect.walk import Walk
from analyzer.fault import Fault
from analyzer.finding import Finding, Severity
from analyzer.flow.arp import Claims
from analyzer.flow.fragments import Reassembler

from .arp_requests import ArpRequests
from .echo import Echoes
from .evidence import Evidence
from .undeliverable import TOO_BIG, Undeliverable, reason

Streams = Mapping[str, Column]  #: "tcp" and "udp", where the batch has them

SNAP_LENGTH_FAULTS: Final = (Fault.NONE, Fault.SNAP_LENGTH)  #: faults that say nothing about the sender
MAX_CONFLICTS: Final = 20  #: conflicting addresses that become findings of their own
MAX_MALFORMED: Final = 64  #: kinds of malformed headers that are told apart

MAX_TOO_BIG: Final = 10_000  #: streams that are remembered as too big for a link
MTU: Final = 4  #: where it stands in an ICMPv6 header; in ICMP the last half of these four bytes (RFC 1191 section 4)
SHORTEST: Final = 8

#: (protocol, type) -> what it means; of ICMP the reason TOO_BIG is a kind of its own
ICMP_ERRORS: Final = {
    ("icmp", 3): "unreachable",
    ("icmp", 5): "redirected",
    ("icmp", 11): "time_exceeded",
    ("icmpv6", 1): "unreachable",
    ("icmpv6", 2): "packet_too_big",
    ("icmpv6", 3): "time_exceeded",
    ("icmpv6", 137): "redirected",
}
ICMP_SEVERITY: Final = {
    "unreachable": Severity.WARNING,
    "packet_too_big": Severity.NOTE,
    "time_exceeded": Severity.WARNING,
    "redirected": Severity.NOTE,
}


class NetworkFindings:
    """Looks at the rare things only; a batch without them costs nothing."""

    def __init__(self) -> None:
        self.claims = Claims()
        self._malformed: dict[tuple[str, int], Evidence] = {}
        self._malformed_forgotten = 0
        self._faults = 0
        self._icmp: dict[tuple[str, str, str], Evidence] = {}  #: by kind, reason and protocol of the streams
        self._echoes = Echoes()
        self._arp = ArpRequests()
        self.undeliverable = Undeliverable()
        self.too_big: set[int] = set()  #: TCP streams with packets that were too big for a link
        self._too_big_forgotten = self._mtu = 0

    def update(self, batch: Batch, walk: Walk, streams: Streams, chosen: Column) -> None:
        """Take the chosen frames of a walked batch; `streams` has the stream number of each row of a table."""
        arp = walk.table("arp")
        if arp is not None:
            mine = arp.take(chosen[arp["row"]])
            self.claims.update(batch, mine)
            self._arp.update(batch, mine)
        if len(batch):
            self._echoes.latest_ns = max(self._echoes.latest_ns, int(batch.time.max()))
        for protocol in ("icmp", "icmpv6"):
            table = walk.table(protocol)
            if table is not None:
                mine = table.take(chosen[table["row"]])
                self._echoes.update(batch, protocol, mine)
                self._errors(batch, protocol, mine, walk, streams)
        faults = sum(times for (_, fault), times in walk.faults.items() if fault not in SNAP_LENGTH_FAULTS)
        if faults != self._faults:
            self._faults = faults
            self._locate_faults(batch, walk, chosen)

    def _errors(self, batch: Batch, protocol: str, table: Table, walk: Walk, streams: Streams) -> None:
        own = (table["quoted"] == 0) & (table["carries"] >= 0)
        both = table["type"].astype(np.int64) << 8 | table["code"]
        found: dict[tuple[str, str], list[int]] = {}
        for pair in sorted(set(both[own].tolist())):
            name = ICMP_ERRORS.get((protocol, pair >> 8))
            if name is not None:
                why = reason(protocol, pair >> 8, pair & 0xFF)
                found.setdefault(("packet_too_big", "") if why == TOO_BIG else (name, why), []).append(pair)
        for (name, why), pairs in found.items():
            mine = own & np.isin(both, pairs)
            if name == "packet_too_big":
                self._note_mtu(batch, protocol, table.take(mine))
            rows = table["row"][mine]
            for transport, stream in streams.items():
                quoted = walk.table(transport)
                if quoted is not None and len(rows):
                    rows = self._quoted(batch, (name, why), rows, transport, quoted, stream)
            self._icmp.setdefault((name, why, ""), Evidence()).add(batch.number[rows])

    def _quoted(self, batch: Batch, what: tuple[str, str], rows: Column, transport: str, quoted: Table, stream: Column) -> Column:
        """Count the errors among `rows` that quote a stream of this protocol; the others are returned."""
        mine = (quoted["quoted"] == 1) & (stream >= 0) & np.isin(quoted["row"], rows)
        frames = batch.number[quoted["row"][mine]]
        self._icmp.setdefault((*what, transport), Evidence()).add(frames, stream[mine])
        if transport == "tcp":
            self.undeliverable.add("looped" if what[0] == "time_exceeded" else what[1], stream[mine], frames)
        if transport == "tcp" and what[0] == "packet_too_big":
            fresh = set(stream[mine].tolist()) - self.too_big
            self._too_big_forgotten += max(0, len(self.too_big) + len(fresh) - MAX_TOO_BIG)
            self.too_big.update(sorted(fresh)[: MAX_TOO_BIG - len(self.too_big)])
        return rows[~np.isin(rows, quoted["row"][mine])]

    def _note_mtu(self, batch: Batch, protocol: str, table: Table) -> None:
        """The smallest MTU that a router named; old ones name none."""
        at = table["at"][table["end"] - table["at"] >= SHORTEST].astype(np.int64)
        octets = batch.data[at[:, None] + np.arange(MTU, SHORTEST)].astype(np.int64)
        if protocol == "icmp":
            octets[:, :2] = 0
        named = octets @ (1 << np.arange(24, -8, -8))
        if named.any():
            least = int(named[named > 0].min())
            self._mtu = min(self._mtu or least, least)

    def _locate_faults(self, batch: Batch, walk: Walk, chosen: Column) -> None:
        for group in walk.groups:
            columns = group.columns
            fault = columns["fault"]
            for value in np.flatnonzero(np.bincount(fault)).tolist():
                key = (group.dissector.NAME, value)
                if value in SNAP_LENGTH_FAULTS:
                    continue
                mine = (fault == value) & (columns["quoted"] == 0) & chosen[columns["row"]]
                rows = sorted(set(columns["row"][mine].tolist()))
                if rows and key not in self._malformed and len(self._malformed) >= MAX_MALFORMED:
                    self._malformed_forgotten += len(rows)
                elif rows:
                    self._malformed.setdefault(key, Evidence()).add(batch.number[rows])

    def findings(self, walk: Walk, fragments: Reassembler) -> Iterator[Finding]:
        """What was found."""
        for (name, why, transport), evidence in self._icmp.items():
            if evidence:
                said: dict[str, int | str] = {"reason": why} if why else {}
                if name == "packet_too_big" and self._mtu:
                    said["mtu"] = self._mtu
                yield evidence.finding(name, ICMP_SEVERITY[name], transport, said)
        yield from self._echoes.findings()
        yield from self._arp.findings(self.claims.addresses)
        for (protocol, fault), evidence in self._malformed.items():
            values: dict[str, int | str] = {"protocol": protocol, "fault": Fault(fault).name.lower()}
            yield evidence.finding("malformed", Severity.WARNING, values=values)
        if walk.too_deep:
            yield Finding("too_deep", Severity.NOTE, walk.too_deep)
        for address in self.claims.conflicting[:MAX_CONFLICTS]:
            claimed = self.claims.addresses[address].frames
            macs: dict[str, int | str] = {"address": address, "macs": ", ".join(claimed)}
            if self.claims.addresses[address].more:
                macs["more"] = 1
            yield Finding("address_conflict", Severity.PROBLEM, len(claimed), tuple(sorted(claimed.values())), values=macs)
        if fragments.incomplete + fragments.abandoned:
            missing = fragments.incomplete + fragments.abandoned
            frames = tuple(dict.fromkeys(fragments.missed()))
            yield Finding("fragments_missing", Severity.WARNING, missing, frames, values={"completed": fragments.completed})
        if fragments.disagreeing:
            yield Finding("fragments_disagree", Severity.PROBLEM, fragments.disagreeing, tuple(sorted(set(fragments.conflicts))))

    @property
    def streams_forgotten(self) -> int:
        """ICMP errors about streams that had no room."""
        return sum(evidence.streams_forgotten for evidence in self._icmp.values())

    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        return {
            "ARP claim": self.claims.forgotten,
            "ARP request": self._arp.forgotten,
            "echo request or reply": self._echoes.forgotten,
            "connection that an ICMP error is about": self.undeliverable.forgotten + self._too_big_forgotten,
            "address conflict": max(0, len(self.claims.conflicting) - MAX_CONFLICTS),
            "malformed header": self._malformed_forgotten,
        }
