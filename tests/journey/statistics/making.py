"""Handshakes made up, and groups of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from analyzer.journey.statistics.groups import Groups
from analyzer.journey.statistics.measures import MEASURES

MS = 1_000_000


def handshake(**different: Any) -> dict[str, Any]:
    """A row of a connection that stood, spoke TLS and was answered."""
    row: dict[str, Any] = {
        "stream": 0, "client": "192.0.2.1", "server": "198.51.100.7", "server_port": 443, "sni": "shop.example", "alpn": "h2",
        "tls_version": 772, "resumed": False, "start_ns": 1_795_000_000_000_000_000, "outcome": "established", "reset_by": None,
        "syn_frame": 1, "synack_frame": 2, "ack_frame": 3, "syn_count": 1, "synack_count": 1, "client_hello_frame": 4,
        "connect_ns": 20 * MS, "initial_rtt_ns": 20 * MS, "server_side_rtt_ns": 19 * MS, "client_side_rtt_ns": 1 * MS,
        "tls_ns": 30 * MS, "round_trips": 2,
        "dns_ns": 10 * MS, "dns_name": "shop.example", "dns_cached": False, "dns_server": "192.0.2.53",
        "first_request_ns": 51 * MS, "first_byte_ns": 80 * MS, "first_byte_certain": True, "hello_retry_request": False,
        "early_data": False,
    }  # fmt: skip
    assert different.keys() <= row.keys()
    row |= different
    likely = row["first_byte_ns"]
    return row | {"first_byte_likely_ns": likely, "first_byte_ns": likely if row["first_byte_certain"] else None}


#: what a connection lacks that never stood
NEVER_STOOD: Mapping[str, Any] = dict.fromkeys(
    ("connect_ns", "initial_rtt_ns", "client_hello_frame", "tls_ns", "tls_version", "first_request_ns", "first_byte_ns",
     "ack_frame", "client_side_rtt_ns", "round_trips"),
)  # fmt: skip
REFUSED = handshake(**NEVER_STOOD, outcome="refused", synack_frame=None, sni=None, alpn=None)


def grouped(rows: Iterable[Mapping[str, Any]], by: Sequence[str] = ()) -> Groups:
    groups = Groups(by)
    for row in rows:
        groups.add(row)
    return groups


def drawn(
    generator: np.random.Generator, sizes: Mapping[str, int], *, spread: float = 1.0, factor: float = 1.0, tick: int = 1,
    together: bool = False, failing: float = 0.05,
) -> Groups:  # fmt: skip
    """Groups by server, of so many connections each, with log-normal times: e^16 ns is 9 ms.

    tick: what the clock resolves. together: the measures of a connection rise and fall together, as round trips and connects do.
    """
    groups = Groups(("server",))
    for server, size in sizes.items():
        common = generator.lognormal(0, spread, (size, 1)) if together else np.ones((size, 1))
        times = common * generator.lognormal(16, 0.1 if together else spread, (size, len(MEASURES))) * factor
        fails = generator.random(size) < failing
        for own, failed in zip((times / tick).astype(np.int64).tolist(), fails.tolist(), strict=True):
            values = {key: time * tick for key, time in zip(MEASURES.values(), own, strict=True)}
            groups.add(handshake(server=server, outcome="timeout" if failed else "established", **values))
    return groups
