"""Packets and bytes over time."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

import analyzer
from analyzer.api import Row
from analyzer.batch import Interface
from analyzer.capture.writer import Writer
from analyzer.flow.throughput import COUNTED, INTERVAL_KEYS, LADDER, ROWS, TooManyIntervals

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSSY = PCAPS / "recorded/http_lossy.pcap"
MS, SECOND, DAY = 10**6, 10**9, 86_400 * 10**9


def made(times: Sequence[int]) -> BytesIO:
    """A capture of frames of 60 bytes that belong to nobody."""
    target = BytesIO()
    with Writer(target) as writer:
        for time in times:
            writer.write(Interface(1), time, bytes(60))
    return BytesIO(target.getvalue())


def io(source: Path | BytesIO, interval_ns: int | None = None, **choice: str) -> list[Row]:
    with analyzer.open(source) as capture:
        return list(capture.io(interval_ns=interval_ns, **choice))  # type: ignore[arg-type]


def total(rows: list[Row], key: str) -> int:
    return sum(row[key] for row in rows)


@pytest.mark.parametrize("interval", (None, MS, 7 * MS, SECOND))
@pytest.mark.parametrize(
    "name", ("recorded/http_lossy.pcap", "tunnel/vxlan_loss.pcap", "recorded/slow_page.pcap", "link/arp_conflict.pcap")
)
def test_every_frame_counts_once(name: str, interval: int | None) -> None:
    rows = io(PCAPS / name, interval)
    with analyzer.open(PCAPS / name) as capture:
        lengths = [row["frame.len"] for row in capture.packets(["frame.len"])]
    assert sum(total(rows, f"packets_{side}") for side in ("client", "server", "other")) == len(lengths)
    assert sum(total(rows, f"bytes_{side}") for side in ("client", "server", "other")) == sum(lengths)
    assert all(tuple(row) == INTERVAL_KEYS for row in rows)


def test_the_directions_are_those_of_the_conversations() -> None:
    rows = io(LOSSY)
    with analyzer.open(LOSSY) as capture:
        (flow,) = capture.flows()
    for what in ("packets", "bytes", "payload"):
        for side in ("client", "server"):
            assert total(rows, f"{what}_{side}") == flow[f"{what}_{side}"] > 0
    assert total(rows, "packets_other") == 0
    with analyzer.open(LOSSY) as capture:
        again = "tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission"
        lengths = [row["tcp.len"] for row in capture.packets(["tcp.len"], again)]
    assert total(rows, "retransmitted_server") == sum(lengths) > 0 == total(rows, "retransmitted_client")


def test_a_tunnel_counts_by_what_is_in_it() -> None:
    rows = io(PCAPS / "tunnel/vxlan_loss.pcap")
    with analyzer.open(PCAPS / "tunnel/vxlan_loss.pcap") as capture:
        (flow,) = (flow for flow in capture.flows() if flow["protocol"] == "tcp")
    assert total(rows, "payload_server") == flow["payload_server"] > 0


def test_intervals_begin_at_the_first_frame_and_none_is_left_out() -> None:
    rows = io(made([5 * SECOND, 5 * SECOND + MS - 1, 5 * SECOND + MS, 5 * SECOND + 4 * MS]), MS)
    assert [row["start_ns"] for row in rows] == [5 * SECOND + i * MS for i in range(5)]
    assert [row["packets_other"] for row in rows] == [2, 1, 0, 0, 1]
    assert [row["bits_per_second_other"] for row in rows] == [960_000, 480_000, 0, 0, 480_000]
    assert all(rows[2][key] == 0 for key in COUNTED)


def test_a_frame_before_the_first_one() -> None:
    rows = io(made([5 * SECOND, 4 * SECOND]), SECOND)
    assert [(row["start_ns"], row["packets_other"]) for row in rows] == [(4 * SECOND, 1), (5 * SECOND, 1)]


@pytest.mark.parametrize("span", (0, 1, 999, 50 * MS, SECOND, 90 * SECOND, DAY, 20_000 * DAY))
def test_automatic_intervals_are_few(span: int) -> None:
    rows = io(made([SECOND + span * i // 3000 for i in range(3001)]))
    assert 1 <= len(rows) <= ROWS and rows[0]["interval_ns"] in LADDER
    assert total(rows, "packets_other") == 3001
    assert span < ROWS * LADDER[0] or len(rows) >= ROWS // 6


def test_each_step_of_the_ladder_is_a_multiple_of_the_one_before() -> None:
    assert all(second % first == 0 and second > first for first, second in pairwise(LADDER))


def test_too_many_intervals() -> None:
    with pytest.raises(TooManyIntervals, match="1,000,000"):
        io(made([0, 20 * 365 * DAY]), SECOND)


def test_a_selection() -> None:
    rows = io(LOSSY, MS, frames="4-6")
    assert sum(total(rows, f"packets_{side}") for side in ("client", "server", "other")) == 3
    assert io(LOSSY, MS, frames="900") == []


def test_frames_without_a_readable_time_do_not_count() -> None:
    rows = io(PCAPS / "container/pcapng_far_times.pcapng")
    assert sum(total(rows, f"packets_{side}") for side in ("client", "server", "other")) == 3
