"""The retransmission timeout (RFC 6298 section 2)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.flow.tcp.ledger.rto import FIRST_NS, MOST_NS, Estimator, rto, smoothed
from tests.interpreted import interpreted

MS = 1_000_000


def test_before_any_sample() -> None:
    assert Estimator().rto_ns == FIRST_NS == 1_000 * MS


def test_by_hand() -> None:
    estimator = Estimator()
    estimator.add(100 * MS)
    assert (estimator.srtt_ns, estimator.rttvar_ns, estimator.rto_ns) == (100 * MS, 50 * MS, 300 * MS)
    estimator.add(180 * MS)  # RTTVAR = 3/4 * 50 + 1/4 * 80, SRTT = 7/8 * 100 + 1/8 * 180
    assert (estimator.srtt_ns, estimator.rttvar_ns, estimator.rto_ns) == (110 * MS, 57_500_000, 340 * MS)


def test_limits() -> None:
    assert rto(20 * MS, 1 * MS) == 220 * MS
    assert rto(100_000 * MS, 50_000 * MS) == MOST_NS


@given(st.lists(st.integers(0, 10**12), max_size=50))
def test_column_and_steps_agree(samples: list[int]) -> None:
    estimator = Estimator()
    expected = []
    for sample in samples:
        estimator.add(sample)
        expected.append((estimator.srtt_ns, estimator.rttvar_ns))
    column = np.array(samples, np.int64)
    for function in (smoothed, interpreted("analyzer.flow.tcp.ledger.rto").smoothed):
        assert list(zip(*(one.tolist() for one in function(column)), strict=True)) == expected
