"""What is wrong below TCP: headers that contradict their frame, fragments, ICMP errors, addresses claimed twice.

- *malformed*: a header that is cut, or whose own lengths or version cannot be right, although the capture kept the bytes.
- *fragments*: datagrams of which not all fragments came within the timeout of reassembly; fragments that disagree about bytes.
- *ICMP errors*: a router or host could not deliver something. The quoted header says which conversation it belonged to.
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

from .evidence import Evidence

Streams = Mapping[str, Column]  #: "tcp" and "udp", where the batch has them

SNAP_LENGTH_FAULTS: Final = (Fault.NONE, Fault.SNAP_LENGTH)  #: faults that say nothing about the sender
MAX_CONFLICTS: Final = 20  #: conflicting addresses that become findings of their own
MAX_MALFORMED: Final = 64  #: kinds of malformed headers that are told apart

#: (protocol, type) -> what it means, for all codes but those of PACKET_TOO_BIG
ICMP_ERRORS: Final = {
    ("icmp", 3): "unreachable",
    ("icmp", 5): "redirected",
    ("icmp", 11): "time_exceeded",
    ("icmpv6", 1): "unreachable",
    ("icmpv6", 2): "packet_too_big",
    ("icmpv6", 3): "time_exceeded",
    ("icmpv6", 137): "redirected",
}
FRAGMENTATION_NEEDED: Final = ("icmp", 3, 4)  #: the IPv4 form of "packet too big" (RFC 1191)
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
        self._icmp: dict[tuple[str, str], Evidence] = {}

    def update(self, batch: Batch, walk: Walk, streams: Streams, chosen: Column) -> None:
        """Take the chosen frames of a walked batch; `streams` has the stream number of each row of a table."""
        arp = walk.table("arp")
        if arp is not None:
            self.claims.update(batch, arp.take(chosen[arp["row"]]))
        for protocol in ("icmp", "icmpv6"):
            table = walk.table(protocol)
            if table is not None:
                self._errors(batch, protocol, table.take(chosen[table["row"]]), walk, streams)
        faults = sum(times for (_, fault), times in walk.faults.items() if fault not in SNAP_LENGTH_FAULTS)
        if faults != self._faults:
            self._faults = faults
            self._locate_faults(batch, walk, chosen)

    def _errors(self, batch: Batch, protocol: str, table: Table, walk: Walk, streams: Streams) -> None:
        own = (table["quoted"] == 0) & (table["carries"] >= 0)
        for kind in sorted(set(table["type"][own].tolist())):
            meaning = ICMP_ERRORS.get((protocol, kind))
            if meaning is None:
                continue
            mine = own & (table["type"] == kind)
            too_big = mine & (table["code"] == FRAGMENTATION_NEEDED[2]) & ((protocol, kind) == FRAGMENTATION_NEEDED[:2])
            for rows, name in ((table["row"][mine & ~too_big], meaning), (table["row"][too_big], "packet_too_big")):
                for transport, stream in streams.items():
                    quoted = walk.table(transport)
                    if quoted is not None and len(rows):
                        rows = self._quoted(batch, name, rows, transport, quoted, stream)
                self._icmp.setdefault((name, ""), Evidence()).add(batch.number[rows])

    def _quoted(self, batch: Batch, name: str, rows: Column, transport: str, quoted: Table, stream: Column) -> Column:
        """Count the errors among `rows` that quote a stream of this protocol; the others are returned."""
        mine = (quoted["quoted"] == 1) & (stream >= 0) & np.isin(quoted["row"], rows)
        self._icmp.setdefault((name, transport), Evidence()).add(batch.number[quoted["row"][mine]], stream[mine])
        return rows[~np.isin(rows, quoted["row"][mine])]

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
        for (name, transport), evidence in self._icmp.items():
            if evidence:
                yield evidence.finding(name, ICMP_SEVERITY[name], transport)
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
            "address conflict": max(0, len(self.claims.conflicting) - MAX_CONFLICTS),
            "malformed header": self._malformed_forgotten,
        }
