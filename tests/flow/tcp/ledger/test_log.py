"""The log of packets: chains of records in one pool, and what a connection's trace is made of."""

from __future__ import annotations

import random

import numpy as np
import pytest

from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger import log as module
from analyzer.flow.tcp.ledger.log import Log
from analyzer.flow.tcp.ledger.record import LedgerSlot, Pool, Trouble
from analyzer.flow.tcp.ledger.trace import NO_ACK, NONE, Trace
from tests.flow.tcp.ladder import Segment, batch
from tests.flow.tcp.ledger.logged import BUDGET, analyzed, log_of, of_batch, traces_of
from tests.frames import batch_of, ethernet, ipv6, tcp

MS = 1_000_000
CLIENT, SERVER = 1_000, 5_000


def ladder(*lines: str, client: int = CLIENT, server: int = SERVER, port: int = 40001) -> list[Segment]:
    """Segments: ms, sender, flags, offset/ack, then len N, sack A-B,C-D, win N, ts A/B, ipid N; 0 is the byte behind the SYN."""
    made = []
    for line in lines:
        words = line.split()
        seq, ack = map(int, words[3].split("/"))
        mine, other = (client, server) if words[1] == "c" else (server, client)
        options: dict[str, object] = {"sport" if words[1] == "c" else "dport": port, "win": 500}
        options |= {"dport" if words[1] == "c" else "sport": 80}
        for name, value in zip(words[4::2], words[5::2], strict=True):
            if name == "sack":
                blocks = [tuple(int(edge) for edge in block.split("-")) for block in value.split(",")]
                options[name] = [tuple(edge + other + 1 & 0xFFFFFFFF for edge in block) for block in blocks]
            else:
                options[name] = tuple(map(int, value.split("/"))) if name == "ts" else int(value)
        seq, ack = (seq + mine + 1) & 0xFFFFFFFF, (ack + other + 1) & 0xFFFFFFFF
        made.append(Segment(round(float(words[0]) * MS), words[1], words[2], seq, ack, options))
    return made


HELLO = ("0 c S -1/-1", "10 s SA -1/0", "20 c A 0/0")
SOME = (
    *HELLO,
    "30 c PA 0/0 len 100",
    "40 s A 0/100",
    "50 c A 200/0 len 100",
    "60 s A 0/100 sack 200-300",
    "70 c A 100/0 len 100",
    "80 s FA 0/300",
)


def columns(trace: Trace) -> dict[str, list[int]]:
    arrays = {name: getattr(trace, name) for name in Trace.__slots__ if name != "columns"}
    return {name: array.tolist() for name, array in arrays.items() if isinstance(array, np.ndarray)}


def only(*lines: str, **numbers: int) -> Trace:
    (trace,) = traces_of(ladder(*lines, **numbers))
    return trace


class TestTrace:
    def test_offsets(self) -> None:
        trace = only(*SOME)
        assert trace.start.tolist() == [-1, -1, 0, 0, 0, 200, 0, 100, 0]
        assert trace.end.tolist() == [0, 0, 0, 100, 0, 300, 0, 200, 1]
        assert trace.acked.tolist() == [NO_ACK, 0, 0, 0, 100, 0, 100, 0, 300]
        assert trace.direction.tolist() == [0, 1, 0, 0, 1, 0, 1, 0, 1]
        assert trace.client == 0
        assert trace.frame.tolist() == list(range(1, 10))

    def test_another_number_for_the_same_connection(self) -> None:
        """A server that has forgotten the first SYN answers the second one with a new sequence number."""
        trace = only(
            *("0 c S -1/-1", "5 c S -1/-1", "10 s SA -1/0", "20 c A 0/0", "25 s SA 1230913352/0"),
            *("30 c PA 0/0 len 100", "40 s PA 0/100 len 50"),
        )
        assert trace.start.tolist() == [-1, -1, -1, 0, -1, 0, 0]
        assert trace.end.tolist() == [0, 0, 0, 0, 0, 100, 50]

    def test_sack_blocks(self) -> None:
        trace = only(
            *HELLO, "30 c A 0/0 len 900", "40 s A 0/100 sack 300-400,200-250", "41 c A 900/0", "50 s A 0/100 sack 300-500"
        )
        assert (trace.sack_row.tolist(), trace.sack_from.tolist(), trace.sack_to.tolist()) == (
            [4, 4, 6],
            [300, 200, 300],
            [400, 250, 500],
        )

    def test_four_blocks(self) -> None:
        blocks = "100-110,200-210,300-310,400-410"
        trace = only(*HELLO, "30 c A 0/0 len 900", f"40 s A 0/0 sack {blocks}")
        assert list(zip(trace.sack_from.tolist(), trace.sack_to.tolist(), strict=True)) == [
            (100, 110),
            (200, 210),
            (300, 310),
            (400, 410),
        ]

    def test_sequence_numbers_wrap(self) -> None:
        """The same columns, wherever the numbers begin."""
        plain = columns(only(*SOME))
        for client, server in (((1 << 32) - 150, 7), (5, (1 << 32) - 1), ((1 << 31) - 100, (1 << 32) - 60)):
            assert columns(only(*SOME, client=client, server=server)) == plain

    def test_many_gigabytes(self) -> None:
        """Offsets have 64 bits."""
        step = 1 << 30
        trace = only(*HELLO, *(f"{30 + i} c A {i * step}/0 len 10" for i in range(12)))
        assert trace.start.tolist()[3:] == [i * step for i in range(12)]

    def test_begins_in_the_middle(self) -> None:
        """Counted from the first byte seen, and from the first one acknowledged of the other side."""
        trace = only("0 c A 5000/7000 len 10", "1 s A 7000/5010", "2 s A 7000/5010 len 5", "3 c A 4900/7000 len 10")
        assert trace.start.tolist() == [0, 0, 0, -100]
        assert trace.acked.tolist() == [0, 10, 10, 0]
        assert trace.sack is None

    def test_what_is_absent(self) -> None:
        trace = only(*SOME)
        assert set(trace.tsval.tolist()) == {NONE}
        stamped = only("0 c S -1/-1 ts 7/0", "1 s SA -1/0 ts 0/7")
        assert (stamped.tsval.tolist(), stamped.tsecr.tolist()) == ([7, 0], [0, 7])

    def test_sack_permitted(self) -> None:
        segments = ladder(*HELLO)
        assert traces_of(segments)[0].sack is False
        for segment in segments[:2]:
            segment.options["sackok"] = True
        assert traces_of(segments)[0].sack is True
        assert traces_of(segments[:1])[0].sack is None
        assert traces_of(segments[1:])[0].sack is None

    def test_ipv6(self) -> None:
        """No identification; the hop limit is the TTL."""
        frames = [ethernet(ipv6(tcp(b"x" * 10, 0x18, 1 + 10 * i), 6), 0x86DD) for i in range(3)]
        analysis = TcpAnalysis()
        log = Log(analysis.slots, analysis.conversations, BUDGET)
        log.append(*of_batch(analysis, batch_of(frames)))
        trace = log.trace(int(log.logged()[0]), over=True)
        assert trace.start.tolist() == [0, 10, 20]
        assert trace.ip_id.tolist() == [NONE] * 3
        assert set(trace.ttl.tolist()) == {frames[0][21]}

    def test_identification_and_hops(self) -> None:
        trace = only("0 c A 0/0 len 5 ipid 0 ttl 3", "1 c A 5/0 len 5 ipid 65535 ttl 255")
        assert (trace.ip_id.tolist(), trace.ttl.tolist()) == ([0, 65535], [3, 255])

    def test_links_differ_by_tag(self) -> None:
        trace = only("0 c A 0/0 len 5", "1 c A 5/0 len 5", "2 c A 10/0 len 5 vlan 7")
        first, second, tagged = trace.link.tolist()
        assert first == second != tagged


class TestBatches:
    @pytest.mark.parametrize("rows", [1, 2, 3, 5])
    def test_any_size_gives_the_same(self, rows: int) -> None:
        segments = ladder(*SOME)
        assert columns(traces_of(segments, rows)[0]) == columns(traces_of(segments)[0])

    def test_connections_are_apart(self) -> None:
        one, other = ladder(*SOME), ladder(*SOME, port=40002, client=77)
        mixed = [segment for pair in zip(one, other, strict=True) for segment in pair]
        for trace in traces_of(mixed, 4):
            found = columns(trace)
            found.pop("frame"), found.pop("ip_id")
            alone = columns(traces_of(one)[0])
            alone.pop("frame"), alone.pop("ip_id")
            assert found == alone


class TestCut:
    MANY = (*HELLO, "30 c A 0/0 len 900", *(f"{40 + i} s A 0/0 sack {100 + i}-{200 + i}" for i in range(9)), "60 s A 0/900")

    def cut(self, packets: int, reported: int) -> tuple[Trace, Trace, Log]:
        log = log_of(ladder(*self.MANY))
        slot = int(log.logged()[0])
        whole = log.trace(slot, over=True)
        log.cut(slot, packets, reported)
        return whole, log.trace(slot, over=True), log

    @pytest.mark.parametrize("packets", range(1, 15))
    def test_the_latest_stay_with_their_blocks(self, packets: int) -> None:
        whole, kept, _ = self.cut(packets, 1)
        rows = np.arange(len(whole) - packets, len(whole))
        expected = whole.take(rows)
        assert columns(kept) == columns(expected)
        assert kept.reported == 1

    def test_nothing_stays(self) -> None:
        _, kept, log = self.cut(0, 0)
        assert len(kept) == 0
        assert log.logged().tolist() == []
        assert log.horizon() is None

    def test_more_than_there_are(self) -> None:
        """Nothing of a connection is kept that is asked to keep more than it has."""
        whole, kept, _ = self.cut(14, 3)
        assert len(whole) == len(kept) == 14

    def test_records_are_used_again(self) -> None:
        analysis = TcpAnalysis()
        log = Log(analysis.slots, analysis.conversations, BUDGET)
        fresh = set()
        for turn in range(20):
            for made in analyzed(analysis, ladder(*self.MANY)):
                log.append(*made)
            slot = int(log.logged()[-1])
            log.cut(slot, 2, 2)
            if turn > 1:
                fresh.add(int(log._pool[Pool.FRESH]))
        assert len(fresh) == 1, "no more records than one turn needs"

    def test_goes_on_behind_a_cut(self) -> None:
        segments = ladder(*self.MANY)
        whole = traces_of(segments)[0]
        analysis = TcpAnalysis()
        log = Log(analysis.slots, analysis.conversations, BUDGET)
        for first in range(0, len(segments), 4):
            log.append(*of_batch(analysis, batch(segments[first : first + 4], first)))
            if first == 4:
                log.cut(0, 3, 2)
        rows = np.arange(5, len(whole))
        assert columns(log.trace(0, over=True)) == columns(whole.take(rows))

    def test_horizon(self) -> None:
        """The first frame, of connections with trouble, that is still to be judged."""
        _, _, log = self.cut(5, 2)
        assert log.horizon() == 14 - 5 + 2 + 1
        _, _, log = self.cut(5, 5)
        assert log.horizon() is None
        log = log_of(ladder(*HELLO))
        assert log.horizon() is None

    def test_horizon_behind_everything_judged(self) -> None:
        _, _, log = self.cut(5, 5)
        log.connections.array[0, LedgerSlot.TROUBLE] |= Trouble.DISORDER
        assert log.horizon() is None


class TestBudget:
    def test_crowded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "LEAST_RECORDS", 20)
        log = log_of(ladder(*TestCut.MANY), budget=0)
        assert log.crowded(0)
        log.cut(0, 1, 0)
        assert not log.crowded((20 - 1) // module.PER_PACKET)
        assert log.crowded((20 - 1) // module.PER_PACKET + 1)

    def test_clear(self) -> None:
        log = log_of(ladder(*SOME))
        log.clear()
        assert log.logged().tolist() == []
        assert not log.crowded(0)


class TestTrouble:
    """Without any, nobody has to look at a connection."""

    @staticmethod
    def of(*lines: str) -> int:
        log = log_of(ladder(*lines))
        return int(log.trouble(log.logged())[0])

    QUIET = (
        *HELLO,
        "30 c A 0/0 len 100 ipid 9",
        "40 s A 0/100",
        "50 s A 0/100 len 7",
        "60 c A 100/7",
        "70 c FA 100/7",
        "80 s FA 7/101",
        "90 c A 101/8",
    )

    def test_none(self) -> None:
        assert self.of(*self.QUIET) & ~Trouble.PASSED_IDS == 0

    def test_each(self) -> None:
        data = (*HELLO, "30 c A 0/0 len 100", "30.1 c A 100/0 len 100")
        assert self.of(*data, "31 c A 0/0 len 100") & Trouble.DISORDER
        assert self.of(*data, "31 c A 300/0 len 100") & Trouble.DISORDER
        assert self.of(*data, "40 s A 0/100", "41 s A 0/100") & Trouble.REPEATED_ACK
        assert not self.of(*data, "40 s A 0/200", "41 s A 0/200") & Trouble.REPEATED_ACK
        assert self.of(*data, "40 s A 0/100 sack 150-200") & Trouble.SACK

    def test_identifications_of_one_connection(self) -> None:
        counted = [f"{30 + i} c A {i}/0 len 1 ipid {200 + i}" for i in range(12)]
        skipped = [*counted, "50 c A 12/0 len 1 ipid 215"]
        assert not self.of(*counted) & Trouble.PASSED_IDS
        assert self.of(*skipped) & Trouble.PASSED_IDS

    def test_identifications_of_a_host(self) -> None:
        """Others count with it: a step of a few says nothing."""
        chance = random.Random(1)
        numbers = np.cumsum([chance.choice((1, 2, 3, 7)) for _ in range(40)]).tolist()
        assert (
            not self.of(*(f"{30 + i} c A {i}/0 len 1 ipid {200 + number}" for i, number in enumerate(numbers)))
            & Trouble.PASSED_IDS
        )
