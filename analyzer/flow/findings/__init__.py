"""Everything that is wrong with a capture or with the traffic in it, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from analyzer.batch import Batch, Column, Interface
from analyzer.capture.damage import Damage
from analyzer.capture.facts import Losses
from analyzer.dissect.walk import Walk
from analyzer.finding import Finding, Severity
from analyzer.flow.chosen import Chosen
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.fragments import Reassembler
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.verdict import NAMES
from analyzer.flow.udp import UdpConversations

from .capture import CaptureFindings
from .checksums import Checksums
from .clock import ClockJumps
from .connections import Connections
from .evidence import Evidence
from .ledger import LedgerFindings
from .limits import evictions, forgotten
from .network import NetworkFindings
from .resets import Resets
from .tcp import verdict_findings, whole_capture


class Findings:
    """Call `update` after each batch went through dissection and analysis; `all` at any time."""

    def __init__(self) -> None:
        self._capture = CaptureFindings()
        self._checksums = Checksums()
        self._clock = ClockJumps()
        self._network = NetworkFindings()
        self._packets = self._tcp_packets = 0
        self.chosen = Chosen()
        self._resets = Resets()
        self._connections = Connections(
            self._resets, self._network.undeliverable, lambda streams: self.chosen.among("tcp", streams)
        )
        self._verdicts: list[Evidence] = [Evidence() for _ in NAMES]

    def update(self, batch: Batch, walk: Walk, tcp: TcpAnalysis, udp: UdpConversations, chosen: Column | None = None) -> None:
        """Look at one batch, or at the `chosen` ones of its frames."""
        selected = np.ones(len(batch), bool) if chosen is None else chosen
        self._packets += int(np.count_nonzero(selected))
        if len(batch):
            self._connections.end_ns = max(self._connections.end_ns, int(batch.time.max()))
        self._connections.watch(tcp)
        self._capture.update(batch, walk.table("ip"), selected)
        self.chosen.update(walk, tcp.facts, udp.facts, chosen)
        streams = {}
        for protocol, facts in (("tcp", tcp.facts), ("udp", udp.facts)):
            table = walk.table(protocol)
            if table is None:
                continue
            streams[protocol] = facts[Fact.STREAM]
            if protocol == "tcp":
                mine = selected[table["row"]]
                self._tcp_packets += int(np.count_nonzero(mine & (facts[Fact.SIZE] >= 0)))
                if chosen is not None:
                    self._count_verdicts(facts, mine)
                self._resets.update(batch, table, facts, selected)
                self._checksums.update(batch, table, facts, selected)
                self._clock.update(table, facts)
        self._network.update(batch, walk, streams, selected)

    def _count_verdicts(self, facts: Facts, mine: Column) -> None:
        flagged = np.flatnonzero(mine & (facts[Fact.VERDICT] != 0))
        verdict, frame, stream = (facts[fact][flagged] for fact in (Fact.VERDICT, Fact.FRAME, Fact.STREAM))
        for bit, evidence in enumerate(self._verdicts):
            those = verdict >> bit & 1 == 1
            if those.any():
                evidence.add(frame[those], stream[those])

    def all(
        self,
        walk: Walk,
        fragments: Reassembler,
        tcp: TcpAnalysis,
        udp: UdpConversations,
        interfaces: Iterable[Interface] = (),
        damage: Iterable[Damage] = (),
        dropped: Mapping[str, int] | None = None,
        others: Iterable[Finding] = (),
        ledger: LedgerFindings | None = None,
        losses: Losses | None = None,
    ) -> list[Finding]:
        """By severity, then by the share of what they could have hit.

        Interfaces, damage, `dropped` and losses are the reader's; `others` are findings that were made elsewhere.
        """
        found = [
            *(
                Finding(
                    "damage",
                    Severity.PROBLEM,
                    1,
                    values={"file": one.file, "frame": one.frame, "offset": one.offset, "reason": one.reason},
                )
                for one in damage
            ),
            *self._connections.findings(tcp),
            *self._resets.findings(),
            *(() if ledger is None else ledger.findings(self._tcp_packets, self._network.too_big)),
            *self._tcp_verdicts(tcp, ledger),
            *self._network.findings(walk, fragments),
            *self._capture.findings(self._packets, interfaces, losses),
            *self._checksums.findings(),
            *self._clock.findings(),
            *others,
        ]
        evicted = list(evictions(tcp, udp, self._connections.unknown))
        if evicted:  # later packets of those look like connections without a handshake
            found = [one for one in found if one.kind != "mid_capture"]
        streams = sum(evidence.streams_forgotten for evidence in self._verdicts)
        streams += self._network.streams_forgotten + self._resets.streams_forgotten
        streams += 0 if ledger is None else ledger.streams_forgotten
        more = {
            **self._network.forgotten(),
            **({} if ledger is None else ledger.forgotten),
            "connection reset": self._resets.forgotten,
            "reset to compare with the packets of its sender": self._resets.not_compared,
            "server of a connection": self._connections.servers_forgotten,
            "stream of a finding": streams,
            "selected conversation": self.chosen.forgotten,
            "pause in the clock of the capture": self._clock.pauses_left_out,
        }
        found += [*evicted, *forgotten(walk, fragments, tcp, dropped or {}, more)]
        return sorted(found, key=lambda one: (-one.severity, -self._share(one)))

    def _tcp_verdicts(self, tcp: TcpAnalysis, ledger: LedgerFindings | None) -> Iterator[Finding]:
        more = None if ledger is None else ledger.beside()
        whole = self.chosen.streams is None
        found = whole_capture(tcp.conversations) if whole else dict(zip(NAMES, self._verdicts, strict=True))
        return verdict_findings(found, self._tcp_packets, ledger is not None, more)

    def _share(self, finding: Finding) -> float:
        """Of the packets or connections that could have had it; the capture's damage comes before all others."""
        if finding.kind == "damage":
            return 2.0
        of = finding.values.get("of", self._packets)
        return finding.count / max(int(of), 1)
