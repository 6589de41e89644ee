"""ICMP errors by what they say (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443 section 3), and those that
answered a SYN.

A connection whose SYN an error answered failed for the reason that the error names (RFC 1122 section 4.2.3.9), not for want of an
answer: it is no *unanswered* one. That the quoted header is a SYN shows in its connection, which has a SYN and no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

MAX_STREAMS: Final = 65_536  #: that have not left, of which the first error is remembered
UNREACHABLE: Final = {"icmp": 3, "icmpv6": 1}
TOO_BIG: Final = "too_big"
#: reason -> codes of "destination unreachable" in ICMP and ICMPv6
REASONS: Final[Mapping[str, Mapping[str, tuple[int, ...]]]] = {
    "no_route": {"icmp": (0, 5, 6, 8, 11), "icmpv6": (0, 2)},
    "host": {"icmp": (1, 7, 12), "icmpv6": (3,)},
    "port": {"icmp": (2, 3), "icmpv6": (4,)},
    "prohibited": {"icmp": (9, 10, 13, 14, 15), "icmpv6": (1, 5, 6)},
    TOO_BIG: {"icmp": (4,)},
}
#: what a connection suffers -> kind of its finding
CONNECT: Final = {
    "no_route": "connect_no_route",
    "host": "connect_host_unreachable",
    "port": "connect_port_unreachable",
    "prohibited": "connect_prohibited",
    "looped": "connect_time_exceeded",
}


def reason(protocol: str, kind: int, code: int) -> str:
    """Why something could not be delivered; empty for other errors, and for codes that nobody defined."""
    if kind != UNREACHABLE.get(protocol):
        return ""
    return next((name for name, codes in REASONS.items() if code in codes.get(protocol, ())), "")


class Undeliverable:
    """The first ICMP error about each TCP stream."""

    def __init__(self) -> None:
        self.errors: dict[str, dict[int, int]] = {kind: {} for kind in CONNECT.values()}  #: kind -> stream -> frame
        self.forgotten = 0
        self._known: dict[int, str] = {}  #: stream -> kind of that error

    def add(self, why: str, streams: Int64, frames: Int64) -> None:
        """Errors with this reason that quote these streams."""
        kind = CONNECT.get(why)
        if kind is None:
            return
        for stream, frame in zip(streams.tolist(), frames.tolist(), strict=True):
            if stream in self._known:
                continue
            if len(self._known) >= MAX_STREAMS:
                self.forgotten += 1
                continue
            self._known[stream] = kind
            self.errors[kind][stream] = frame

    def leave(self, streams: Iterable[int]) -> None:
        """These were judged, and no packet will belong to them."""
        for stream in streams:
            kind = self._known.pop(stream, None)
            if kind is not None:
                del self.errors[kind][stream]

    def among(self, streams: Int64) -> dict[str, Column]:
        """Kind -> which of these streams got such an error first."""
        found = {}
        for kind, told in self.errors.items():
            if told:
                found[kind] = np.isin(streams, np.fromiter(told, np.int64, len(told)))
        return found
