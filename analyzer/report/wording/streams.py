"""Sentences about the byte streams that messages were read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import plural, size

from .hint import Hint
from .phrases import number, of_all


def _conflict(f: Finding) -> str:
    first, second = f.values["first_bytes"], f.values["second_bytes"]
    return (
        f"{plural(f.count, 'TCP segment repeats', 'TCP segments repeat')} earlier bytes differently: the first copy is shown, "
        f"the receiver may have read the other. Frame {number(f, 'first_frame')} has {first}, "
        f"frame {number(f, 'second_frame')} {second}."
    )


def _gap(f: Finding) -> str:
    return (
        f"{plural(f.count, 'hole')} in TCP streams of {size(number(f, 'bytes'))} in all: received, but not captured. "
        "Messages there are unknown."
    )


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "stream_conflict": _conflict,
    "stream_gap": _gap,
    "stream_overflow": lambda f: (
        f"{plural(f.count, 'time', 'times')} too much data waited behind holes in TCP streams: these were given up, "
        "messages there are missing."
    ),
    "streams_evicted": lambda f: (
        f"The messages of {plural(f.count, 'connection')} were given up for want of memory: --memory gives more."
    ),
    "quic": lambda f: (
        f"{plural(f.count, 'packet is', 'packets are')} QUIC ({of_all(f)}, {size(number(f, 'bytes'))}): encrypted, not dissected."
    ),
}

HINTS: Final[dict[str, Hint]] = {
    "stream_conflict": Hint(
        "transport",
        "Look at both copies: an attack on a monitor, a broken middlebox, or an offload that went wrong.",
        "Which copy a receiver keeps is its own choice (RFC 9293 section 3.10.7.4): monitors can be deceived.",
    ),
    "stream_gap": Hint(
        "capture",
        "Capture with a larger buffer (-B) or nearer to the host; messages in the holes cannot be read.",
        "Received bytes that the capture lacks are a gap, never guessed at.",
    ),
    "stream_overflow": Hint(
        "capture",
        "Capture without drops: holes that the capture left keep everything behind them waiting.",
        "Bytes behind a hole wait for its repair, in a bounded buffer.",
    ),
    "streams_evicted": Hint(
        "capture",
        "Give more memory (--memory), or read less at once.",
        "Parsers are remembered until the memory budget is reached.",
    ),
    "quic": Hint(
        "capture",
        "Turn QUIC off in the client (or block UDP port 443) to see the same over TCP, or let the client log (qlog).",
        "QUIC encrypts all but its first packets and carries HTTP/3 (RFC 9000, RFC 9001, RFC 9114).",
    ),
}
