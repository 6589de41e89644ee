"""Sentences about the byte streams that messages were read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import plural, size

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
