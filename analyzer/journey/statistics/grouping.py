"""By what connections can be grouped. Each grouping gives what the group of a handshake is called, null where it has none."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from analyzer.flow.meaning import Key, boolean, integer, text

Row = Mapping[str, Any]
Value = str | int | None
REMEMBERED: Final = 1 << 16  #: addresses of which the network is remembered
NANOSECONDS: Final = 1_000_000_000
#: prefix lengths of a subnet: what one site usually has (IPv4), what one link has (RFC 4291 section 2.5.4)
SUBNET: Final = {4: 24, 6: 64}


class Grouping(NamedTuple):
    """How to group."""

    of: Callable[[Row], Value]
    key: Key  #: what its values mean


def _own(name: str) -> Callable[[Row], Value]:
    return lambda row: row[name]


@lru_cache(REMEMBERED)
def subnet(address: str) -> str | None:
    """The /24 of an IPv4 address, the /64 of an IPv6 address."""
    try:
        version = ipaddress.ip_address(address).version
        return str(ipaddress.ip_network(f"{address}/{SUBNET[version]}", strict=False))
    except ValueError:
        return None


def _start(row: Row) -> datetime | None:
    """None: no time, or one outside the calendar."""
    try:
        return datetime.fromtimestamp(row["start_ns"] // NANOSECONDS, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _hour(row: Row) -> str | None:
    start = _start(row)
    return None if start is None else f"{start:%Y-%m-%dT%HZ}"


def _hour_of_day(row: Row) -> int | None:
    start = _start(row)
    return None if start is None else start.hour


GROUPINGS: Final[Mapping[str, Grouping]] = {
    "server": Grouping(_own("server"), text("address of the server")),
    "server_port": Grouping(_own("server_port"), integer("its port")),
    "subnet": Grouping(lambda row: subnet(row["server"]), text("network of the server: /24 of IPv4, /64 of IPv6")),
    "client": Grouping(_own("client"), text("address of the client")),
    "sni": Grouping(_own("sni"), text("server name that the client asked for in TLS; null: none")),
    "alpn": Grouping(_own("alpn"), text("application protocol that was negotiated; null: none, or unknown")),
    "tls_version": Grouping(_own("tls_version"), integer("TLS version that was negotiated, such as 772 for 1.3; null: none")),
    "resumed": Grouping(_own("resumed"), boolean("the TLS session was resumed; null: no TLS, or unknown")),
    "dns_name": Grouping(_own("dns_name"), text("name whose lookup gave the server's address; null: none captured")),
    "dns_server": Grouping(_own("dns_server"), text("address of the name server that gave it; null: none captured")),
    "outcome": Grouping(_own("outcome"), text("how the handshake ended")),
    "hour": Grouping(_hour, text("hour in which the connection began, in UTC, such as 2026-11-22T13Z")),
    "hour_of_day": Grouping(_hour_of_day, integer("the same without the day: 0 to 23")),
}
IN_TIME: Final = ("hour", "hour_of_day")  #: groups of these are in their order


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The groupings named, each name alone or several joined by commas. ValueError: there is no such grouping."""
    found = tuple(dict.fromkeys(name.strip() for text in names for name in text.split(",")))
    for name in found:
        if name not in GROUPINGS:
            raise ValueError(f"{name!r} is nothing to group by; there are {', '.join(GROUPINGS)}")
    return found
