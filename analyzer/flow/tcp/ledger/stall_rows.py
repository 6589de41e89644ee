"""Rows of head-of-line stalls. STALL says what their keys mean, in the order in which every format has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from analyzer.flow.columns import Row
from analyzer.flow.meaning import EPOCH, boolean, frame, integer, listing, text, time

from .stall_record import Hole, Stall
from .verdict import Confidence, Need, word
from .victims import Victim

MOST_LISTED: Final = 32  #: holes, and victims, in a row

STALL: Final = {  #: bytes that waited at the receiver since earlier ones were missing
    "stream": integer("number of the conversation, as in tcp.stream"),
    "direction": text("who sent the data: client or server"),
    "start_ns": time(f"when the first byte waited, {EPOCH}, as the capture point saw it (see shift_ns)"),
    "end_ns": time("when the last hole was filled; null: it was still open when the capture or the connection ended"),
    "duration_ns": time("from start to end, the same wherever it is seen; null: no end"),
    "missing_from": integer("offset in the stream of the first missing byte when it began"),
    "missing_to": integer("offset behind that hole"),
    "bytes_held": integer("bytes that waited, at most", "bytes"),
    "first_held_frame": frame("the segment that was the first to wait; null: not captured"),
    "filled_frame": frame("the segment that filled the last hole; null: not captured, or never"),
    "seen_by": text("gap: from the segments as they arrive; sack or duplicate_ack: from the receiver's acknowledgments"),
    "cause": text(
        "why the segment that filled the last hole was sent, as `trigger` in rows of tcp;"
        " reordering: it was the original, which came late; not_captured: the capture says that it lost frames there; unknown"
    ),
    "opened_frame": frame("the packet that showed the stall: that segment, or an acknowledgment"),
    "closed_frame": frame("the packet that showed its end; null: none"),
    "shift_ns": time("how much earlier than start_ns and end_ns it was at the receiver; null: unknown"),
    "held_to": integer("offset behind the highest byte that waited"),
    "released_bytes": integer("bytes that the last filler set free, without its own", "bytes"),
    "held_byte_ns": integer("bytes that waited, times how long, summed up", "byte ns"),
    "hole_count": integer("holes in it"),
    "holes": listing(
        f"the first {MOST_LISTED} of them: missing_from, missing_to, opened_ns, filled_ns (null: never),"
        " filled_frame (null: not captured)"
    ),
    "victims": listing(
        f"the first {MOST_LISTED} messages that waited: protocol, label, start, end (offsets), first_frame, last_frame,"
        " state (complete: only earlier bytes were missing; begun: a part of it waited), delayed_ns"
    ),
    "victim_count": integer("messages that waited, as far as they are known"),
    "need": text("of the segment that filled the last hole, as in rows of tcp; null: no retransmission"),
    "confidence": text("high, medium or low"),
    "begun": boolean("it began in the capture; false: it was open already where the connection is first seen"),
}
STALL_KEYS: Final = tuple(STALL)


class Found(NamedTuple):
    """A stall with what others know of it."""

    stream: int
    client: int  #: direction of the client
    stall: Stall
    need: Need = Need.NONE  #: of its filler
    victims: Sequence[Victim] = ()


def rows(found: Iterable[Found]) -> Iterator[Row]:
    """In the order in which they began."""
    for one in sorted(found, key=lambda one: (one.stall.start_ns, one.stream)):
        yield row(one)


def row(found: Found) -> Row:
    """One of them."""
    stall = found.stall
    lowest = stall.holes[0]
    return {
        "stream": found.stream,
        "direction": "client" if stall.direction == found.client else "server",
        "start_ns": stall.start_ns,
        "end_ns": stall.end_ns,
        "duration_ns": stall.duration_ns,
        "missing_from": lowest.missing_from,
        "missing_to": lowest.missing_to,
        "bytes_held": stall.bytes_held,
        "first_held_frame": stall.first_held_frame,
        "filled_frame": stall.filled_frame,
        "seen_by": stall.seen_by,
        "cause": stall.cause or "unknown",
        "opened_frame": stall.opened_frame,
        "closed_frame": stall.closed_frame,
        "shift_ns": stall.shift_ns,
        "held_to": stall.held_to,
        "released_bytes": stall.released,
        "held_byte_ns": stall.held_byte_ns,
        "hole_count": stall.hole_count,
        "holes": [_hole(hole) for hole in stall.holes[:MOST_LISTED]],
        "victims": [_victim(victim) for victim in found.victims[:MOST_LISTED]],
        "victim_count": len(found.victims),
        "need": word(found.need),
        "confidence": word(stall.confidence or Confidence.LOW),
        "begun": stall.begun,
    }


def _hole(hole: Hole) -> dict[str, Any]:
    return {
        "missing_from": hole.missing_from,
        "missing_to": hole.missing_to,
        "opened_ns": hole.opened_ns,
        "filled_ns": hole.filled_ns,
        "filled_frame": hole.filled_frame,
    }


def _victim(victim: Victim) -> dict[str, Any]:
    span = victim.span
    return {
        "protocol": span.protocol,
        "label": span.label,
        "start": span.start,
        "end": span.end,
        "first_frame": span.first_frame,
        "last_frame": span.last_frame,
        "state": victim.state,
        "delayed_ns": victim.delayed_ns,
    }
