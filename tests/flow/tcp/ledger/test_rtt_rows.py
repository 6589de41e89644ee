"""Rows of round trips."""

from __future__ import annotations

import numpy as np

from analyzer.flow.columns import Row
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.rtt import rtt
from analyzer.flow.tcp.ledger.rtt_account import Account
from analyzer.flow.tcp.ledger.rtt_rows import RTT_KEYS, SERIES_KEYS, rows, series
from analyzer.flow.tcp.ledger.trace import Trace
from tests.flow.tcp.ledger.making import trace

MS = 1_000_000
ENDS = Ends(4, ("10.0.0.1", "10.0.0.2"), (40001, 80))
LADDER = ("0 c S ts 1/0", "20 s SA ts 70/1", "20.05 c A ts 21/70")


def of(made: Trace) -> list[Row]:
    account = Account(made.client)
    trips = rtt(made)
    account.add(trips, trips.samples)
    return list(rows(account, made.stream, ENDS))


def test_keys_and_order() -> None:
    client, server = of(trace(*LADDER, stream=7))
    assert tuple(client) == tuple(server) == RTT_KEYS
    assert (client["stream"], client["direction"], server["direction"]) == (7, "client", "server")
    assert (client["client"], client["client_port"], client["server"], client["server_port"]) == (
        "10.0.0.1",
        40001,
        "10.0.0.2",
        80,
    )


def test_values() -> None:
    lines = [
        f"{100 * i} c PA {10 * i - 10}+10 ts {100 * i}/70\n{100 * i + 20 + i} s A ack {10 * i} ts 99/{100 * i}"
        for i in range(1, 11)
    ]
    client, server = of(trace(*LADDER, *lines))
    totals = [20_050_000, *((20 + i) * MS + 50_000 for i in range(1, 11))]
    assert client["samples_compared"] == 11
    assert (client["samples"], client["min_ns"], client["max_ns"]) == (11, totals[0], totals[-1])
    assert client["median_ns"] == round(np.percentile(totals, 50))
    assert client["p95_ns"] == round(np.percentile(totals, 95)) == 29_550_000
    assert (client["near_min_ns"], client["far_min_ns"], client["far_median_ns"]) == (50_000, 20 * MS, 25 * MS)
    srtt, rttvar = totals[0], totals[0] // 2
    for total in totals[1:]:
        rttvar += (abs(srtt - total) - rttvar) // 4
        srtt += (total - srtt) // 8
    assert (client["srtt_ns"], client["rttvar_ns"]) == (srtt, rttvar)
    assert client["rto_ns"] == srtt + 200 * MS
    assert (client["handshake_rtt_ns"], client["connect_ns"]) == (20_050_000, 20_050_000)
    assert client["capture_point"] == server["capture_point"] == "client"
    assert (server["samples"], server["near_min_ns"], server["far_min_ns"]) == (1, 20 * MS, 50_000)


def test_nothing_measured() -> None:
    for row in of(trace("0 c PA 0+10")):
        assert row["samples"] == row["delayed_ack_suspects"] == 0
        assert {value for key, value in row.items() if key.endswith("_ns")} == {None}
        assert row["capture_point"] is None


def test_the_client_is_the_other_direction() -> None:
    made = trace("0 s S", "20 c SA", "20.05 s A", "30 s PA 0+10", "51 c A ack 10", client=1)
    client, server = of(made)
    assert (client["direction"], client["far_min_ns"], client["samples"]) == ("client", 20 * MS, 2)
    assert (server["direction"], server["far_min_ns"], server["samples"]) == ("server", 50_000, 1)


def test_series() -> None:
    made = trace(*LADDER, "100 c PA 0+10 ts 101/70", "165 s PA 0+5 ack 10 ts 99/101", "165.04 c A ack 5 ts 166/99", stream=3)
    found = list(series(made, rtt(made).samples))
    assert [tuple(row) for row in found] == [SERIES_KEYS] * 4
    assert [(row["data_frame"], row["frame"], row["direction"], row["source"]) for row in found] == [
        (1, 2, "client", "handshake"),
        (2, 3, "server", "handshake"),
        (4, 5, "client", "both"),
        (5, 6, "server", "both"),
    ]
    assert [row["far_ns"] for row in found] == [20 * MS, 50_000, 65 * MS, 40_000]
    assert [row["near_ns"] for row in found] == [50_000, None, 40_000, None]
    assert [row["rtt_ns"] for row in found] == [20_050_000, 20_050_000, 65_040_000, 20_040_000]
    assert [row["delayed_ack_suspect"] for row in found] == [False, False, True, False]
    assert {row["stream"] for row in found} == {3} and found[2]["time_ns"] == 165 * MS
