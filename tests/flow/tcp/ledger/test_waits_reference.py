"""Real stacks whose trouble was made on purpose, captured at the client (A) and at the server (B)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import Waits, waits
from tests.flow.tcp.ledger.traces import traces

REFERENCE = os.environ.get("ANALYZER_REFERENCE")
MS = 1_000_000

pytestmark = pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set")


def connection(name: str) -> Waits:
    [trace] = traces(Path(str(REFERENCE), "tcp-lab", f"{name}.pcap"))
    judged = judge(trace)
    return waits(judged.trace, judged.position, judged.stalls, judged.segments)


@pytest.mark.parametrize(
    ("name", "reason", "low", "high"),
    [
        ("s10_syn_lost.A", Reason.SYN_REPEAT, 1000, 1060),
        ("s11_synack_lost.A", Reason.SYN_REPEAT, 1000, 1060),
        ("s11_synack_lost.B", Reason.SYN_REPEAT, 1000, 1060),
        ("s12_ack3_lost.B", Reason.SYN_REPEAT, 1000, 1060),
        ("s13_zero_window.A", Reason.ZERO_WINDOW, 2200, 2215),
        ("s13_zero_window.B", Reason.ZERO_WINDOW, 2200, 2215),
        ("s13_zero_window.A", Reason.WINDOW_FULL, 400, 700),
        ("s13_zero_window.B", Reason.WINDOW_FULL, 400, 700),
        ("s02_drop_last.A", Reason.TAIL_LOSS, 285, 300),
        ("s02_drop_last.B", Reason.TAIL_LOSS, 200, 300),
        ("s29_wan_drop_last.A", Reason.TAIL_LOSS, 700, 740),
        ("s18_single_lost.A", Reason.TAIL_LOSS, 220, 250),
        ("s28_wan_drop5.A", Reason.HEAD_OF_LINE, 224, 225),
        ("s28_wan_drop5.B", Reason.HEAD_OF_LINE, 224, 225),
        ("s25_fin_lost.A", Reason.TAIL_LOSS, 225, 235),
        ("s25_fin_lost.A", Reason.CLOSE, 50, 60),
        ("s25_fin_lost.B", Reason.TAIL_LOSS, 40, 45),
        ("s05_delay_spike.A", Reason.TAIL_LOSS, 45, 46),
        ("s05_delay_spike.B", Reason.TAIL_LOSS, 0, 46),
        ("s15_onebyte_lost.B", Reason.TAIL_LOSS, 40, 244),
        ("s18_single_lost.B", Reason.TAIL_LOSS, 40, 230),
        ("s06_reorder_2ms.B", Reason.TAIL_LOSS, 0, 0),
        ("s07_reorder_15ms.B", Reason.TAIL_LOSS, 0, 0),
        ("s24_reorder15_nots.B", Reason.TAIL_LOSS, 0, 0),
    ],
)  # fmt: skip
def test_what_was_made_on_purpose(name: str, reason: Reason, low: int, high: int) -> None:
    assert low * MS <= connection(name).totals().get(reason, 0) <= high * MS


def test_trouble_is_named_only_where_it_was() -> None:
    """A clean connection waits for the way, for its two ends, and for nothing else."""
    ordinary = {
        Reason.CONNECT, Reason.CLOSE, Reason.ROUND_TRIP, Reason.TRANSFER, Reason.SLOW_START, Reason.CLIENT_IDLE,
        Reason.SERVER_THINKING, Reason.UNANSWERED,
    }  # fmt: skip
    for point in "AB":
        assert set(connection(f"s00_clean.{point}").totals()) <= ordinary


def test_keep_alives() -> None:
    """A connection that is only kept open is idle."""
    for point in "AB":
        assert 3200 * MS < connection(f"s14_keepalive.{point}").totals()[Reason.IDLE] < 3400 * MS


def test_both_points_agree() -> None:
    """What a loss cost does not depend on where the capture was taken, but for the half of a way."""
    for path in sorted(Path(str(REFERENCE), "tcp-lab").glob("*.A.pcap")):
        name = path.name.removesuffix(".A.pcap")
        here, there = (connection(f"{name}.{point}").totals() for point in "AB")
        for reason in (Reason.ZERO_WINDOW, Reason.HEAD_OF_LINE):
            assert abs(here.get(reason, 0) - there.get(reason, 0)) < 25 * MS, (name, reason)
