"""The stages composed: capture -> dissect -> flow, one batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.batch import Batch, Table
from analyzer.capture.reader import Reader
from analyzer.dissect.walk import Walk
from analyzer.flow import routed
from analyzer.flow.fact import Facts
from analyzer.flow.fragments import Reassembler
from analyzer.flow.slots import DEFAULT_BUDGET
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.preferences import Preferences
from analyzer.flow.udp import UdpConversations

UDP_SHARE = 4  #: one part in so many of the memory for conversations is for UDP


@dataclass(slots=True)
class Dissection:
    """One batch with all that is known of its frames; valid until the next one is asked for."""

    batch: Batch
    walk: Walk  #: its tables hold every header of the batch
    tcp: Table | None  #: every TCP header
    tcp_facts: Facts | None  #: what the analysis says of each of them, in the same order
    udp: Table | None
    udp_facts: Facts | None


class Pipeline:
    """Reads a capture once. The state of the stages (conversations, counters) can be read at any time, and after the end."""

    def __init__(self, reader: Reader, preferences: Preferences | None = None, budget: int = DEFAULT_BUDGET) -> None:
        self.reader = reader
        self.walk = Walk()
        self.fragments = Reassembler()
        self.tcp = TcpAnalysis(preferences, budget - budget // UDP_SHARE)
        self.udp = UdpConversations(budget // UDP_SHARE)

    def __iter__(self) -> Iterator[Dissection]:
        for batch in self.reader:
            self.walk.batch(batch)
            self.fragments.update(batch, self.walk)
            routed.substitute(batch, self.walk)
            tcp, udp = self.walk.table("tcp"), self.walk.table("udp")
            tcp_facts = None if tcp is None else self.tcp.update(batch, tcp)
            udp_facts = None if udp is None else self.udp.update(batch, udp)
            yield Dissection(batch, self.walk, tcp, tcp_facts, udp, udp_facts)
