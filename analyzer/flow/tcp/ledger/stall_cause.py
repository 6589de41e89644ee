"""Why a stall lasted: what the segment that ended it was.

Of several holes the one that was filled last decides, since the stall would have ended without it. The words are those of
the filler's trigger (verdict.py); `reordering` where the filler was no retransmission: the original itself came late.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .stall_record import Stall
from .verdict import Kind, Segments, Trigger, word

REORDERING: Final = "reordering"
UNKNOWN: Final = "unknown"
ORIGINALS: Final = frozenset((Kind.NEW, Kind.GAP_OPEN, Kind.REORDERED, Kind.LATE_ORIGINAL))


def cause_of(stall: Stall, segments: Segments) -> str:
    """Of a stall in the trace that these verdicts are of."""
    row = stall.filled_row
    if row < 0 or not stall.ended:
        return UNKNOWN
    kind = Kind(int(segments.kind[row]))
    if kind in ORIGINALS:
        return REORDERING
    if kind is not Kind.RETRANSMISSION:
        return UNKNOWN
    return word(Trigger(int(segments.trigger[row]))) or UNKNOWN


def explained(stall: Stall, segments: Segments) -> Stall:
    """The stall with its cause."""
    return replace(stall, cause=cause_of(stall, segments))
