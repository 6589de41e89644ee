"""Why bytes were missing at the capture point (VERDICTS.md section 6).

What filled a hole tells: a packet that was overtaken, or one that was sent again. A hole that nobody filled was either
acknowledged, and then the capture missed what filled it, or the receiver never had the bytes, as far as the capture goes.
Bytes that were seen here and had to be sent again were lost behind the capture point.
"""

from __future__ import annotations

from typing import Final

from .sender import NOWHERE, Sender
from .unseen import Hole
from .verdict import Confidence, HoleCause, Kind, Need, Segments

COMPLAINTS: Final = 4096  #: acknowledgments that are searched for one that shows the receiver to miss the bytes


def judge(sender: Sender, segments: Segments, left: list[Hole]) -> None:
    """Fill in `hole` for the holes that were `left` open, and for what was lost behind the capture point."""
    for hole in left:
        if hole.start == NOWHERE:
            continue  # what was sent before the capture began
        segments.hole[hole.opener], proof = _unfilled(sender, hole)
        segments.confidence[hole.opener] = Confidence.HIGH if proof >= 0 else Confidence.MEDIUM
        segments.prove(hole.opener, proof)
    rows = sender.segments
    again = rows[(segments.kind[rows] == Kind.RETRANSMISSION) & (segments.need[rows] == Need.NEEDED)]
    for row in again.tolist():
        segments.hole[row] = HoleCause.LOST_DOWNSTREAM if row in segments.repeats else HoleCause.LOST_UPSTREAM


def _unfilled(sender: Sender, hole: Hole) -> tuple[HoleCause, int]:
    """The cause, and the acknowledgment that proves it."""
    acked = int(sender.una.searchsorted(hole.end))
    if acked == len(sender.una):
        return HoleCause.UNRESOLVED, -1
    first = int(sender.ack_row.searchsorted(hole.opener))
    last = min(acked, first + COMPLAINTS)
    missed = (sender.una[first:last] <= hole.start) & (
        (sender.sack_high[first:last] > hole.start) | (sender.dups[first:last] > 0)
    )
    cause = HoleCause.FILLER_MISSED if missed.any() else HoleCause.CAPTURE_LOSS
    return cause, int(sender.ack_row[acked])
