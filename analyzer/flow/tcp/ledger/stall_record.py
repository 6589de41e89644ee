"""What a stall is, as every way of seeing one says it (stall.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from .stall_holes import Draft
from .trace import NONE, Trace
from .verdict import Confidence

TOLD_NS: Final = 50_000  #: network cards hand packets over in batches: shorter stalls may be none
GAP: Final = "gap"
SACK: Final = "sack"
DUPLICATE_ACK: Final = "duplicate_ack"


class Where(Protocol):
    """What has to be known of the capture point (position.py)."""

    @property
    def far(self) -> tuple[int | None, int | None]: ...

    @property
    def place(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes that were missing while later ones were there."""

    missing_from: int
    missing_to: int
    opened_ns: int  #: something above it was there
    filled_ns: int | None  #: its last byte came; None: never, or the capture did not see it
    filled_row: int = -1  #: the segment that brought its last byte; -1: not captured
    filled_frame: int | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """One interval in which bytes waited behind a hole. Times are those at the capture point."""

    direction: int  #: who sent the data
    start_ns: int
    end_ns: int | None  #: None: it was still open when the capture or the connection ended
    shift_ns: int | None  #: how much earlier it was at the receiver; None: unknown
    holes: tuple[Hole, ...]  #: in the order in which they opened
    hole_count: int  #: of all; `holes` has the first ones
    held_to: int  #: behind the highest byte that was held
    bytes_held: int  #: at most
    held_byte_ns: int  #: bytes held, times how long
    released: int  #: bytes that became readable when the last hole was filled, without those that filled it
    first_held_frame: int | None  #: the segment that was the first to wait
    opened_frame: int  #: the frame that showed the stall: that segment, or an acknowledgment
    filled_row: int  #: the segment that filled the last hole; -1: not captured
    filled_frame: int | None
    closed_frame: int | None  #: the frame that showed the end
    seen_by: str
    begun: bool = True  #: False: it was open already where the capture begins
    confidence: Confidence = Confidence.NONE
    cause: str = ""  #: filled in by who knows why the filler was sent: see stall_cause.py

    @property
    def ended(self) -> bool:
        return self.end_ns is not None

    @property
    def sure(self) -> bool:
        """Whether it was longer than the times of a capture are apart by chance."""
        return self.end_ns is None or self.end_ns - self.start_ns >= TOLD_NS

    @property
    def duration_ns(self) -> int | None:
        return None if self.end_ns is None else self.end_ns - self.start_ns


def at_receiver(trace: Trace, where: Where, direction: int) -> bool:
    """Whether the capture point is at the receiver of this direction."""
    return where.place == ("server" if direction == trace.client else "client")


def finished(
    trace: Trace, direction: int, draft: Draft, seen_by: str, first_held_row: int, shift: int | None, begun: bool = True
) -> Stall:
    """The stall of a draft of which every `filled_row` is that of the segment that filled the hole, or below 0."""

    def frame(row: int) -> int | None:
        return int(trace.frame[row]) if row >= 0 else None

    holes = [
        Hole(hole.start, hole.end, hole.opened_ns, hole.filled_ns, hole.filled_row, frame(hole.filled_row))
        for hole in draft.holes
    ]
    filled_row = NONE if draft.last is None or draft.closed_ns is None else draft.last.filled_row
    return Stall(
        direction=direction,
        start_ns=draft.opened_ns,
        end_ns=None if draft.closed_ns is None else max(draft.opened_ns, draft.closed_ns),  # clocks are set back
        shift_ns=shift,
        holes=tuple(holes),
        hole_count=draft.count,
        held_to=draft.top,
        bytes_held=draft.most,
        held_byte_ns=max(0, draft.area),
        released=draft.released,
        first_held_frame=frame(first_held_row),
        opened_frame=int(trace.frame[draft.opened_row]),
        filled_row=filled_row,
        filled_frame=frame(filled_row),
        closed_frame=frame(draft.closed_row),
        seen_by=seen_by,
        begun=begun,
        confidence=_confidence(seen_by, first_held_row, filled_row, shift),
    )


def _confidence(seen_by: str, first_held_row: int, filled_row: int, shift: int | None) -> Confidence:
    """High where the receiver reported it, or arrivals show it, and the segments behind it were captured."""
    if seen_by == DUPLICATE_ACK:
        return Confidence.LOW if shift is None else Confidence.MEDIUM
    if first_held_row >= 0 and filled_row >= 0:
        return Confidence.HIGH
    return Confidence.MEDIUM if seen_by == SACK else Confidence.LOW
