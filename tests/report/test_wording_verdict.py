"""The whole capture in at most three sentences, for captures of several shapes."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.finding import Finding, Severity
from analyzer.report import wording
from analyzer.report.wording import verdict as module
from analyzer.report.wording.journeys import WHO
from analyzer.report.wording.verdict import verdict

MS = 1_000_000
REFUSED = Finding("refused", Severity.PROBLEM, 2, (2,), "tcp", (0,), {"servers": "10.0.0.2:80"})
EXPIRED = Finding("certificate_expired", Severity.PROBLEM, 1, values={"sender": "server", "ns": 10**15})
DAMAGE = Finding("damage", Severity.PROBLEM, 1, values={"file": "", "frame": 7, "reason": "cut short"})
REPEATED = Finding("connect_repeated", Severity.WARNING, 1, values={"longest_ns": 1_020 * MS}, cost_ns=1_000 * MS)
SLOW = Finding("dns_slow", Severity.WARNING, 1, values={"longest_ns": 300 * MS}, cost_ns=300 * MS)
NOTE = Finding("reused_ports", Severity.NOTE, 1)


def request(duration: int, outcome: str = "complete", **keys: Any) -> dict[str, Any]:
    row = {"kind": "request", "method": "GET", "host": "shop.example", "target": "/page", "outcome": outcome}
    return {**row, "duration_ns": duration * MS, **keys}


LOST_SYN = request(
    1_310,
    phases=[
        {"phase": "connect", "waited": {"loss_repair": 1_020 * MS, "network": 20 * MS}},
        {"phase": "wait", "waited": {"server": 250 * MS, "network": 20 * MS}},
    ],
    waited_loss_repair_ns=1_020 * MS,
    waited_server_ns=250 * MS,
    waited_network_ns=40 * MS,
)


def test_nothing_at_all() -> None:
    assert verdict([], [], []) == ["No problem was found."]
    assert verdict([NOTE], (), ()) == ["No problem was found."]


def test_only_failures() -> None:
    said = verdict([REFUSED], (), ())
    assert said[0] == wording.sentence(REFUSED)
    assert said[1].startswith("First: the host is up: ")
    assert len(said) == 2


def test_the_lowest_layer_is_named_first() -> None:
    said = verdict([EXPIRED, REFUSED], (), ())
    assert said[0] == f"2 problems, the first in the connection layer: {wording.sentence(REFUSED)}"
    assert said[-1].startswith("First: the host is up")


def test_what_was_lost_where_there_are_no_rows() -> None:
    said = verdict([SLOW, REPEATED], (), ())
    assert said[:2] == ["No problem was found.", "Finding 2 cost the most time: 1.00 s."]
    assert said[2].startswith("First: find where SYN or SYN/ACK gets lost: ")


def test_a_stall_is_mended_at_its_cause() -> None:
    stall = Finding("tail_loss", Severity.WARNING, 1, cost_ns=9)
    loss = Finding("loss", Severity.NOTE, 1)
    assert verdict([stall, loss], (), ())[-1] == f"First: find{wording.HINTS['loss'].advice[4:]}"
    assert verdict([stall, NOTE], (), ())[-1] == f"First: remove{wording.HINTS['tail_loss'].advice[6:]}"


def test_the_slowest_request() -> None:
    fast = request(10, waited_server_ns=8 * MS, waited_network_ns=2 * MS)
    said = verdict([REPEATED], [fast, LOST_SYN, fast], ())
    assert said == [
        "No failure was found.",
        "The slowest of 3 requests, GET shop.example/page, took 1.31 s; 1.02 s of it was a lost SYN or SYN/ACK; "
        "of 1.33 s in all, 1.02 s was repair of losses and 266 ms was time of the server.",
        "First: find the link that loses packets.",
    ]


def test_one_request() -> None:
    slow = request(90, phases=[{"phase": "wait", "waited": {"server": 80 * MS, "network": 10 * MS}}], waited_server_ns=80 * MS)
    said = verdict([], [slow], ())
    assert said[1] == (
        "The only request, GET shop.example/page, took 90.0 ms; 80.0 ms of it was time of the server before the first byte."
    )
    assert said[2] == "First: measure in the server what it does between request and first byte."


def test_failed_requests() -> None:
    rows = [request(5), request(5, "refused"), request(5, "refused"), request(9, "lookup_failed", kind="lookup")]
    said = verdict([REFUSED], rows, ())
    assert said[0] == "3 of 4 requests and name lookups failed: 2 refused and 1 without an address for their name."
    assert said[1] == "The slowest of 4 requests and name lookups, of shop.example, took 9.00 ms."
    assert said[2].startswith("First: the host is up")


def test_who_lost_a_race_did_not_fail() -> None:
    said = verdict([], [request(5), request(900, "race_lost"), request(7, "incomplete")], ())
    assert said[0] == "No failure was found." and said[1].startswith("The slowest of 2 requests, ")


def test_encrypted_connections() -> None:
    row = request(50, kind="connection", method=None, target=None, server_port=443)
    assert verdict([], [row, row], ())[1] == "The slowest of 2 connections, to shop.example:443, took 50.0 ms."


def test_only_handshakes() -> None:
    rows = [
        {"outcome": "established", "connect_ns": 20 * MS, "server": "10.0.0.2", "server_port": 80, "syn_count": 1},
        {"outcome": "established", "connect_ns": 1_020 * MS, "server": "10.0.0.3", "server_port": 80, "syn_count": 2},
        {"outcome": "timeout", "connect_ns": None},
    ]
    said = verdict([], (), rows)
    assert said[0] == "1 of 3 connections failed: 1 not answered."
    assert said[1] == "Opening the slowest of 2 connections, to 10.0.0.3:80, took 1.02 s, with 2 SYNs."


def test_damaged_captures() -> None:
    assert verdict([DAMAGE], (), ()) == ["No problem was found as far as the capture can be read."]
    assert verdict([DAMAGE, REFUSED], (), ())[0] == f"As far as the capture can be read: {wording.sentence(REFUSED)}"


def test_an_attackers_words_are_made_safe() -> None:
    row = request(5, host="\x1b[2Jevil\n" + "x" * 200)
    said = verdict([], [row], ())[1]
    assert said.isprintable() and len(said) < 120


def test_tables_cover_what_rows_may_say() -> None:
    assert set(WHO) == set(module.LOOK)


@pytest.mark.parametrize("kind", sorted(wording.HINTS))
def test_at_most_three(kind: str) -> None:
    finding = Finding(kind, Severity.WARNING, 2, cost_ns=5)
    said = verdict([finding], [LOST_SYN, request(2, "reset")], ())
    assert len(said) == 3 and all(one[0].isupper() or one[0].isdigit() for one in said)
