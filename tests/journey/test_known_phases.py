"""pcaps/journey: conversations whose every moment is known (scripts/captures/journey_plain.py and journey_secured.py).

To the nanosecond. A phase that lasts no time (a request in one segment) may be there or not; all others are compared.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import analyzer

PCAPS = Path(__file__).resolve().parents[2] / "pcaps" / "journey"
START = 1_600_000_000_000_000_000
MS, SECOND = 1_000_000, 1_000_000_000
WHO = ("network", "server", "client", "name_server", "loss_repair", "head_of_line", "unknown")


@cache
def rows(kind: str, capture: str) -> tuple[dict[str, Any], ...]:
    with analyzer.open(str(PCAPS / f"{capture}.pcap")) as opened:
        return tuple(getattr(opened, kind)())


class Known(NamedTuple):
    """A journey: where its first phase begins, and where each ends."""

    capture: str
    stream: int
    exchange: int | None
    begin: int
    ends: tuple[tuple[str, int], ...]
    outcome: str = "complete"
    round_trips: int | None = None
    server_ns: int | None = None  #: what the server itself took


JOURNEYS = (
    Known(
        "lookup_and_reuse", 0, 1, 1_000_000,
        (("lookup", 25_000_003), ("client", 25_300_000), ("connect", 65_320_011), ("client", 65_500_001), ("wait", 225_500_013),
         ("receive", 225_520_013)),
        round_trips=1, server_ns=120_000_001,
    ),
    Known("lookup_and_reuse", 0, 2, 400 * MS, (("wait", 440_000_009),), server_ns=0),
    Known(
        "lookup_and_reuse", 1, 1, 500 * MS, (("connect", 540_020_000), ("client", 540_100_000), ("wait", 590_100_077)),
        round_trips=1, server_ns=10_000_077,
    ),
    Known(
        "lost_syns", 0, 1, 0, (("connect", 1_030_010_500), ("client", 1_030_100_000), ("wait", 1_070_100_000)),
        round_trips=1, server_ns=10 * MS,
    ),
    Known(
        "lost_syns", 1, 1, 2 * SECOND, (("connect", 3_030_001_000), ("client", 3_030_500_000), ("wait", 3_060_500_000)),
        round_trips=1, server_ns=10 * MS,
    ),
    Known(
        "refused_then_fallback", 1, 1, 0,
        (("lookup", 15 * MS), ("client", 15_200_000), ("race", 45_400_000), ("connect", 75_410_000), ("client", 75_500_000),
         ("wait", 110_500_000)),
        server_ns=5 * MS,
    ),
    Known(
        "happy_eyeballs", 1, 1, 0,
        (("lookup", 21 * MS), ("client", 21_500_000), ("race", 271_500_000), ("connect", 301_510_000), ("client", 301_600_000),
         ("wait", 351_600_000)),
        server_ns=20 * MS,
    ),
    Known(
        "slow_server_in_the_middle", 0, 1, 0,
        (("connect", 40 * MS), ("client", 40_100_000), ("wait", 364_100_000), ("receive", 364_300_000)),
        round_trips=1, server_ns=300 * MS,
    ),
    Known("slow_server_in_the_middle", 0, 2, 600 * MS, (("wait", 624 * MS),), server_ns=0),
    Known(
        "upload_with_continue", 0, 1, 0,
        (("connect", 20_010_000), ("client", 20_100_000), ("request", 90_260_000), ("wait", 150_250_000)),
        round_trips=1, server_ns=39_990_000,
    ),
    Known(
        "answer_with_losses", 0, 1, 0,
        (("connect", 20_010_000), ("client", 20_100_000), ("wait", 50_100_000), ("receive", 290_100_000)),
        round_trips=1, server_ns=10 * MS,
    ),
    Known(
        "lost_request", 0, 1, 0, (("connect", 20_010_000), ("client", 20_100_000), ("wait", 310_100_000)),
        round_trips=1, server_ns=50 * MS,
    ),
    Known(
        "one_lookup_for_two", 0, 1, 0,
        (("lookup", 5 * MS), ("client", 5_100_000), ("connect", 7_110_000), ("client", 7_200_000), ("wait", 9_300_000)),
    ),
    Known(
        "one_lookup_for_two", 1, 1, 0,
        (("lookup", 5 * MS), ("client", 5_200_000), ("connect", 7_210_000), ("client", 7_300_000), ("wait", 9_400_000)),
    ),
    Known("one_lookup_for_two", 2, 1, 13 * MS, (("connect", 15_010_000), ("client", 15_100_000), ("wait", 17_200_000))),
    Known("failed_connections", 0, None, 0, (("connect", 20 * MS),), "refused"),
    Known("failed_connections", 1, None, 100 * MS, (("connect", 7_100 * MS),), "timeout"),
    Known(
        "failed_connections", 3, 1, 300 * MS,
        (("connect", 320_010_000), ("client", 320_100_000), ("wait", 350_100_000), ("receive", 360_100_000)), "reset",
    ),
    Known(
        "tls_split_hello", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31_000_001), ("tls", 62_030_001), ("client", 62_130_001),
         ("wait", 172_130_001)),
        round_trips=2, server_ns=80 * MS,
    ),
    Known(
        "tls_hello_retry", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 93_020_000), ("client", 93_220_000), ("wait", 173_220_000)),
        round_trips=3, server_ns=50 * MS,
    ),
    Known(
        "tls_resumed", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 61_400_000), ("wait", 116_400_000)),
        round_trips=2, server_ns=25 * MS,
    ),
    Known(
        "tls_tickets", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 62_020_000), ("wait", 152_020_000), ("receive", 152_050_000)),
        round_trips=2, server_ns=60 * MS,
    ),
    Known(
        "tls_tickets", 1, 1, 500 * MS,
        (("connect", 530_010_000), ("client", 531 * MS), ("tls", 562_020_000), ("client", 562_070_000), ("wait", 652_020_000),
         ("receive", 652_050_000)),
        round_trips=2, server_ns=59_950_000,
    ),
    Known(
        "tls_records_of_one_size", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 62_020_000), ("wait", 112_020_000), ("receive", 112_080_000)),
        round_trips=2, server_ns=20 * MS,
    ),
    Known(
        "tls_hole_before_the_last_record", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 62_020_000), ("client", 162_020_000), ("wait", 232_020_000),
         ("receive", 322_050_000)),
        round_trips=2, server_ns=40 * MS,
    ),
    Known(
        "tls_lost_finished", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 62_020_000), ("client", 62_120_000), ("wait", 192_020_000)),
        round_trips=2, server_ns=60 * MS,
    ),
    Known(
        "tls_older", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 93_000_006), ("client", 94_000_001), ("wait", 169_000_001)),
        round_trips=3, server_ns=45 * MS,
    ),
    Known(
        "tls_older", 1, 1, 500 * MS,
        (("connect", 530_010_000), ("client", 531 * MS), ("tls", 561_500_009), ("client", 561_600_000), ("wait", 600 * MS)),
        round_trips=2, server_ns=8_400_000,
    ),
    Known(
        "tls_mutual", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 64_020_000), ("client", 161_020_000), ("wait", 211_020_000)),
        round_trips=2, server_ns=20 * MS,
    ),
    Known(
        "tls_mutual", 1, 1, 500 * MS,
        (("connect", 530_010_000), ("client", 531 * MS), ("tls", 593 * MS), ("client", 594 * MS), ("wait", 639 * MS)),
        round_trips=3, server_ns=15 * MS,
    ),
    Known(
        "tls_large_flight", 0, 1, 0,
        (("connect", 30_010_000), ("client", 31 * MS), ("tls", 93_041_000), ("client", 93_141_000), ("wait", 133_141_000)),
        round_trips=3, server_ns=10 * MS,
    ),
    Known("tls_alerts", 0, None, 0, (("connect", 30_010_000), ("client", 31 * MS), ("tls", 61_000_007)), "tls_alert"),
    Known(
        "tls_alerts", 1, None, 500 * MS, (("connect", 530_010_000), ("client", 531 * MS), ("tls", 564 * MS)), "tls_alert",
    ),
    Known(
        "tls_behind_dialogue", 0, 1, 0,
        (("connect", 30_010_000), ("client", 30_100_000), ("proxy", 101 * MS), ("tls", 162_020_000), ("client", 162_120_000),
         ("wait", 242_120_000)),
        round_trips=3, server_ns=50 * MS,
    ),
)  # fmt: skip


def journey(capture: str, stream: int, exchange: int | None) -> dict[str, Any]:
    (found,) = (row for row in rows("journeys", capture) if row["stream"] == stream and row["exchange"] in (exchange, None))
    return found


def named(known: Known) -> str:
    return f"{known.capture} {known.stream} {known.exchange}"


@pytest.mark.parametrize("known", JOURNEYS, ids=named)
def test_phases(known: Known) -> None:
    row = journey(known.capture, known.stream, known.exchange)
    lasting = [phase for phase in row["phases"] if phase["duration_ns"]]
    assert row["start_ns"] - START == known.begin
    assert tuple((phase["phase"], phase["end_ns"] - START) for phase in lasting) == known.ends
    assert row["outcome"] == known.outcome
    assert row["duration_ns"] == known.ends[-1][1] - known.begin
    if known.round_trips is not None:
        assert row["round_trips"] == known.round_trips


@pytest.mark.parametrize("known", [known for known in JOURNEYS if known.server_ns is not None], ids=named)
def test_time_of_the_server(known: Known) -> None:
    """Within its bounds, and what is given is at most a few round trips' scatter (12 ns here) off."""
    row = journey(known.capture, known.stream, known.exchange)
    assert known.server_ns is not None
    assert row["server_least_ns"] <= known.server_ns <= row["server_most_ns"]
    assert abs(row["server_ns"] - known.server_ns) <= 12


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.stem)
def test_everything_adds_up(path: Path) -> None:
    """Phases touch each other; they, and what was waited for, add up to the whole."""
    found = rows("journeys", path.stem)
    assert found
    for row in found:
        at = row["start_ns"]
        for phase in row["phases"]:
            assert phase["start_ns"] == at
            assert phase["end_ns"] - at == phase["duration_ns"] == sum(phase["waited"].values()) >= 0
            at = phase["end_ns"]
        assert at == row["end_ns"]
        assert row["end_ns"] - row["start_ns"] == row["duration_ns"] == sum(row[f"waited_{who}_ns"] or 0 for who in WHO)


class Waited(NamedTuple):
    capture: str
    stream: int
    exchange: int | None
    phase: str
    who: str
    ns: int


@pytest.mark.parametrize(
    "known",
    [
        Waited("lookup_and_reuse", 0, 1, "lookup", "name_server", 24_000_003),
        Waited("lost_syns", 0, 1, "connect", "loss_repair", 1_000_000_500),
        Waited("lost_request", 0, 1, "wait", "loss_repair", 220 * MS),
        Waited("lost_request", 0, 1, "wait", "server", 50 * MS),
        Waited("lost_syns", 0, 1, "connect", "network", 30_010_000),
        Waited("lost_syns", 1, 1, "connect", "loss_repair", 1_000_001_000),
        Waited("slow_server_in_the_middle", 0, 1, "wait", "server", 300 * MS),
        Waited("slow_server_in_the_middle", 0, 1, "wait", "network", 24 * MS),
        Waited("answer_with_losses", 0, 1, "receive", "head_of_line", 239_980_000),
        Waited("tls_hello_retry", 0, 1, "tls", "client", 1_999_997),
        Waited("tls_older", 0, 1, "client", "client", 999_995),
        Waited("tls_behind_dialogue", 0, 1, "proxy", "server", 40 * MS),
        Waited("failed_connections", 1, None, "connect", "loss_repair", 7_000 * MS),
    ],
    ids=str,
)
def test_who_was_waited_for(known: Waited) -> None:
    row = journey(known.capture, known.stream, known.exchange)
    assert known.ns in [phase["waited"].get(known.who) for phase in row["phases"] if phase["phase"] == known.phase]


def test_lookup_with_aliases() -> None:
    row = journey("lookup_and_reuse", 0, 1)
    assert (row["dns_state"], row["dns_name"], row["dns_chain"]) == (
        "waited", "shop.example", ["edge.shop.example", "pool.cdn.example"],
    )  # fmt: skip
    assert row["dns_frame"] == 4
    assert not row["reused"]


def test_what_was_reused() -> None:
    """The connection by a second request; the name by a second connection."""
    again, other = journey("lookup_and_reuse", 0, 2), journey("lookup_and_reuse", 1, 1)
    assert again["reused"]
    assert not other["reused"]
    assert other["dns_state"] == "cached"
    assert again["connect_ns"] is other["lookup_ns"] is None


@pytest.mark.parametrize(
    ("capture", "outcome"), [("refused_then_fallback", "refused"), ("happy_eyeballs", "race_lost")], ids=lambda value: str(value)
)
def test_races(capture: str, outcome: str) -> None:
    winner, loser = journey(capture, 1, 1), journey(capture, 0, None)
    assert (winner["race"], winner["race_streams"]) == ("won", [0])
    assert (loser["race"], loser["race_streams"], loser["outcome"]) == ("lost", [1], outcome)


def test_failed_lookups() -> None:
    found = [row for row in rows("journeys", "failed_lookups") if row["kind"] == "lookup"]
    assert [(row["dns_name"], row["dns_state"], row["outcome"], row["duration_ns"]) for row in found] == [
        ("missing.example", "failed", "lookup_failed", 31 * MS),
        ("broken.example", "failed", "lookup_failed", 400 * MS),
        ("silent.example", "failed", "lookup_failed", 10 * SECOND),
    ]


def test_certificates_that_did_not_fit() -> None:
    assert journey("tls_large_flight", 0, 1)["certificate_rounds"] == 1
    assert journey("tls_older", 0, 1)["certificate_rounds"] == 0


#: capture, stream -> keys of its handshake; times since the first SYN
HANDSHAKES: dict[tuple[str, int], dict[str, Any]] = {
    ("lookup_and_reuse", 0): {
        "syn_frame": 5, "synack_frame": 6, "ack_frame": 7, "connect_ns": 40_020_011, "server_side_rtt_ns": 40_000_011,
        "client_side_rtt_ns": 20_000, "dns_ns": 24_000_003, "dns_frame": 4, "dns_cached": False, "first_request_ns": 40_200_001,
        "first_byte_ns": 200_200_013, "first_byte_certain": True, "capture_point": "client",
    },
    ("lookup_and_reuse", 1): {"dns_cached": True, "first_byte_ns": 90_100_077},
    ("lost_syns", 0): {
        "syn_frame": 1, "syn_count": 2, "synack_count": 1, "connect_ns": 1_030_010_500, "server_side_rtt_ns": 30 * MS,
    },
    ("lost_syns", 1): {
        "syn_count": 2, "synack_count": 2, "connect_ns": 1_030_001_000, "server_side_rtt_ns": 20 * MS,
        "client_side_rtt_ns": 10 * MS, "capture_point": "middle",
    },
    ("refused_then_fallback", 0): {"outcome": "refused", "connect_ns": None, "first_byte_ns": None},
    ("happy_eyeballs", 0): {"outcome": "reset", "ack_frame": None},
    ("slow_server_in_the_middle", 0): {
        "server_side_rtt_ns": 24 * MS, "client_side_rtt_ns": 16 * MS, "connect_ns": 40 * MS, "capture_point": "middle",
    },
    ("server_speaks_first", 0): {"first_byte_ns": 100 * MS, "first_request_ns": 101 * MS, "round_trips": 2},
    ("upload_with_continue", 0): {"first_request_ns": 20_100_000, "first_byte_ns": 150_250_000},
    ("failed_connections", 0): {"outcome": "refused"},
    ("failed_connections", 1): {"outcome": "timeout", "syn_count": 4, "synack_count": 0},
    ("failed_connections", 2): {"outcome": "reset", "reset_by": "server"},
    ("tls_split_hello", 1): {"client_hello_frame": 22, "tls_ns": 31_020_000},
    ("tls_hello_retry", 0): {"hello_retry_request": True, "tls_ns": 62_020_000, "round_trips": 3, "server_hello_frame": 7},
    ("tls_resumed", 0): {
        "resumed": True, "tls_ns": 30_400_000, "first_request_ns": 61_400_000,
        "first_byte_ns": None, "first_byte_likely_ns": 116_400_000,
    },
    ("tls_tickets", 0): {"first_request_ns": 62_020_000, "first_byte_ns": 152_020_000, "first_byte_certain": True},
    ("tls_tickets", 1): {"first_request_ns": 62_070_000, "first_byte_ns": 152_020_000, "first_byte_certain": True},
    ("tls_older", 0): {"resumed": False, "tls_ns": 62_000_006, "round_trips": 3, "alpn": "http/1.1", "finished_frame": 7},
    ("tls_older", 1): {"resumed": True, "tls_ns": 30_500_009, "round_trips": 2, "alpn": "http/1.1", "finished_frame": 19},
    ("tls_mutual", 0): {"client_certificate": True, "tls_ns": 33_020_000, "first_request_ns": 161_020_000},
    ("tls_mutual", 1): {"client_certificate": True, "tls_ns": 62 * MS, "round_trips": 3},
    ("tls_large_flight", 0): {"round_trips": 3, "tls_ns": 62_041_000},
    ("tls_alerts", 0): {"outcome": "tls_alert", "alert": 70, "alert_by": "server", "finished_frame": None},
    ("tls_alerts", 1): {"outcome": "tls_alert", "alert": 42, "alert_by": "client"},
    ("tls_behind_dialogue", 0): {"tls_ns": 61_020_000, "round_trips": 3},
    ("tls_behind_dialogue", 1): {"tls_ns": 31_020_000, "round_trips": 5},
    ("tls_unfinished", 0): {"outcome": "tls_incomplete", "tls_ns": None, "first_byte_ns": None},
}  # fmt: skip


@pytest.mark.parametrize(("capture", "stream"), HANDSHAKES, ids=str)
def test_handshakes(capture: str, stream: int) -> None:
    (row,) = (row for row in rows("handshakes", capture) if row["stream"] == stream)
    expected = HANDSHAKES[capture, stream]
    assert {key: row[key] for key in expected} == expected


def test_every_connection_is_a_row() -> None:
    for path in PCAPS.glob("*.pcap"):
        streams = [row["stream"] for row in rows("handshakes", path.stem)]
        assert streams == list(range(len(streams)))
