"""Round trips of the handshake, and how long it took to connect."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.flow.tcp.ledger.opening import NO_OPENING, Opening, opening
from analyzer.flow.tcp.ledger.position import position
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.traces import traces

REFERENCE = os.environ.get("ANALYZER_REFERENCE")
MS = 1_000_000


def found(*ladder: str, client: int = 0) -> Opening:
    made = trace(*ladder, client=client)
    return opening(made, position(made))


def times(*milliseconds: float | None) -> Opening:
    return Opening(*(None if value is None else round(value * MS) for value in milliseconds))


def test_plain() -> None:
    assert found("0 c S", "20 s SA", "20.5 c A") == times(20, 0.5, 20.5)
    assert found("0 c S", "20 s SA", "20.5 c A").rtt_ns == 20_500_000


def test_not_captured() -> None:
    assert found("0 c PA 0+10", "20 s A ack 10") == NO_OPENING
    assert found("0 c S", "1000 c S") == NO_OPENING
    assert found("0 c S", "20 s RA ack 0") == NO_OPENING
    assert found("0 c S", "20 s SA") == times(20, None, None)
    assert found("20 s SA", "20.5 c A") == times(None, 0.5, None)


def test_syn_repeated() -> None:
    """The user waited 1.02 s; the round trip is 20 ms."""
    assert found("0 c S ts 1/0", "1000 c S ts 1001/0", "1020 s SA ts 9/1001", "1021 c A ts 1021/9") == times(20, 1, 1021)
    assert found("0 c S", "1000 c S", "1020 s SA", "1021 c A") == times(None, 1, 1021)
    ladder = ("0 c S", "1000 c S", "1030 s SA", "1031 c A", "1031 c PA 0+10", "1051 s A ack 10")
    assert found(*ladder) == times(30, 1, 1031), "the second one had time to arrive, the ack of the data says"


def test_linux_echoes_the_first_syn() -> None:
    ladder = ("0 c S ts 1/0", "1000 c S ts 1001/0", "1030 s SA ts 9/1", "1031 c A ts 1031/9")
    assert found(*ladder) == times(None, 1, 1031)
    assert found(*ladder, "1031 c PA 0+10 ts 1031/9", "1051 s A ack 10 ts 30/1031") == times(30, 1, 1031)


def test_answer_to_the_first_of_two() -> None:
    """The second SYN left 5 ms before the answer to the first came: 700 ms is what it took."""
    ladder = ("0 c S ts 1/0", "695 c S ts 696/0", "700 s SA ts 9/1", "701 c A ts 702/9", "701 c PA 0+10 ts 702/9")
    assert found(*ladder, "1301 s A ack 10 ts 300/702") == times(700, 1, 701)


def test_too_late_to_be_told_from_a_repeated_answer() -> None:
    ladder = ("0 c S ts 1/0", "1015 c S ts 1016/0", "1020 s SA ts 9/1", "1021 c A ts 1022/9", "1021 c PA 0+10 ts 1022/9")
    assert found(*ladder, "1041 s A ack 10 ts 300/1022") == times(None, 1, 1021)


def test_synack_repeated() -> None:
    assert found("0 c S", "1 s SA ts 5/1", "1001 s SA ts 1005/1", "1021 c A ts 7/1005") == times(1, 20, 1021)
    assert found("0 c S", "1 s SA", "1001 s SA", "1021 c A") == times(1, None, 1021)


def test_data_with_the_ack_and_fast_open() -> None:
    assert found("0 c S", "20 s SA", "21 c PA 0+10") == times(20, 1, 21)
    assert found("0 c S -1+10", "20 s SA ack 10", "21 c A") == times(20, 1, 21)


def test_the_client_is_the_other_one() -> None:
    assert found("0 s S", "20 c SA", "20.5 s A", client=1) == times(20, 0.5, 20.5)


def test_clock_set_back() -> None:
    assert found("100 c S", "20 s SA", "20.5 c A") == times(None, 0.5, None)


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set")
@pytest.mark.parametrize(
    ("name", "rtt", "connect"),  # ms, measured by hand in the captures
    [
        ("s00_clean.A", 20.718, 20.718),
        ("s10_syn_lost.A", 36.127, 1066.694),  # the second SYN is answered
        ("s11_synack_lost.A", 64.124, 1087.091),  # the same, by a SYN/ACK that echoes the first
        ("s11_synack_lost.B", 36.096, 1044.014),  # the second SYN/ACK is answered
        ("s12_ack3_lost.A", 20.687, 20.687),
        ("s12_ack3_lost.B", 80.094, 1091.829),
    ],
)
def test_real_handshakes(name: str, rtt: float, connect: float) -> None:
    (made,) = traces(Path(REFERENCE or "", "tcp-lab", f"{name}.pcap"))
    result = opening(made, position(made))
    assert result.rtt_ns == pytest.approx(rtt * MS, abs=1500)
    assert result.connect_ns == pytest.approx(connect * MS, abs=1500)
