"""What is found in captures that show one thing each, and how grave it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyzer.batch import Interface
from analyzer.capture.facts import Loss, Losses
from analyzer.capture.reader import open_capture
from analyzer.fault import Fault
from analyzer.finding import Finding, Severity
from analyzer.flow.findings import Findings, capture, connections
from analyzer.flow.findings.capture import drops
from analyzer.flow.findings.evidence import MAX_FRAMES, Evidence
from analyzer.pipeline import Pipeline
from tests.flow.findings.batches import found
from tests.frames import batch_of, ethernet, ipv4, tcp, udp

PCAPS = Path(__file__).parents[3] / "pcaps"


def found_in(path: Path) -> dict[str, Finding]:
    with open_capture(path) as reader:
        pipeline = Pipeline(reader)
        findings = Findings()
        for dissection in pipeline:
            findings.update(dissection.batch, pipeline.walk, pipeline.tcp, pipeline.udp)
        found = findings.all(pipeline.walk, pipeline.fragments, pipeline.tcp, pipeline.udp, reader.interfaces, reader.damage)
    assert [one.severity for one in found] == sorted((one.severity for one in found), reverse=True)
    return {one.kind: one for one in found}


@pytest.mark.parametrize(
    ("name", "kind", "count", "frames"),
    [
        ("tcp/refused.pcap", "refused", 1, (2,)),
        ("recorded/refused.pcap", "refused", 1, (2,)),
        ("tcp/aborted.pcap", "aborted", 1, (6,)),
        ("tcp/syn_unanswered.pcap", "unanswered", 1, (1,)),
        ("tcp/syn_lost.pcap", "connect_repeated", 1, (1,)),
        ("tcp/fast_retransmission.pcap", "retransmission", 1, (14,)),
        ("tcp/duplicate_acks.pcap", "duplicate_ack", 10, tuple(range(7, 17))),
        ("tcp/capture_loss.pcap", "ack_lost_segment", 3, (6, 7, 9)),
        ("tcp/zero_window.pcap", "zero_window", 3, (6, 8, 10)),
        ("tcp/window_full.pcap", "window_full", 2, (6, 9)),
        ("tcp/out_of_order.pcap", "out_of_order", 1, (7,)),
        ("tcp/keep_alive.pcap", "keep_alive", 2, (6, 8)),
        ("tcp/port_reuse.pcap", "reused_ports", 1, (8,)),
        ("tcp/mid_stream.pcap", "mid_capture", 1, (1,)),
        ("tcp/clock_steps_back.pcap", "clock_set_back", 1, (5,)),
        ("tcp/icmp_quotes_stream.pcap", "unreachable", 1, (7,)),
        ("tcp/icmp_quotes_stream.pcap", "packet_too_big", 1, (5,)),
        ("link/arp_conflict.pcap", "address_conflict", 2, (2, 3)),
        ("network/fragments_incomplete.pcap", "fragments_missing", 2, (1, 2, 3)),
        ("network/fragments_overlapping.pcap", "fragments_disagree", 1, (5,)),
        ("network/offload.pcap", "offload", 3, (6, 8, 10)),
        ("network/snap_length_54.pcap", "cut_frames", 4, (1, 2, 4, 5)),
        ("network/icmp.pcap", "redirected", 1, (8,)),
        ("network/icmp.pcap", "time_exceeded", 1, (6,)),
        ("container/pcapng_far_times.pcapng", "unreadable_time", 1, (4,)),
        ("container/pcapng_every_block.pcapng", "interface_drops", 3, ()),
        ("container/cut_in_data.pcap", "damage", 1, ()),
    ],
)
def test_one_thing(name: str, kind: str, count: int, frames: tuple[int, ...]) -> None:
    finding = found_in(PCAPS / name)[kind]
    assert (finding.count, finding.frames) == (count, frames)


@pytest.mark.parametrize("name", ("clean_session", "ipv6_session", "sequence_wrap", "mptcp", "fast_open", "half_closed"))
def test_nothing_is_wrong(name: str) -> None:
    assert not found_in(PCAPS / f"tcp/{name}.pcap")


def test_quoted_headers_are_not_malformed() -> None:
    assert "malformed" not in found_in(PCAPS / "tcp/icmp_quotes_stream.pcap")
    assert "malformed" in found_in(PCAPS / "network/ipv4_broken.pcap")


def test_streams_of_errors() -> None:
    finding = found_in(PCAPS / "tcp/icmp_quotes_stream.pcap")["packet_too_big"]
    assert (finding.protocol, finding.streams) == ("tcp", (0,))


SYN = ethernet(ipv4(tcp(flags=0x02, seq=99, ack=0), 6))


def test_a_syn_just_before_the_end_says_nothing() -> None:
    late = ethernet(ipv4(udp()))
    assert "unanswered" not in found([SYN, late], [0, connections.PATIENCE_NS - 1])
    assert "unanswered" in found([SYN, late], [0, connections.PATIENCE_NS])


def test_one_side_only() -> None:
    frames = [ethernet(ipv4(tcp(b"x", seq=i), 6)) for i in range(connections.ONE_SIDED)]
    assert found(frames)["one_sided"].severity is Severity.WARNING
    assert "one_sided" not in found(frames[1:])


def test_few_retransmissions_are_no_problem() -> None:
    data = [ethernet(ipv4(tcp(b"x" * 10, seq=1 + 10 * i), 6)) for i in range(20)]
    times = [i * 1_000_000_000 for i in range(60)]
    assert found([*data, *data[:9]], times[:29])["retransmission"].severity is Severity.WARNING
    assert found([*data, *data[:10]], times[:30])["retransmission"].severity is Severity.PROBLEM


def test_only_selected_frames_count() -> None:
    data = [ethernet(ipv4(tcp(b"x" * 10, seq=1 + 10 * i), 6)) for i in range(4)]
    times = [i * 1_000_000_000 for i in range(8)]
    everything = [*data, *data]
    assert found(everything, times)["retransmission"].frames == (5, 6, 7, 8)
    assert found(everything, times, [1, 6])["retransmission"].frames == (6,)
    assert not found(everything, times, [])


def test_small_steps_back_are_normal() -> None:
    frames = [ethernet(ipv4(udp()))] * 3
    assert "clock_set_back" not in found(frames, [capture.CLOCK_STEP_NS, 1, 2])
    assert found(frames, [capture.CLOCK_STEP_NS + 1, 1, 2])["clock_set_back"].frames == (2,)


def test_bad_times_are_not_compared() -> None:
    batch = batch_of([ethernet(ipv4(udp()))] * 3, times=[1 << 60, 5, 6])
    batch.fault[0] = Fault.TIMESTAMP
    findings = capture.CaptureFindings()
    findings.update(batch, None, np.ones(3, bool))
    assert [one.kind for one in findings.findings(3, ())] == ["unreadable_time"]


def test_evidence_is_bounded() -> None:
    evidence = Evidence()
    for first in range(1, 1001, 10):
        evidence.add(np.repeat(np.arange(first, first + 10), 2), np.arange(20))
    assert evidence.count == 2000
    assert evidence.frames == list(range(1, MAX_FRAMES + 1))
    assert len(evidence.finding("x", Severity.NOTE).streams) == 20


def test_drops_are_told_once_and_where() -> None:
    interfaces = [Interface(1, name="eth0", statistics={"os_dropped": 9}), Interface(1), Interface(1, statistics={"dropped": 2})]
    losses = Losses()
    for frame, interface, dropped in ((4, 0, 3), (7, 1, 5), (9, 0, 4)):
        losses.add(Loss(0, frame, dropped, 0, 0, interface))
    told = [(one.count, one.frames, one.values["interface"]) for one in drops(interfaces, losses)]
    assert told == [(9, (4, 9), "eth0"), (5, (7,), "interface 1"), (2, (), "interface 2")]
    interfaces[2].file = 1
    assert all(not one.frames for one in drops(interfaces, losses)), "a frame has another number where files are merged"
