"""What groups are called."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.journey.statistics.grouping import GROUPINGS, chosen, subnet
from tests.journey.statistics.making import handshake


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.255", "198.51.100.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1", "fe80::/64"),
        ("no address", None),
    ],
)
def test_subnet(address: str, network: str | None) -> None:
    assert subnet(address) == network


@pytest.mark.parametrize(
    ("start_ns", "hour", "of_day"),
    [
        (1_795_000_000_999_999_999, "2026-11-18T11Z", 11),
        (0, "1970-01-01T00Z", 0),
        (-1, "1969-12-31T23Z", 23),
        (1 << 80, None, None),
        (None, None, None),
    ],
)
def test_hour(start_ns: int | None, hour: str | None, of_day: int | None) -> None:
    row: dict[str, Any] = handshake(start_ns=start_ns)
    assert (GROUPINGS["hour"].of(row), GROUPINGS["hour_of_day"].of(row)) == (hour, of_day)


def test_every_grouping_has_a_value_of_its_own() -> None:
    """None of them is another one by mistake, and those that are a key of handshakes give its value."""
    row = handshake()
    values = {name: grouping.of(row) for name, grouping in GROUPINGS.items()}
    assert all(values[name] == row[name] for name in values.keys() & row.keys())
    assert values.keys() - row.keys() == {"subnet", "hour", "hour_of_day"}


def test_what_is_chosen() -> None:
    assert chosen(["sni,alpn", "server", "sni"]) == ("sni", "alpn", "server")
    assert chosen([]) == ()
    with pytest.raises(ValueError, match="nothing to group by"):
        chosen(["server,colour"])
