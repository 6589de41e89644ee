"""Head-of-line stalls: later bytes are in the receiver, but the application cannot have them, because earlier ones are missing.

Let r(t) be the edge at the receiver below which all bytes have arrived, and Q(t) the bytes above it that have arrived. A
stall is a maximal interval in which Q is not empty. It goes on when its first hole is filled and another one remains. A
FIN counts as a byte. Where nothing above a hole has arrived (tail loss), nothing waits: that is a tail loss (waits.py).

How it is seen depends on what the capture has, best first (VERDICTS.md section 9):

- `sack`: from the receiver's acknowledgments with SACK blocks (RFC 2018), anywhere on the path. An out-of-order segment is
  acknowledged at once, and so is the one that fills the hole (RFC 5681 section 4.2), so that both ends of a stall come by with
  the same delay. What an acknowledgment that was lost would have said is taken from the packets that passed.
- `gap`: from the segments as they arrive, where the capture point is at the receiver; exact there, and so what was held in a
  stall told by SACK is counted like that.
- `duplicate_ack`: from duplicate acknowledgments (RFC 5681) elsewhere, where SACK is not spoken.
"""

from __future__ import annotations

from dataclasses import replace

from .stall_arrivals import by_arrival
from .stall_duplicate_ack import by_duplicate_ack
from .stall_record import Stall, Where, at_receiver
from .stall_sack import by_sack, says_sack
from .trace import Trace


def stalls(trace: Trace, where: Where) -> list[Stall]:
    """The stalls of both directions, by their start. The trace has no packets that the capture doubled."""
    found: list[Stall] = []
    for direction in (0, 1):
        receiver = 1 - direction
        acks = (trace.direction == receiver).any()
        if acks and says_sack(trace, receiver):
            told = by_sack(trace, where, direction)
            found += _counted(told, by_arrival(trace, where, direction)) if at_receiver(trace, where, direction) else told
        elif not acks or at_receiver(trace, where, direction):
            found += by_arrival(trace, where, direction)
        else:
            found += by_duplicate_ack(trace, where, direction)
    return sorted(found, key=lambda stall: stall.start_ns)


def _counted(told: list[Stall], arrived: list[Stall]) -> list[Stall]:
    """The stalls told by acknowledgments; what was held in them as it arrived, wherever the arrivals say the same."""
    same = {(stall.start_ns, stall.end_ns): stall for stall in arrived}
    return [_as(stall, same.get((stall.start_ns, stall.end_ns))) for stall in told]


def _as(stall: Stall, arrived: Stall | None) -> Stall:
    if arrived is None:
        return stall
    return replace(
        stall,
        holes=arrived.holes,
        hole_count=arrived.hole_count,
        held_to=arrived.held_to,
        bytes_held=arrived.bytes_held,
        held_byte_ns=arrived.held_byte_ns,
        released=arrived.released,
        filled_row=arrived.filled_row,
        filled_frame=arrived.filled_frame,
    )
