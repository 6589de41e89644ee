"""The largest payloads and windows of both sides."""

from __future__ import annotations

from analyzer.flow.tcp.ledger.wait_extremes import NO_WINDOW, extremes
from tests.flow.tcp.ledger.making import trace


def of(*ladder: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    made = trace(*ladder)
    return extremes(made.packed())


def test_each_side() -> None:
    found = of("0 c PA 0+10 win 500", "1 s PA 0+30 win 900", "2 c PA 10+20 win 400", "3 s A win 100")
    assert found == ((2, 20, 900), (2, 30, 500))


def test_windows_of_syn_and_rst_are_no_offers() -> None:
    assert of("0 c S win 64000", "1 s RA win 9000") == ((1, 0, NO_WINDOW), (1, 0, NO_WINDOW))


def test_one_direction() -> None:
    assert of("0 c PA 0+10 win 7") == ((1, 10, NO_WINDOW), (0, 0, 7))
