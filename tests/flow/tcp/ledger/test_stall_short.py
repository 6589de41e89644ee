"""Stalls that are about as short as the clocks can tell."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.flow.tcp.ledger.stall import stalls
from analyzer.flow.tcp.ledger.stall_record import TOLD_NS
from tests.flow.tcp.ledger.test_stall_rows import LOSS, SENDER
from tests.flow.tcp.ledger.traces import traces

REFERENCE = os.environ.get("ANALYZER_REFERENCE")


@pytest.mark.skipif(REFERENCE is None, reason="ANALYZER_REFERENCE is not set")
@pytest.mark.parametrize("point", "AB")
def test_a_stall_on_a_local_network_lasts_some_time(point: str) -> None:
    (made,) = traces(Path(REFERENCE or "", "tcp-lab", f"s26_lan_reorder.{point}.pcap"))
    (stall,) = judge(made).stalls
    assert stall.duration_ns is not None and 50_000 < stall.duration_ns < 300_000
    assert all(
        hole.filled_ns is not None and stall.start_ns <= hole.filled_ns <= stall.start_ns + 300_000 for hole in stall.holes
    )


def test_only_what_lasts_longer_than_a_batch_is_sure() -> None:
    (stall,) = stalls(LOSS, SENDER)
    assert stall.sure
    assert replace(stall, end_ns=None).sure
    assert replace(stall, end_ns=stall.start_ns + TOLD_NS).sure
    assert not replace(stall, end_ns=stall.start_ns + TOLD_NS - 1).sure
