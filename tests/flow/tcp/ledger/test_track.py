"""The kernel that writes the log: compiled and interpreted agree, on packets that make sense and on others."""

from __future__ import annotations

import random

import numpy as np
import pytest

from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger import log as log_module
from analyzer.flow.tcp.ledger import track as compiled
from analyzer.flow.tcp.ledger.log import Log
from analyzer.flow.tcp.ledger.record import BLOCKS, Pool, Record
from tests.flow.tcp.ladder import Segment
from tests.flow.tcp.ledger.logged import BUDGET, analyzed, of_batch
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp
from tests.interpreted import interpreted

EDGES = (0, 1, 100, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def packets(chance: random.Random, count: int) -> list[Segment]:
    """Segments of a few connections with numbers at every edge and options that lie."""
    made = []
    for i in range(count):
        options: dict[str, object] = {"win": chance.randrange(3), "sport": 40001 + chance.randrange(2), "dport": 80}
        sender = chance.choice("cs")
        if sender == "s":
            options["sport"], options["dport"] = options["dport"], options["sport"]
        flags = chance.choice(("A", "A", "A", "S", "SA", "FA", "R", "RA", "-"))
        if chance.random() < 0.5:
            options["len"] = chance.choice((1, 10, 100))
        if chance.random() < 0.4:
            options["sack"] = [(chance.choice(EDGES), chance.choice(EDGES)) for _ in range(chance.randrange(5))]
        if chance.random() < 0.4 and len(options.get("sack", ())) < 4:  # type: ignore[arg-type]
            options["ts"] = (chance.choice(EDGES), chance.choice(EDGES))
        if chance.random() < 0.2:
            options["caplen"] = chance.randrange(14, 120)
        elif chance.random() < 0.1:
            options["doff"] = chance.randrange(16)
        if chance.random() < 0.2:
            options["ipid"] = chance.choice((0, 1, 256, 65535))
        base = chance.choice(EDGES)
        seq, ack = (base + chance.randrange(300)) & 0xFFFFFFFF, (chance.choice(EDGES) + chance.randrange(300)) & 0xFFFFFFFF
        made.append(Segment(i * 1_000_000, sender, flags, seq, ack, options))
    return made


def state(log: Log) -> list[list[object]]:
    """Everything that the kernel writes."""
    used = log._records[: int(log._pool[Pool.FRESH])]
    return [used.tolist(), log._pool.tolist(), log.sides.array.tolist(), log.connections.array.tolist()]


def written(segments: list[Segment], monkeypatch: pytest.MonkeyPatch, kernel: object) -> list[list[object]]:
    monkeypatch.setattr(log_module, "track", kernel)
    analysis = TcpAnalysis()
    log = Log(analysis.slots, analysis.conversations, BUDGET)
    for number, made in enumerate(analyzed(analysis, segments, 16)):
        log.append(*made)
        if number % 3 == 2:
            for slot in log.logged().tolist():
                log.cut(slot, min(3, len(log.trace(slot, over=True))), 1)
    return state(log)


@pytest.mark.parametrize("seed", range(40))
def test_modes_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = packets(random.Random(seed), 64)
    assert written(segments, monkeypatch, compiled) == written(segments, monkeypatch, interpreted(compiled.__name__))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_comes(seed: int) -> None:
    """Traces can be made: offsets fit each other, blocks belong to packets with an acknowledgment, all packets are there."""
    analysis = TcpAnalysis()
    log = Log(analysis.slots, analysis.conversations, BUDGET)
    shown = 0
    for made in analyzed(analysis, packets(random.Random(seed), 64), 20):
        log.append(*made)
    for slot in log.logged().tolist():
        trace = log.trace(slot, over=True)
        shown += len(trace)
        assert (np.diff(trace.frame) > 0).all()
        assert (trace.length >= 0).all()
        assert (trace.end - trace.start == trace.length + (trace.flags & 2 != 0) + (trace.flags & 1 != 0)).all()
        assert (np.diff(trace.sack_row) >= 0).all()
        assert np.isin(trace.sack_row, np.flatnonzero(trace.flags & 16)).all()
        assert (trace.sack_to > trace.sack_from).all()
        assert len(trace.sack_row) <= BLOCKS * len(trace)
    assert shown <= 64
    assert int(log._pool[Pool.USED]) == int(log.sizes(log.logged()).sum())


class TestSackOption:
    @staticmethod
    def blocks(options: bytes) -> list[tuple[int, int]]:
        data = ethernet(ipv4(tcp(b"x" * 1000, 0x10, 1, 1), 6))
        ack = ethernet(ipv4(tcp(b"", 0x10, 1, 101, options), 6, "10.0.0.2", "10.0.0.1"))
        swapped = bytearray(ack)
        swapped[34:38] = data[36:38] + data[34:36]
        analysis = TcpAnalysis()
        log = Log(analysis.slots, analysis.conversations, BUDGET)
        log.append(*of_batch(analysis, batch_of([data, bytes(swapped)])))
        (slot,) = log.logged().tolist()
        trace = log.trace(slot, over=True)
        return list(zip(trace.sack_from.tolist(), trace.sack_to.tolist(), strict=True))

    @staticmethod
    def edges(*numbers: int) -> bytes:
        return b"".join(number.to_bytes(4, "big") for number in numbers)

    def test_plain(self) -> None:
        assert self.blocks(b"\1\1\5\12" + self.edges(201, 301)) == [(200, 300)]

    def test_length_lies(self) -> None:
        """Longer than the header, or than blocks are: no SACK."""
        assert self.blocks(b"\1\1\5\42" + self.edges(201, 301)) == []
        assert self.blocks(b"\1\1\5\6" + self.edges(201, 301)) == []
        assert self.blocks(b"\1\1\5\1" + self.edges(201, 301)) == []

    def test_behind_other_options(self) -> None:
        assert self.blocks(b"\375\4zz\5\12" + self.edges(201, 301) + b"\1\1") == [(200, 300)]

    def test_empty_and_reversed_blocks(self) -> None:
        """An empty one is none; one that runs backwards is a very long one, as RFC 2018 numbers go round."""
        assert self.blocks(b"\1\1\5\12" + self.edges(301, 301)) == []
        assert self.blocks(b"\1\1\5\22" + self.edges(301, 301, 201, 301)) == [(200, 300)]


def test_ipv6_and_headless() -> None:
    """An acknowledgment alone begins a connection, in IPv6 too."""
    frames = [ethernet(ipv6(tcp(b"", 0x10, 77, 1000 + i), 6), 0x86DD) for i in (0, 5, 4)]
    analysis = TcpAnalysis()
    log = Log(analysis.slots, analysis.conversations, BUDGET)
    log.append(*of_batch(analysis, batch_of(frames)))
    trace = log.trace(0, over=True)
    assert trace.start.tolist() == [0, 0, 0]
    assert trace.acked.tolist() == [0, 5, 4]
    assert log._records.shape[1] == len(Record)
