"""Segments that are too big for the way, and losses that are only losses."""

from __future__ import annotations

import pytest

from analyzer.finding import Finding
from analyzer.flow.findings import path_mtu
from analyzer.flow.findings.ledger import LedgerFindings
from analyzer.flow.tcp.ledger.ledger import judge
from tests.flow.tcp.ledger.making import trace

OPEN = "0 c S\n 20 s SA\n 20 c A\n 21 c PA 0+300\n 41 s A ack 300\n"
LOST = "42 s A 0+1448\n 42 s A 1448+1448\n 42 s PA 2896+200\n 62 c A ack 0 sack 2896-3096\n 300 s A 0+1448\n 800 s A 0+1448\n"
ALIVE = "1000 c PA 300+1 ack 0\n"


def found(*ladder: str, told: bool = False) -> dict[str, Finding]:
    ledger = LedgerFindings()
    ledger.verdicts.judged(judge(trace(*ladder)))  # type: ignore[misc]
    findings = {finding.kind: finding for finding in ledger.findings(99, {0} if told else ())}
    return {kind: finding for kind, finding in findings.items() if kind.startswith("mtu_")}


def test_large_ones_never_pass() -> None:
    finding = found(OPEN, LOST, ALIVE)["mtu_black_hole"]
    assert (finding.count, finding.streams, finding.frames) == (1, (0,), (6, 10, 11))
    assert finding.values == {"copies": 3, "payload": 1448, "passed": 0}
    assert finding.cost_ns == 758_000_000


def test_smaller_ones_get_through_at_last() -> None:
    finding = found(OPEN, LOST, "1800 s A 0+512\n 1820 c A ack 512\n 1821 s A 512+512\n 1841 c A ack 1024\n")["mtu_black_hole"]
    assert finding.values == {"copies": 3, "payload": 1448, "passed": 512}
    assert finding.cost_ns == 1_778_000_000


def test_icmp_had_told() -> None:
    assert set(found(OPEN, LOST, ALIVE, told=True)) == {"mtu_ignored"}
    twice = "42 s A 0+1448\n 300 s A 0+1448\n"
    assert set(found(OPEN, twice, ALIVE, told=True)) == {"mtu_ignored"}
    assert not found(OPEN, twice, ALIVE)


HEEDED = "42 s A 0+1448\n 44 s A 0+1360\n 64 c A ack 1360\n"


@pytest.mark.parametrize(
    "ladder",
    [
        LOST + "820 c A ack 3096\n",  # the third copy arrived
        LOST,  # the other side is silent: it may be gone
        "42 s A 0+1448\n 62 c A ack 1448\n 63 s A 1448+1448\n 300 s A 1448+1448\n 800 s A 1448+1448\n 1000 c PA 300+1 ack 1448\n",
        "42 s A 0+200\n 300 s A 0+200\n 800 s A 0+200\n 1000 c PA 300+1 ack 0\n",  # no large one
        HEEDED,
    ],
)
def test_other_losses(ladder: str) -> None:
    assert not found(OPEN, ladder)


def test_heeding_icmp_is_no_fault() -> None:
    assert not found(OPEN, HEEDED, told=True)


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_mtu, "MAX_STUCK", 0)
    ledger = LedgerFindings()
    ledger.verdicts.judged(judge(trace(OPEN, LOST, ALIVE)))  # type: ignore[misc]
    assert ledger.forgotten == {"segment too big for the way": 1}
