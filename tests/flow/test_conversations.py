"""Rows of conversations: who is the client, what is counted, how they end, and what the memory budget does to them."""

from __future__ import annotations

import pytest

from analyzer.batch import BATCH_ROWS
from analyzer.dissect.walk import Walk
from analyzer.flow.columns import Row, rows
from analyzer.flow.conversations import FRAMES_KEPT, Conversations, client_by_ports
from analyzer.flow.fact import Fact
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.events import events
from analyzer.flow.tcp.verdict import Verdict
from analyzer.flow.udp import UdpConversations
from tests.flow.tcp.ladder import EPOCH, Segment, batch
from tests.frames import batch_of, ethernet, ipv4, ipv6, udp

MS = 1_000_000


def segments(*lines: str) -> list[Segment]:
    """`ms sender flags seq/ack length`, with ports of the ladder."""
    made = []
    for line in lines:
        time, sender, flags, numbers, length = line.split()
        seq, ack = map(int, numbers.split("/"))
        options = {"win": 500} | ({"len": int(length)} if int(length) else {})
        made.append(Segment(int(time) * MS, sender, flags, seq, ack, options))
    return made


def analysed(given: list[Segment], analysis: TcpAnalysis | None = None, first: int = 0) -> TcpAnalysis:
    analysis = analysis or TcpAnalysis()
    walk = Walk()
    made = batch(given, first)
    walk.batch(made)
    table = walk.table("tcp")
    assert table is not None
    analysis.update(made, table)
    return analysis


def live(conversations: Conversations) -> list[Row]:
    return list(conversations.rows(conversations.slots.used()))


HANDSHAKE = ("0 c S 100/0 0", "1000 c S 100/0 0", "1020 s SA 500/101 0", "1025 c A 101/501 0")


def test_a_row_has_everything():
    analysis = analysed(
        segments(*HANDSHAKE, "1030 c PA 101/501 50", "1040 s A 501/151 0", "1050 s FA 501/151 0", "1060 c FA 151/502 0")
    )
    (row,) = live(analysis.conversations)
    assert row == {
        "protocol": "tcp", "stream": 0, "client": "10.0.0.1", "client_port": 40001, "server": "10.0.0.2", "server_port": 40002,
        "first_frame": 1, "last_frame": 8, "start_ns": EPOCH, "duration_ns": 1060 * MS,
        "packets_client": 5, "packets_server": 3, "bytes_client": 5 * 54 + 50, "bytes_server": 3 * 54,
        "payload_client": 50, "payload_server": 0,
        "retransmissions": 1, "duplicate_acks": 0, "out_of_order": 0, "lost_segments": 0, "zero_windows": 0,
        "initial_rtt_ns": 25 * MS, "syn_frame": 1, "synack_frame": 3, "ack_frame": 4, "syn_count": 2, "synack_count": 1,
        "connect_ns": 1025 * MS, "server_side_rtt_ns": 1020 * MS, "client_side_rtt_ns": 5 * MS, "state": "closed",
    }  # fmt: skip
    assert analysis.conversations.verdicts(0) == {"retransmission": (1, 0)}


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        ("syn-sent", HANDSHAKE[:2]),
        ("syn-received", HANDSHAKE[:3]),
        ("established", HANDSHAKE),
        ("half-closed", (*HANDSHAKE, "1030 c FA 101/501 0")),
        ("reset", (*HANDSHAKE, "1030 c FA 101/501 0", "1040 s R 501/0 0")),
        ("closed", (*HANDSHAKE, "1030 c FA 101/501 0", "1040 s FA 501/102 0", "1050 c R 102/0 0")),
        ("refused", (HANDSHAKE[0], "5 s RA 0/101 0")),
        ("reset", (HANDSHAKE[0], "5 c R 101/0 0")),
        ("mid-capture", ("0 s PA 1/1 9",)),
    ],
)
def test_states(state, lines):
    (row,) = live(analysed(segments(*lines)).conversations)
    assert row["state"] == state


def test_the_receiver_of_a_syn_ack_is_the_client():
    (row,) = live(analysed(segments("0 s SA 500/101 0", "1 c A 101/501 0")).conversations)
    assert (row["client"], row["syn_frame"], row["ack_frame"], row["connect_ns"]) == ("10.0.0.1", None, 2, None)


def test_an_ack_of_something_else_does_not_complete_the_handshake():
    (row,) = live(analysed(segments(*HANDSHAKE[:3], "1021 c A 101/77 0", "1022 c A 101/501 0")).conversations)
    assert row["ack_frame"] == 5


@pytest.mark.parametrize(
    ("first", "other", "client"),
    [(443, 50000, 1), (50000, 443, 0), (8080, 40000, 1), (53, 53, 0), (40000, 50000, 0), (67, 68, 0), (5000, 6000, 0)],
)
def test_client_by_ports(first, other, client):
    assert client_by_ports(first, other) == client


def test_a_quoted_header_is_no_packet():
    quoted = segments("0 c A 101/501 9")
    quoted[0].options["icmp"] = 40
    analysis = analysed(quoted)
    assert live(analysis.conversations) == []
    assert analysis.slots.count == 1
    analysed(segments("5 c A 101/501 9"), analysis, 1)
    (row,) = live(analysis.conversations)
    assert (row["stream"], row["first_frame"], row["packets_client"]) == (0, 2, 1)


def test_events_name_kind_and_direction():
    analysis = analysed(segments(*HANDSHAKE, "1030 s PA 501/101 50", "1300 s PA 501/101 50"))
    found = list(rows(events(analysis)))
    assert [(row["frame"], row["kind"], row["direction"]) for row in found] == [
        (2, "retransmission", "client"),
        (6, "retransmission", "server"),
    ]
    assert (found[1]["rto_ns"], found[1]["rto_frame"], found[1]["seq"], found[1]["len"]) == (270 * MS, 5, 1, 50)


def test_totals_keep_the_first_frames():
    repeated = segments("0 c A 1/1 9", *("9 c A 1/1 9" for _ in range(FRAMES_KEPT + 5)))
    count, frames = analysed(repeated).conversations.totals()["retransmission"]
    assert count == FRAMES_KEPT + 5
    assert frames == list(range(2, FRAMES_KEPT + 2))


def many(count: int, first: int = 0) -> list[Segment]:
    made = []
    for i in range(first, first + count):
        options = {"win": 500, "sport": i % 60000 + 1, "dst": f"10.9.{i // 60000}.1"}
        made.append(Segment(i * MS, "c", "S", 100, 0, options))
    return made


def test_the_budget_ends_the_longest_silent_conversations():
    analysis = TcpAnalysis(budget=1)
    most = analysis.slots.most
    for first in range(0, most + BATCH_ROWS, BATCH_ROWS):
        analysed(many(BATCH_ROWS, first), analysis, first)
    gone = [row for columns in analysis.conversations.gone() for row in rows(columns)]
    assert len(gone) == analysis.slots.evicted > 0
    assert [row["first_frame"] for row in gone] == list(range(1, len(gone) + 1))
    assert analysis.slots.capacity <= most
    assert [row["stream"] for row in live(analysis.conversations)] == list(range(len(gone), most + BATCH_ROWS))
    assert analysis.conversations.gone() == []
    late = analysed(many(1), analysis, most + BATCH_ROWS)
    assert late.facts[Fact.STREAM].tolist() == [most + BATCH_ROWS]
    assert len(late.conversations.biggest(5)) == 5


def test_those_seen_before_the_clock_was_set_back_go_first():
    analysis = TcpAnalysis(budget=1)
    ahead = 1_000_000
    analysed(many(BATCH_ROWS, ahead), analysis)
    for first in range(0, 3 * analysis.slots.most, BATCH_ROWS):
        analysed(many(BATCH_ROWS, first), analysis, BATCH_ROWS + first)
        gone = [row for columns in analysis.conversations.gone() for row in rows(columns)]
        if gone:
            break
    assert {row["stream"] for row in gone} <= set(range(BATCH_ROWS))


def test_verdicts_are_counted_beyond_31_bits():
    analysis = analysed(segments(*HANDSHAKE))
    counts, bit = analysis.conversations.accounts.verdicts.array, Verdict.RETRANSMISSION.bit_length() - 1
    counts[0, bit] += 1 << 31
    counts[1, bit] = 1 << 31
    before = live(analysis.conversations)[0]["retransmissions"]
    analysed(segments("2000 c S 100/0 0"), analysis, 4)
    assert before >= 1 << 31
    assert live(analysis.conversations)[0]["retransmissions"] >= before


def test_a_state_that_is_added_later_has_room():
    analysis = analysed(segments(*HANDSHAKE))
    state = State([7])
    analysis.slots.add(state)
    assert len(state.array) == analysis.slots.capacity
    assert (state.array == 7).all()


def test_conversations_whose_ports_were_used_again_go_first():
    analysis = TcpAnalysis(budget=1)
    first = 0
    while not analysis.slots.crowded(BATCH_ROWS):
        syns = [Segment((first + i) * MS, "c", "S", 100 + first + i, 0, {"win": 5}) for i in range(BATCH_ROWS)]
        analysed(syns, analysis, first)
        first += BATCH_ROWS
    analysed(segments(f"{first} c A 9/9 5"), analysis, first)
    analysed(syns, analysis, first + 1)
    assert analysis.slots.evicted == 0
    assert len(analysis.conversations.gone()) > 0


def udp_rows(frames: list[bytes]) -> list[dict]:
    walk, conversations = Walk(), UdpConversations()
    made = batch_of(frames)
    walk.batch(made)
    table = walk.table("udp")
    assert table is not None
    conversations.update(made, table)
    return live(conversations.conversations)


def test_udp():
    question = ethernet(ipv4(udp(b"x" * 30, 53, 4000)))
    answer = ethernet(ipv4(udp(b"y" * 9, 4000, 53), source="10.0.0.2", destination="10.0.0.1"))
    other = ethernet(ipv6(udp(b"z", 4000, 53)), 0x86DD)
    rows = udp_rows([question, answer, other, answer])
    assert [row["stream"] for row in rows] == [0, 1]
    assert rows[0] | {"start_ns": 0} == {
        "protocol": "udp", "stream": 0, "client": "10.0.0.2", "client_port": 4000, "server": "10.0.0.1", "server_port": 53,
        "first_frame": 1, "last_frame": 4, "start_ns": 0, "duration_ns": 3 * MS, "packets_client": 2, "packets_server": 1,
        "bytes_client": 2 * 51, "bytes_server": 72, "payload_client": 18, "payload_server": 30,
    }  # fmt: skip
    assert (rows[1]["client"], rows[1]["server"]) == ("2001:db8::1", "2001:db8::2")


def test_a_datagram_has_no_verdicts():
    accounts = UdpConversations().conversations.accounts
    assert sum(state.bytes_per_slot for state in accounts.states()) == 8 * (4 + 2 * 3)
    assert accounts.verdicts.bytes_per_slot == 0
    assert UdpConversations().facts.count <= Fact.VERDICT
