"""What the summary says of losses, needless repeats, reordering and stalls, on small captures of one trouble each."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.capture.reader import open_capture
from analyzer.finding import Finding, Severity
from analyzer.flow.findings.ledger import LedgerFindings
from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.pipeline import EVERY_APPLICATION, Pipeline
from analyzer.report import wording
from tests.flow.tcp.ledger.making import trace

REFERENCE = os.environ.get("ANALYZER_REFERENCE")
needs_reference = pytest.mark.skipif(REFERENCE is None, reason="ANALYZER_REFERENCE is not set")
PCAPS = Path(__file__).parents[3] / "pcaps"
PACKETS = 1000


def reference(name: str) -> Path:
    return Path(REFERENCE or "", "tcp-lab", f"{name}.pcap")


def found(name: str, chosen: Callable[[int], bool] | None = None, packets: int = PACKETS) -> dict[str, Finding]:
    ledger = LedgerFindings()
    ledger.chosen = chosen
    with open_capture(str(PCAPS / name)) as reader:
        pipeline = Pipeline(reader, applications=EVERY_APPLICATION, verdicts=ledger.verdicts)
        for _ in pipeline:
            pass
        pipeline.close()
    findings = list(ledger.findings(packets))
    assert len({finding.kind for finding in findings}) == len(findings)
    return {finding.kind: finding for finding in findings}


def test_nothing_to_say_of_a_healthy_connection() -> None:
    assert found("tcp/clean_session.pcap") == {}


REPAIRS = ("fast", "timeout", "probe", "handshake")


@pytest.mark.parametrize(
    ("name", "repaired"),
    [("fast_retransmission", (1, 0, 0, 0)), ("timer_backoff", (0, 2, 1, 0)), ("tail_loss_probe", (0, 0, 1, 0))],
)
def test_losses_by_what_repaired_them(name: str, repaired: tuple[int, ...]) -> None:
    loss = found(f"tcp/{name}.pcap")["loss"]
    assert tuple(loss.values[one] for one in REPAIRS) == repaired
    assert loss.count == len(loss.frames) == sum(repaired)
    assert loss.streams == (0,) and loss.protocol == "tcp"


def test_a_timeout_is_a_warning_however_rare() -> None:
    assert found("tcp/timer_backoff.pcap", packets=1_000_000)["loss"].severity == Severity.WARNING
    assert found("tcp/fast_retransmission.pcap", packets=1_000_000)["loss"].severity == Severity.NOTE


def test_what_was_sent_again_for_nothing_is_no_loss() -> None:
    findings = found("tcp/spurious_retransmission.pcap")
    assert "loss" not in findings and findings["needless_retransmission"].count >= 1


def test_copies_are_neither() -> None:
    for name, kind in (("captured_twice", "captured_twice"), ("duplicated_by_network", "network_duplicate")):
        findings = found(f"tcp/{name}.pcap")
        assert kind in findings and not findings.keys() & {"loss", "needless_retransmission", "retransmission_unclear"}


def test_reordering() -> None:
    reordering = found("tcp/late_original.pcap")["reordering"]
    assert reordering.count >= 1 and int(reordering.values["latest_ns"]) > 0
    assert "late." in wording.sentence(reordering)


def test_the_longest_stall_in_one_sentence() -> None:
    stall = found("recorded/http_lossy.pcap")["head_of_line"]
    assert stall.count == 1
    said = "Head-of-line stall: 27.5 kB of server's answer waited 20.8 ms behind one lost segment, repaired by fast retransmit."
    assert wording.sentence(stall) == said


def test_only_what_is_selected() -> None:
    assert found("recorded/http_lossy.pcap", lambda frame: frame < 10) == {}
    assert found("recorded/http_lossy.pcap", lambda frame: frame == 57).keys() == {"loss", "head_of_line"}
    with_all = found("recorded/http_lossy.pcap", lambda frame: True)
    assert with_all == found("recorded/http_lossy.pcap")


def test_how_long_windows_were_closed() -> None:
    closed = found("recorded/zero_window.pcap")["window_closed"]
    assert 0 < int(closed.values["longest_ns"]) <= int(closed.values["waited_ns"])
    assert closed.count >= 1 and int(closed.values["asked"]) >= 1


@needs_reference
def test_a_repeat_that_was_never_seen_before_took_at_least_so_long() -> None:
    tail = found(str(reference("s18_single_lost.B")))["tail_loss"]
    assert tail.values["at_least"] == tail.count == 1
    assert "it took at least 41" in wording.sentence(tail)
    seen = found(str(reference("s18_single_lost.A")))["tail_loss"]
    assert seen.values["at_least"] == 0 and "it took 228 ms" in wording.sentence(seen)


@needs_reference
def test_one_source_for_counts_and_times() -> None:
    for point in "AB":
        findings = found(str(reference(f"s13_zero_window.{point}")))
        closed = findings["window_closed"]
        assert (closed.count, closed.values["asked"]) == (1, 3)
        assert "closed once" in wording.sentence(closed) and "asked 3 times" in wording.sentence(closed)


@needs_reference
@pytest.mark.parametrize("name", ["s06_reorder_2ms", "s07_reorder_15ms", "s24_reorder15_nots"])
def test_no_timer_where_acknowledgments_told(name: str) -> None:
    for point in "AB":
        assert "tail_loss" not in found(str(reference(f"{name}.{point}")))


@needs_reference
def test_both_ends_know_of_a_fin_that_was_lost() -> None:
    assert {found(str(reference(f"s25_fin_lost.{point}")))["tail_loss"].count for point in "AB"} == {1}


def test_data_that_was_never_answered() -> None:
    ledger = LedgerFindings()
    made = trace("0 c S\n 20 s SA\n 20 c A\n 20 c PA 0+500\n 260 c PA 0+500\n 740 c PA 0+500\n 1700 c PA 0+500\n")
    ledger.verdicts.judged(judge(made))  # type: ignore[misc]
    tail = {finding.kind: finding for finding in ledger.findings(7)}["tail_loss"]
    assert wording.sentence(tail) == "The last data was sent again 3 times within 1.68 s and never answered."


def test_a_window_that_is_full() -> None:
    limit = found("recorded/zero_window.pcap")["window_limit"]
    assert limit.cost_ns == limit.values["waited_ns"] and int(limit.cost_ns or 0) > 0


def test_what_losses_cost() -> None:
    findings = found("recorded/http_lossy.pcap")
    assert findings["head_of_line"].cost_ns == findings["head_of_line"].values["total_ns"]
    assert findings["loss"].cost_ns is None and findings["loss"].cost_bytes == 1448 * findings["loss"].count
    needless = found("tcp/spurious_retransmission.pcap")["needless_retransmission"]
    assert needless.cost_bytes and needless.cost_ns is None
