"""Sentences about losses and stalls."""

from __future__ import annotations

import pytest

from analyzer.finding import Finding, Severity
from analyzer.report.wording import sentence

STALL: dict[str, int | str] = {
    "stream": 4, "direction": "server", "bytes_held": 14_000, "duration_ns": 212_000_000, "total_ns": 400_000_000,
    "hole_count": 1, "missing_bytes": 1448, "cause": "rto", "need": "needed", "victim_count": 1, "victim_protocol": "http",
}  # fmt: skip


def said(kind: str, count: int, **values: int | str) -> str:
    return sentence(Finding(kind, Severity.WARNING, count, (1,), "tcp", (0,), {"of": 100, **values}))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "server's 14.0 kB answer waited 212 ms behind one lost segment, repaired by timeout"),
        ({"victim_count": 3}, "server's 14.0 kB (3 answers) waited 212 ms behind one lost segment, repaired by timeout"),
        (
            {"victim_count": 0, "victim_protocol": "", "hole_count": 5, "missing_bytes": 7240, "cause": "fast_recovery"},
            "server's 14.0 kB of data waited 212 ms behind 5 lost segments, repaired in fast recovery",
        ),
        (
            {"direction": "client", "victim_protocol": "dns", "victim_count": 2, "cause": "reordering", "need": ""},
            "client's 14.0 kB (2 queries) waited 212 ms behind one late segment",
        ),
        ({"victim_bytes": 60_000}, "stall: 14.0 kB of server's answer waited 212 ms behind one lost segment"),
        ({"victim_bytes": 15_000}, "stall: server's 14.0 kB answer waited 212 ms behind one lost segment"),
        ({"missing_bytes": 13_000, "need": "premature"}, "14.0 kB answer waited 212 ms behind late data of 13.0 kB, "),
        ({"duration_ns": -1, "cause": "unknown", "need": ""}, "answer still waited at the end behind one missing segment"),
        ({"victim_protocol": "several", "victim_count": 2}, "(2 messages)"),
    ],
)
def test_what_waited_for_what(changes: dict[str, int | str], text: str) -> None:
    assert text in said("head_of_line", 1, **STALL | changes)


def test_several_stalls() -> None:
    text = said("head_of_line", 12, **STALL)
    assert text.startswith("12 head-of-line stalls, 400 ms in all. The longest: server's 14.0 kB") and "(stream 4)" in text


@pytest.mark.parametrize(
    ("count", "values", "text"),
    [
        (1, {"fast": 1}, "1 TCP segment was lost and sent again (1 % of the TCP packets), by fast retransmit."),
        (2, {"timeout": 2, "upstream": 2}, "again (2 % of the TCP packets), all by timeout. Lost before the capture point."),
        (
            9,
            {"fast": 5, "probe": 2, "upstream": 4, "downstream": 3},
            ": 5 by fast retransmit, 2 by a tail loss probe and 2 for reasons that the capture does not show."
            " Lost before the capture point: 4, behind it: 3.",
        ),
        (3, {}, "3 TCP segments were lost and sent again (3 % of the TCP packets)."),
    ],
)
def test_losses(count: int, values: dict[str, int], text: str) -> None:
    assert said("loss", count, **values).endswith(text)


def test_needless_repeats() -> None:
    assert said("needless_retransmission", 1, had_arrived=1).endswith("needlessly: the original had arrived before.")
    assert said("needless_retransmission", 2, premature=2).endswith("needlessly: the originals came after all, only later.")
    mixed = said("needless_retransmission", 5, had_arrived=3, crossing=2)
    assert mixed.endswith("needlessly: of the originals 3 had arrived before and 2 had arrived, and the ACK was on its way.")


@pytest.mark.parametrize(
    ("count", "values", "text"),
    [
        (1, {"waited_ns": 45_400_000}, "a pause: it took 45.4 ms until a timer sent it again."),
        (
            1,
            {"waited_ns": 41_000_000, "at_least": 1},
            "it took at least 41.0 ms until a timer sent it again. The first copy had not",
        ),
        (
            3,
            {"waited_ns": 700_000_000, "longest_ns": 300_000_000, "at_least": 2},
            "That took at least 700 ms in all, 300 ms the longest. 2 first copies had not passed",
        ),
        (
            1,
            {"waited_ns": 9_210_000_000, "unanswered": 5},
            "The last data was sent again 5 times within 9.21 s and never answered.",
        ),
    ],
)
def test_waits_for_timers(count: int, values: dict[str, int], text: str) -> None:
    assert text in said("tail_loss", count, **values)


def test_windows() -> None:
    closed = said("window_closed", 1, waited_ns=2_210_000_000, longest_ns=2_210_000_000, asked=3)
    assert closed.startswith("A receiver's window closed once (zero window)")
    assert closed.endswith("The sender waited 2.21 s and asked 3 times whether it may go on.")
    assert said("window_closed", 2).count(".") == 1
    limited = said("window_limit", 12, waited_ns=575_000_000, longest_ns=361_000_000)
    assert limited == "A sender had to wait 12 times for room in the receiver's window, 575 ms in all, 361 ms the longest."


def test_keep_alives_by_evidence() -> None:
    assert said("keep_alive", 3, judged=1, asked=3).endswith("By all evidence that is 3 probes of a closed window.")
    assert said("keep_alive", 3, judged=1, kept_alive=3) == "Wireshark marks 3 keep-alives, on idle connections."
    assert said("keep_alive", 1, judged=1).endswith("By all evidence there is none.")
