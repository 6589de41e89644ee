"""What is measured of a connection, as statistics have it; a connection that lacks a value is not in them.

- connect, server_side_rtt and tls are the keys of the same name of a handshake.
- dns is, too; but a lookup that the client did not wait for (dns_cached) is no value, else a slow one would count as often as
  connections followed it.
- initial_rtt is, too; but only of connections that stood. Wireshark also gives one to others, from the SYN to a RST: maybe
  a minute of repeated SYNs.
- ttfb (time to first byte) is first_byte_ns: from the first SYN to the first byte of the first answer, so that it holds connect,
  TLS and the server's own time, but not the name lookup. A first byte that is uncertain, since encryption hides where the answer
  begins, is no value: first_byte_ns is null then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from analyzer.journey import outcome

MEASURES: Final[Mapping[str, str]] = {  #: measure -> key of a handshake
    "dns": "dns_ns",
    "connect": "connect_ns",
    "initial_rtt": "initial_rtt_ns",
    "server_side_rtt": "server_side_rtt_ns",
    "tls": "tls_ns",
    "ttfb": "first_byte_ns",
}
NO_VALUE: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {  #: measure -> whether a time does not count
    "dns": lambda row: bool(row["dns_cached"]),
    "initial_rtt": lambda row: row["connect_ns"] is None,
}
LONGEST_NS: Final = 1 << 62  #: 146 years: more comes from a stamp that is damaged, and no sum may leave 64 bits
#: outcomes of connections on which the user never got what was asked for
FAILED: Final = (outcome.REFUSED, outcome.TIMEOUT, outcome.RESET, outcome.TLS_ALERT, outcome.TLS_INCOMPLETE)
UNKNOWN: Final = (outcome.MID_CAPTURE, outcome.UNDECIDED)  #: their begin, or their end is missing: neither good nor bad
OUTCOMES: Final = (outcome.ESTABLISHED, *FAILED, *UNKNOWN)


def outcome_of(row: Mapping[str, Any]) -> str:
    """One of OUTCOMES."""
    return row["outcome"] or outcome.UNDECIDED


def value(row: Mapping[str, Any], measure: str) -> int | None:
    """What was measured; None: nothing, or nothing certain."""
    if measure in NO_VALUE and NO_VALUE[measure](row):
        return None
    found: int | None = row[MEASURES[measure]]
    return found if found is not None and abs(found) < LONGEST_NS else None


def uncertain(row: Mapping[str, Any]) -> bool:
    """There is a first byte that is not counted, since it cannot be told for certain."""
    return row["first_byte_likely_ns"] is not None and not row["first_byte_certain"]
