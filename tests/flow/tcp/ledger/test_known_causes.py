"""Scenarios of which it is known what happened (ladders/z.txt), from the frames to the verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from analyzer.flow.tcp.ledger.ledger import judge
from tests.flow.tcp.ladder import Ladder, parse
from tests.flow.tcp.ledger.logged import traces_of
from tests.flow.tcp.ledger.path import told

LADDERS: Final = {ladder.name: ladder for ladder in parse(Path(__file__).parents[1] / "ladders" / "z.txt")}
KNOWN: Final[dict[str, dict[int, str]]] = {
    "z01_reorder_ipid_ts": {5: "gap_open reordering", 6: "reordered"},
    "z02_reorder_after_2dup_20ms": {5: "gap_open reordering", 11: "reordered"},
    "z03_late_original_after_retrans": {5: "gap_open reordering", 6: "retransmission rto premature", 8: "late_original"},
    "z04_network_duplicate": {7: "network_duplicate"},
    "z05_capture_duplicate": {5: "capture_duplicate", 7: "capture_duplicate"},
    "z06_fast_retransmit_sender": {14: "retransmission fast_retransmit needed lost_downstream"},
    "z07_fast_retransmit_rack_1sack": {9: "retransmission fast_retransmit needed lost_downstream"},
    "z08_fast_retransmit_long_rtt_receiver": {
        5: "gap_open lost_upstream",
        11: "retransmission fast_retransmit needed lost_upstream",
    },
    "z09_tlp": {7: "retransmission tlp needed lost_downstream"},
    "z10_rto_backoff": dict.fromkeys((6, 7, 8), "retransmission rto needed lost_downstream"),
    "z11_rto_spurious_eifel": {6: "retransmission rto needless"},
    "z12_keepalive_vs_lost_byte": {5: "retransmission tlp needed lost_downstream", 7: "keep_alive"},
    "z13_capture_loss": {5: "gap_open capture_loss"},
    "z14_upstream_loss": {5: "gap_open lost_upstream", 7: "retransmission fast_retransmit needed lost_upstream"},
    "z15_go_back_n": {8: "retransmission rto needed lost_downstream"}
    | dict.fromkeys((10, 11, 14), "retransmission rto_recovery needed lost_downstream"),
    "z16_gso_partial": {7: "retransmission fast_retransmit needed lost_downstream"},
}


def test_all_are_told() -> None:
    assert set(KNOWN) == set(LADDERS)


def said(ladder: Ladder) -> dict[int, str]:
    (trace,) = traces_of(ladder.segments)
    return told(judge(trace))


@pytest.mark.parametrize("name", KNOWN)
def test_known_cause(name: str) -> None:
    assert said(LADDERS[name]) == KNOWN[name]


def test_a_byte_by_a_probe_or_by_the_timer() -> None:
    """One byte, one in flight: probe and timer come after the same time, and both words are right."""
    assert said(LADDERS["z12_keepalive_vs_lost_byte"])[5].split()[1] in ("tlp", "rto")
