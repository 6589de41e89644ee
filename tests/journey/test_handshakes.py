"""Rows of handshakes of recorded captures, and of captures that are read with little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.capture.reader import open_capture
from analyzer.journey.handshakes import HANDSHAKE, HANDSHAKE_KEYS, HandshakeRows
from analyzer.pipeline import Applications, Pipeline

PCAPS = Path(__file__).parents[2] / "pcaps"
RECORDED = PCAPS / "recorded"


def rows(path: Path, memory: int = 1 << 30, **choice: Any) -> list[dict[str, Any]]:
    with analyzer.open(path, memory=memory) as capture:
        return list(capture.handshakes(**choice))


def first(name: str) -> dict[str, Any]:
    return rows(RECORDED / f"{name}.pcap")[0]


def test_keys() -> None:
    for path in sorted(RECORDED.glob("*.pcap")):
        for row in rows(path):
            assert tuple(row) == HANDSHAKE_KEYS
    for key, meaning in HANDSHAKE.items():
        assert meaning.unit == ("ns" if key.endswith("_ns") else ""), key


@pytest.mark.parametrize(
    "path", [path for path in sorted(PCAPS.glob("**/*.pcap")) if path.parent.name != "container"], ids=lambda path: path.name
)
def test_as_flows_have_it(path: Path) -> None:
    """One row for each TCP conversation, in their order."""
    with analyzer.open(path) as capture:
        flows = [flow for flow in capture.flows() if flow["protocol"] == "tcp"]
        mine = list(capture.handshakes())
    assert [row["stream"] for row in mine] == [flow["stream"] for flow in flows]
    for row, flow in zip(mine, flows, strict=True):
        for key in ("client", "server", "server_port", "syn_frame", "synack_frame", "sni"):
            assert row[key] == flow[key], key
        assert row["initial_rtt_ns"] in (flow["initial_rtt_ns"], None)
        assert row["syn_count"] <= flow["syn_count"], "copies that the capture made do not count"


def test_name_lookup() -> None:
    row = first("name_lookup")
    assert (row["dns_name"], row["dns_frame"], row["dns_cached"]) == ("shop.example", 3, False)
    assert row["outcome"] == "established"
    assert row["first_byte_ns"] > row["first_request_ns"] > row["connect_ns"] == row["initial_rtt_ns"]


def test_repeated_syn() -> None:
    row = first("syn_lost")
    assert row["syn_count"] > 1
    assert row["connect_ns"] >= 1_000_000_000 > row["server_side_rtt_ns"], "the user waited for the timer"


def test_refused() -> None:
    row = first("refused")
    assert (row["outcome"], row["reset_by"], row["synack_frame"], row["connect_ns"]) == ("refused", "server", None, None)


@pytest.mark.parametrize(
    ("name", "version", "trips", "asked", "answer"),
    [
        ("tls_1_2", 0x0303, 3, 12, 13),
        ("tls_1_3", 0x0304, 2, 11, 15),
        ("starttls_smtp", 0x0303, 6, 17, 18),
        ("starttls_postgres", 0x0303, 4, 14, 15),
        ("http_proxy", 0x0304, 3, 13, None),
        ("http_keep_alive", None, 1, 4, 6),
    ],
)
def test_turns(name: str, version: int | None, trips: int, asked: int, answer: int | None) -> None:
    """Counted by hand; the server's greeting, EHLO, STARTTLS, and the hellos of TLS 1.2 are two more than in TLS 1.3."""
    row = first(name)
    assert (row["tls_version"], row["round_trips"], row["first_request_frame"]) == (version, trips, asked)
    if answer is not None:
        assert row["first_byte_likely_frame"] == answer


@pytest.mark.parametrize(
    ("name", "by", "description"),
    [("tls_no_cipher", "server", 40), ("tls_no_version", "server", 70), ("tls_expired", "client", 45)],
)
def test_alerts(name: str, by: str, description: int) -> None:
    row = first(name)
    assert (row["outcome"], row["alert_by"], row["alert"]) == ("tls_alert", by, description)


def test_hello_retry_and_resumption() -> None:
    row = first("tls_retry")
    assert row["hello_retry_request"] and row["round_trips"] == 3
    assert first("tls_1_3")["hello_retry_request"] is False
    resumed = rows(RECORDED / "tls_resumed_1_2.pcap")
    assert [row["resumed"] for row in resumed] == [False, True] * 2
    assert resumed[0]["round_trips"] == resumed[1]["round_trips"] + 1


def test_client_certificates() -> None:
    assert first("tls_mutual_1_2")["client_certificate"] and first("tls_mutual_1_3")["client_certificate"]
    assert not first("tls_1_2")["client_certificate"] and not first("tls_1_3")["client_certificate"]


def test_greeting_is_the_first_byte() -> None:
    row = first("starttls_refused")
    assert row["first_byte_frame"] is not None and row["first_byte_certain"]


def test_selection() -> None:
    path = RECORDED / "http_proxy.pcap"
    every = rows(path)
    assert len(every) > 1
    assert rows(path, stream=1) == [row for row in every if row["stream"] == 1]


def test_judged_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that have to be judged before their end have the same rows."""
    from analyzer.flow.tcp.ledger.log import Log

    path = RECORDED / "http_lossy.pcap"
    whole = rows(path)
    monkeypatch.setattr(Log, "crowded", lambda self, rows, share=1: True)
    found = HandshakeRows()
    with open_capture(str(path), rows=20) as reader:
        pipeline = Pipeline(reader, applications=Applications(found.wanted), verdicts=found.verdicts)
        parts = list(found.read(pipeline, ((one.batch, None) for one in pipeline)))
        assert pipeline.ledger is not None and pipeline.ledger.early > 0
    for key in ("stream", "syn_frame", "synack_frame", "ack_frame", "syn_count", "connect_ns", "outcome", "first_request_frame"):
        assert [row[key] for row in parts] == [row[key] for row in whole], key


def test_certainty_of_what_is_not_there() -> None:
    unanswered = rows(PCAPS / "journey/failed_connections.pcap")[4]
    assert (unanswered["first_byte_ns"], unanswered["first_byte_certain"]) == (None, None)
    hidden = rows(RECORDED / "tls_1_0.pcap")[0]
    assert hidden["first_request_ns"] is not None
    assert (hidden["first_byte_ns"], hidden["first_byte_certain"]) == (None, False)


def test_what_is_only_likely_has_keys_of_its_own() -> None:
    keys = [(name, what) for what in ("ns", "frame") for name in ("first_byte", "first_byte_likely")]
    certain, likely = 0, 0
    for path in sorted((PCAPS / "journey").glob("tls_*.pcap")):
        for row in rows(path):
            time, guess, frame, guessed = (row[f"{name}_{what}"] for name, what in keys)
            assert (time, frame) == ((guess, guessed) if row["first_byte_certain"] else (None, None))
            certain += time is not None
            likely += time is None and guess is not None and guessed is not None
    assert certain and likely
