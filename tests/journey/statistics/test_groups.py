"""Percentiles by group are NumPy's; failures and uncertain first bytes are counted, not measured."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.journey.statistics import groups as module
from analyzer.journey.statistics.groups import SHARES, Groups, keys
from analyzer.journey.statistics.measures import LONGEST_NS, MEASURES
from tests.journey.statistics.making import MS, REFUSED, grouped, handshake


@pytest.mark.parametrize("size", [1, 2, 3, 10, 99, 1000])
def test_percentiles_are_those_of_numpy(size: int) -> None:
    values = np.random.default_rng(size).lognormal(16, 2, size).astype(np.int64)
    (row,) = (row for row in grouped(handshake(connect_ns=int(one)) for one in values).rows() if row["measure"] == "connect")
    assert (row["count"], row["compared"], row["min_ns"], row["max_ns"]) == (size, size, values.min(), values.max())
    for key, share in SHARES.items():
        assert isinstance(row[key], int) and abs(row[key] - np.percentile(values, 100 * share)) < 1


def test_one_row_per_group_and_measure_with_the_documented_keys() -> None:
    by = ("server", "tls_version")
    rows = list(grouped([handshake(), handshake(server="203.0.113.9"), handshake()], by).rows())
    assert [(row["server"], row["measure"]) for row in rows[:6]] == [("198.51.100.7", measure) for measure in MEASURES]
    assert [row["connections"] for row in rows] == [2] * 6 + [1] * 6
    assert all(tuple(row) == tuple(keys(by)) for row in rows)


def test_the_order_of_time_and_of_size() -> None:
    begins = [3_600_000_000_000 * hour for hour in (9, 9, 10, 8)]
    rows = grouped((handshake(start_ns=begin) for begin in begins), ("hour_of_day",)).rows()
    assert [row["hour_of_day"] for row in rows if row["measure"] == "dns"] == [8, 9, 10]
    rows = grouped((handshake(sni=sni) for sni in (None, "b", "a", "b", None, "c")), ("sni",)).rows()
    assert [row["sni"] for row in rows if row["measure"] == "dns"] == ["b", None, "a", "c"]


def test_failed_connections_are_counted_and_not_measured() -> None:
    undecided = {**REFUSED, "outcome": None}
    rows = {row["measure"]: row for row in grouped([handshake(), REFUSED, undecided]).rows()}
    connect = rows["connect"]
    assert (connect["count"], connect["connections"], connect["failed"]) == (1, 3, 1)
    assert (connect["refused"], connect["undecided"], connect["established"], connect["timeout"]) == (1, 1, 1, 0)
    nothing = next(row for row in grouped([REFUSED]).rows() if row["measure"] == "ttfb")
    assert (nothing["count"], nothing["min_ns"], nothing["p50_ns"], nothing["max_ns"]) == (0, None, None, None)


def test_an_uncertain_first_byte_is_no_value() -> None:
    rows = {row["measure"]: row for row in grouped([handshake(first_byte_certain=False), handshake(first_byte_ns=None)]).rows()}
    assert (rows["ttfb"]["count"], rows["ttfb"]["uncertain"]) == (0, 1)
    assert (rows["connect"]["count"], rows["connect"]["uncertain"]) == (2, 0)


def test_a_lookup_counts_once() -> None:
    rows = {row["measure"]: row for row in grouped([handshake(), handshake(dns_cached=True), handshake(dns_cached=None)]).rows()}
    assert (rows["dns"]["count"], rows["connect"]["count"]) == (2, 3)


def test_only_a_connection_that_stood_has_a_round_trip() -> None:
    rows = {row["measure"]: row for row in grouped([handshake(), {**REFUSED, "initial_rtt_ns": 64_000 * MS}]).rows()}
    assert (rows["initial_rtt"]["count"], rows["initial_rtt"]["max_ns"]) == (1, 20 * MS)


def test_times_of_damaged_stamps_are_no_values() -> None:
    rows = {row["measure"]: row for row in grouped([handshake(connect_ns=LONGEST_NS), handshake(tls_ns=-(1 << 63))]).rows()}
    assert rows["connect"]["count"] == rows["tls"]["count"] == 1


def test_long_series_are_thinned_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VALUES", 600)
    made = (handshake(server=f"198.51.100.{int(i % 50 == 0)}", connect_ns=i * MS) for i in range(1000))
    groups = grouped(made, ("server",))
    rows = {(row["server"], row["measure"]): row for row in groups.rows()}
    many, few = rows["198.51.100.0", "connect"], rows["198.51.100.1", "connect"]
    assert sum(row["compared"] for row in rows.values()) <= 600
    assert (many["count"], many["min_ns"], many["max_ns"]) == (980, 1 * MS, 999 * MS) and many["compared"] < 200
    assert few["compared"] == few["count"] == 20  # a short one is whole
    assert many["p50_ns"] == pytest.approx(500 * MS, rel=0.05)


def test_too_many_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_GROUPS", 2)
    groups: Groups = grouped((handshake(client=f"192.0.2.{i}") for i in (1, 2, 3, 1, 4)), ("client",))
    assert groups.forgotten == 2 and groups.connections() == {("192.0.2.1",): 2, ("192.0.2.2",): 1}
