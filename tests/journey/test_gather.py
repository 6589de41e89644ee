"""Connections out of their packets and messages: parts are joined, DNS is handed on, what there is no room for is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyzer.batch import BATCH_ROWS
from analyzer.capture.reader import open_capture
from analyzer.dissect.application.dns.message import DnsMessage
from analyzer.dissect.application.stream import Origin
from analyzer.dissect.walk import Walk
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.flow.tcp.ledger.log import Log
from analyzer.journey import gather, parts, payload
from analyzer.journey.connection import Connection
from analyzer.journey.gather import Gather
from analyzer.pipeline import Applications, Pipeline
from tests.flow.tcp.ledger.making import trace
from tests.frames import batch_of, ethernet, ipv4
from tests.frames import tcp as segment
from tests.journey.spoken import ENDS, Spoken, hello, server_hello

RECORDED = Path(__file__).parents[2] / "pcaps/recorded"


def gathered(
    name: str, rows: int = 8192, detail: bool = True, headers: bool = False, most_exchanges: int | None = None
) -> tuple[list[Connection], list[DnsMessage], Gather]:
    """What becomes of a recorded capture, in batches of so many frames."""
    given: list[Connection] = []
    asked: list[DnsMessage] = []
    made = Gather(given.append, detail, headers=headers, most_exchanges=most_exchanges)
    made.dns.append(asked.append)
    with open_capture(str(RECORDED / f"{name}.pcap"), rows=rows) as reader:
        pipeline = Pipeline(reader, applications=Applications(made.wanted), verdicts=made.verdicts)
        assert pipeline.messages is not None
        made.bind(pipeline.tcp, pipeline.messages.labels[0])
        for dissection in pipeline:
            made.update(dissection.batch)
        pipeline.close()
    return given, asked, made


def test_dns_is_handed_on() -> None:
    given, asked, _ = gathered("name_lookup")
    assert len(asked) == 4 and len(given) == 1
    assert [one.last.frame for one in asked if one.last is not None] == [1, 2, 3, 4]


def test_what_is_known_of_a_connection() -> None:
    (one, *_), _, _ = gathered("http_keep_alive", headers=True)
    assert (one.application, one.outcome, one.again) == ("http", "established", False)
    assert [exchange.status for exchange in one.exchanges][:3] == [200, 404, 200]
    assert one.exchanges[0].request_headers[0][0] == "Host"
    assert sum(wait.duration_ns for wait in one.waits) == one.last.time - one.first.time
    assert one.rtt_time is not None and one.rtt_ns is not None and len(one.rtt_ns) > 0
    assert (one.rtt_time[1:] >= one.rtt_time[:-1]).all()


def test_without_detail() -> None:
    (one, *_), _, _ = gathered("http_keep_alive", detail=False)
    assert (one.waits, one.rtt_ns, one.exchanges[0].request_headers) == ([], None, [])
    assert one.exchanges[0].status == 200


def test_parts_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    (whole, *_), _, _ = gathered("http_loss")
    monkeypatch.setattr(Log, "crowded", lambda self, rows, share=1: True)
    (one, *more), _, _ = gathered("http_loss", rows=30)
    assert not more, "one connection, however many parts it was judged in"
    assert one.first == whole.first and one.last == whole.last
    assert (one.data_client, one.data_server) == (whole.data_client, whole.data_server)
    assert [exchange.status for exchange in one.exchanges] == [exchange.status for exchange in whole.exchanges]
    assert (one.opened.syn, one.opened.ack, one.outcome) == (whole.opened.syn, whole.opened.ack, whole.outcome)
    assert sum(wait.duration_ns for wait in one.waits) == sum(wait.duration_ns for wait in whole.waits)


def test_a_later_part_of_what_was_over() -> None:
    made = Gather()
    begin, later = (judge(trace(*lines)) for lines in (("0 c S", "20 s SA", "20 c A"), ("90000 c PA 0+10",)))
    begin.ends = later.ends = ENDS
    first, second = made.judged(begin), made.judged(later)
    assert first is not None and second is not None
    assert (first.again, first.outcome, second.again, second.outcome) == (False, "established", True, "mid_capture")


@pytest.mark.parametrize(
    ("packets", "until", "heard", "spoke"),
    [
        ((), 900, False, 0),
        (("50 s A ack 100",), 900, True, 0),
        (("50 s A ack 99",), 900, False, 0),
        (("50 s PA 0+10 ack 100",), 900, True, 5),
        (("50 s A ack 100", "60 c A ack 10"), None, True, 0),
        (("50 s FA ack 100",), None, True, 0),
        (("50 c R",), None, False, 0),
    ],
    ids=["silence", "ack", "part of it", "data", "data that was not captured", "fin", "reset"],
)
def test_until_when_it_was_open(packets: tuple[str, ...], until: int | None, heard: bool, spoke: int) -> None:
    for ended in (True, False):
        made = Gather()
        made._latest_ns = 900
        if ended:
            made.end()
        judged = judge(trace("0 c S", "20 s SA", "20 c A", "21 c PA 0+100", *packets))
        judged.ends = ENDS
        one = made.judged(judged)
        assert one is not None
        assert (one.until_ns, one.heard, one.server_spoke) == (until if ended else None, heard, spoke)


def test_room_for_talks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_TALKS", 0)
    given, _, made = gathered("http_keep_alive")
    assert made.forgotten > 0
    assert all(exchange.method is None for one in given for exchange in one.exchanges)


def test_room_for_exchanges() -> None:
    (whole, *_), _, _ = gathered("http_keep_alive")
    (one, *_), _, _ = gathered("http_keep_alive", most_exchanges=2)
    assert len(one.exchanges) == 2
    assert one.forgotten == len(whole.exchanges) - 2 > 0


def test_room_for_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    (whole, *_), _, _ = gathered("http_loss")
    monkeypatch.setattr(parts, "MOST_WAITS", 3)
    (one, *_), _, _ = gathered("http_loss")
    assert one.forgotten_waits == len(whole.waits) - 3 > 0
    kept = sorted((wait.duration_ns for wait in whole.waits), reverse=True)[:3]
    assert sorted((wait.duration_ns for wait in one.waits), reverse=True) == kept
    assert [wait.start_ns for wait in one.waits] == sorted(wait.start_ns for wait in one.waits)


def test_room_for_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones, and the last of each side."""
    said = payload.payload(trace("0 c PA 0+10", "1 s PA 0+5", "2 c PA 10+10", "3 c PA 20+10", "4 s PA 5+5", "5 c PA 30+10"), 6)
    monkeypatch.setattr(payload, "MOST_SEGMENTS", 2)
    assert said.take(slice(0, 3)).join(said.take(slice(3, 6))).frame.tolist() == [1, 2, 5, 6]
    assert said.take(slice(0, 1)).join(said.take(slice(1, 2))).frame.tolist() == [1, 2]


def test_the_content_tells_who_is_the_client() -> None:
    """Where no SYN does."""
    hello_of_one = Spoken().send(21, "c", hello()).send(41, "s", server_hello()).connection()
    assert (hello_of_one.outcome, hello_of_one.client, hello_of_one.ends) == ("mid_capture", 0, ENDS)
    of_the_other = Spoken().send(21, "s", hello()).send(41, "c", server_hello()).connection()
    assert (of_the_other.outcome, of_the_other.client, of_the_other.ends) == ("mid_capture", 1, ENDS.turned())
    with_syn = Spoken().opened().send(21, "s", hello()).send(41, "c", server_hello()).connection()
    assert (with_syn.client, with_syn.ends) == (0, ENDS)


def test_what_is_known_of_those_who_left_is_forgotten() -> None:
    """Messages that came out too late for their connection are kept for nobody."""
    made = Gather()
    tcp = TcpAnalysis(budget=1)
    made.bind(tcp, None)
    walk = Walk()
    for first in range(0, 3 * tcp.slots.most, BATCH_ROWS):
        frames = [
            ethernet(ipv4(segment(), 6, f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")) for i in range(first, first + BATCH_ROWS)
        ]
        walk.batch(batch_of(frames))
        table = walk.table("tcp")
        assert table is not None
        tcp.update(batch_of(frames), table)
        for slot in tcp.slots.used().tolist():
            spoken = Spoken().send(0, "c", hello()).messages[0]
            spoken.origin = Origin("tcp", int(tcp.slots.numbers(np.array([slot]))[0]), ENDS.addresses, ENDS.ports, 0, slot)
            made.add(spoken)
            break
    assert tcp.slots.evicted
    assert set(made._talks) <= set(tcp.slots.numbers(tcp.slots.used()).tolist())
    late = Spoken().send(0, "c", hello()).messages[0]
    late.origin = Origin("tcp", 0, ENDS.addresses, ENDS.ports, 0, 0)
    made.add(late)
    assert 0 not in made._talks and not made.forgotten
    assert len(made._noted.array) == tcp.slots.capacity
