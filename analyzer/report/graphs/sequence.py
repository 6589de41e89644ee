"""The time-sequence graph of one direction, as tcptrace made it known: which bytes were sent, acknowledged and allowed, when.

Every segment is a stroke from its first to its last byte at the time when it was seen. The ack line is how far the receiver had
everything, the window line how far it let the sender go. A stroke below the others is a segment sent again; SACK blocks show
what the receiver had behind a hole. The bytes of a hole are a line from when later ones arrived to when it was filled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.verdict import Kind, Need, Trigger
from analyzer.report.text import duration, size
from analyzer.report.wording import graphs as say

from .axes import LEAST_BYTES, OTHER, Clock, between, clock_of
from .course import Course, Events, Line, Strokes, Way
from .graph import Axis, Cells, Graph, Mark, Series, Shape

MOST_MARKS: Final = 3  #: stalls that bear their duration, the longest
ROOM_ABOVE: Final = 0.3  #: how far the picture goes above the data, as a share of that: a wide window would make it flat
SHARE_OF_MARK: Final = 0.02  #: of the picture that a stall has to last to bear it
HEADERS: Final = ("time", "what", "offset", "bytes", "frame")
GROUPS: Final[Sequence[tuple[str, str, tuple[Trigger, ...]]]] = (
    ("timeout", "sent again, timeout", (Trigger.RTO, Trigger.RTO_RECOVERY, Trigger.SYN_TIMER, Trigger.SYNACK_TIMER)),
    ("fast", "sent again, fast", (Trigger.FAST_RETRANSMIT, Trigger.FAST_RECOVERY)),
    ("probe", "sent again, tail loss probe", (Trigger.TLP,)),
    ("resent", "sent again, reason unknown", (Trigger.NONE, Trigger.UNKNOWN)),
)
NEEDLESS: Final = (Need.NEEDLESS, Need.NEEDLESS_CROSSING, Need.PREMATURE)


def sequence(course: Course, sender: str) -> Graph:
    """Of the data of "client" or "server"."""
    way, clock = course.way(sender), clock_of(course)
    direction = course.client if sender == "client" else 1 - course.client
    stalls = [stall for stall in course.stalls if stall.direction == direction]
    top = max((int(column.max()) for column in (way.sent.columns[3], way.acked.value) if len(column)), default=0)
    shown = max(int(top + ROOM_ABOVE * (top - _lowest(way))), LEAST_BYTES)
    wide = not len(way.edge.value) or int(way.edge.value.min()) > shown
    series = [
        *_bands(stalls, course, clock),
        *([] if wide else [_line("window", f"{OTHER[sender]}'s window", way.edge, clock, course)]),
        _line("acked", f"acknowledged by {OTHER[sender]}", way.acked, clock, course),
        _strokes("sack", "selectively acknowledged (SACK)", way.sacked, clock),
        _strokes("sent", f"sent by {sender}", way.sent, clock),
        _holes(stalls, course, clock),
        *_resent(way, clock),
        _points("overtaken", "overtaken on the way", way.overtaken, clock, 1, _overtaken),
        *_shut(way, clock),
        _points("fin", "FIN", way.fins, clock, 1, lambda row: f"FIN\nframe {row[2]}"),
        _resets(course, sender, clock),
    ]
    return Graph(
        name=f"sequence-{course.stream}-{sender}",
        title=f"Time sequence of the {sender}'s data",
        subtitle=between(course),
        x=clock.axis,
        y=Axis("offset in the stream", "B", least=_lowest(way) if _lowest(way) > 0 else 0, most=shown),
        series=tuple(one for one in series if len(one)),
        marks=_marks(stalls, course, clock),
        notes=say.sequence_notes(sender, course.late, _room(way) if wide else None, course.stalls_left_out, way.resent.left_out),
        headers=clock.headed(HEADERS),
        rows=tuple(_rows(course, sender, stalls, clock)),
    )


def _lowest(way: Way) -> int:
    starts = way.sent.columns[2]
    return int(starts.min()) if len(starts) else 0


def _room(way: Way) -> int | None:
    """What the receiver's window had room for, at least; None: unknown."""
    return int(way.room.value.min()) if len(way.room.value) else None


def _line(style: str, name: str, line: Line, clock: Clock, course: Course) -> Series:
    """Steps, and the last one goes on to the end."""
    time, value = line.time, line.value
    if len(time):
        time, value = np.append(time, course.end_ns), np.append(value, value[-1])
    return Series(name, style, Shape.STEPS, clock.at(time), value.astype(np.float64))


def _strokes(style: str, name: str, strokes: Strokes, clock: Clock) -> Series:
    time, time_to, start, end = strokes.columns
    return Series(
        name, style, Shape.SEGMENTS, clock.at(time), start.astype(np.float64), clock.at(time_to), end.astype(np.float64)
    )


def _points(style: str, name: str, found: Events, clock: Clock, y: int, said: Callable[[list[int]], str]) -> Series:
    columns = found.columns()
    texts = [said(row) for row in found.rows.reshape(-1, found.width).tolist()]
    return Series(
        name, style, Shape.POINTS, clock.at(columns[0]), columns[y].astype(np.float64), texts=texts, left_out=found.left_out
    )


def _overtaken(row: list[int]) -> str:
    what = "late original: its retransmission came first" if row[3] == Kind.LATE_ORIGINAL else "came out of order"
    return f"{what}\nframe {row[4]}, {size(row[2] - row[1])} at offset {row[1]:,}"


def _resent(way: Way, clock: Clock) -> list[Series]:
    """Segments sent again, by what made the sender do that; those that had not been needed have a ring besides."""
    rows = way.resent.rows.reshape(-1, way.resent.width)
    made = []
    for style, name, triggers in GROUPS:
        mine = rows[np.isin(rows[:, 3], triggers)]
        made.append(_again(style, name, mine, clock))
    made.append(_again("needless", "sent again needlessly", rows[np.isin(rows[:, 4], NEEDLESS)], clock))
    return made


def _again(style: str, name: str, rows: Int64, clock: Clock) -> Series:
    texts = [
        f"{say.resent(trigger, need)}\nframe {frame}, {size(end - start)} at offset {start:,}"
        for _, start, end, trigger, need, frame in rows.tolist()
    ]
    return Series(name, style, Shape.POINTS, clock.at(rows[:, 0]), rows[:, 1].astype(np.float64), texts=texts)


def _shut(way: Way, clock: Clock) -> list[Series]:
    """At the edge of the window, when that closed."""
    time, until, first, last = way.closed.columns()
    at = np.searchsorted(way.edge.time, time, side="right") - 1
    known = at >= 0
    edge = way.edge.value[at[known]] if known.any() else time[:0]
    texts = [
        f"zero window for {duration(to - begin)}\nframes {one} to {other}"
        for begin, to, one, other in zip(
            time[known].tolist(), until[known].tolist(), first[known].tolist(), last[known].tolist(), strict=True
        )
    ]
    begin, at_edge = clock.at(time[known]), edge.astype(np.float64)
    return [
        Series("zero window", "zero_window", Shape.POINTS, begin, at_edge, texts=texts),
        Series("", "zero_window", Shape.SEGMENTS, begin, at_edge, clock.at(until[known]), at_edge, texts),
    ]


def _resets(course: Course, sender: str, clock: Clock) -> Series:
    """Of both sides, since either ends the connection: the sender's behind its data, the other's at what it had acknowledged."""
    way, other = course.way(sender), course.way(OTHER[sender])
    own = way.resets.rows.reshape(-1, 3)
    rows = other.resets.rows.reshape(-1, 3).copy()
    if len(way.acked.value):
        rows[:, 1] = way.acked.value[np.maximum(np.searchsorted(way.acked.time, rows[:, 0], side="right") - 1, 0)]
    else:
        rows[:, 1] = 0
    texts = [f"RST by {who}\nframe {row[2]}" for who, some in ((sender, own), (OTHER[sender], rows)) for row in some.tolist()]
    every = np.concatenate((own, rows))
    return Series("RST", "reset", Shape.POINTS, clock.at(every[:, 0]), every[:, 1].astype(np.float64), texts=texts)


def _bands(stalls: Sequence[Stall], course: Course, clock: Clock) -> list[Series]:
    if not stalls:
        return []
    start = np.array([stall.start_ns for stall in stalls], np.int64)
    end = np.array([course.end_ns if stall.end_ns is None else stall.end_ns for stall in stalls], np.int64)
    texts = [say.stall(stall) for stall in stalls]
    return [Series("head-of-line stall", "stall", Shape.BANDS, clock.at(start), x_to=clock.at(end), texts=texts)]


def _holes(stalls: Sequence[Stall], course: Course, clock: Clock) -> Series:
    holes = [hole for stall in stalls for hole in stall.holes]
    start = np.array([hole.opened_ns for hole in holes], np.int64)
    end = np.array([course.end_ns if hole.filled_ns is None else hole.filled_ns for hole in holes], np.int64)
    low = np.array([hole.missing_from for hole in holes], np.float64)
    texts = [f"{size(hole.missing_to - hole.missing_from)} missing at offset {hole.missing_from:,}" for hole in holes]
    return Series("missing bytes", "hole", Shape.SEGMENTS, clock.at(start), low, clock.at(end), low, texts)


def _marks(stalls: Sequence[Stall], course: Course, clock: Clock) -> tuple[Mark, ...]:
    least = (course.end_ns - course.begin_ns) * SHARE_OF_MARK
    long = [stall for stall in stalls if (stall.duration_ns or 0) > least]
    longest = sorted(long, key=lambda stall: -(stall.duration_ns or 0))[:MOST_MARKS]
    return tuple(Mark(clock.point(stall.start_ns), duration(stall.duration_ns or 0)) for stall in longest)


def _rows(course: Course, sender: str, stalls: Sequence[Stall], clock: Clock) -> list[Cells]:
    """The events in order of time."""
    way = course.way(sender)
    found: list[tuple[int, Cells]] = []
    for time, start, end, trigger, need, frame in way.resent.rows.reshape(-1, way.resent.width).tolist():
        found.append((time, (say.resent(trigger, need), f"{start:,}", f"{end - start:,}", str(frame))))
    for time, start, end, kind, frame in way.overtaken.rows.reshape(-1, way.overtaken.width).tolist():
        what = "late original" if kind == Kind.LATE_ORIGINAL else "out of order"
        found.append((time, (what, f"{start:,}", f"{end - start:,}", str(frame))))
    for stall in stalls:
        hole = stall.holes[0] if stall.holes else None
        offset = "" if hole is None else f"{hole.missing_from:,}"
        found.append((stall.start_ns, (say.stall(stall), offset, f"{stall.bytes_held:,}", str(stall.opened_frame))))
    for time, until, first, _ in way.closed.rows.reshape(-1, way.closed.width).tolist():
        found.append((time, (f"zero window for {duration(until - time)}", "", "", str(first))))
    ends = (("FIN", way.fins), *((f"RST by {side}", course.way(side).resets) for side in (sender, OTHER[sender])))
    for what, events in ends:
        found += [(time, (what, "", "", str(frame))) for time, _, frame in events.rows.reshape(-1, 3).tolist()]
    return [(clock.cell(time), *cells) for time, cells in sorted(found)]
