"""Round trips over time, in their two parts: from the capture point to the server and back, and to the client and back.

Acks of the client's data measure the way to the server, acks of the server's data the way to the client; the reaction of a
sender to an ack measures the other part. So both directions tell of both parts.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.report.text import duration
from analyzer.report.wording import graphs as say

from . import thinning
from .axes import MILLI, OTHER, Clock, between, clock_of, logarithmic, time_scale
from .course import Course
from .graph import Axis, Cells, Graph, Series, Shape

HEADERS: Final = ("part", "samples", "least", "median", "95 of 100 below", "most")
WIDE: Final = 30  #: times between the least and the highest sample from which on the axis is logarithmic
ROOM_ABOVE: Final = 1.1  #: times the longest round trip, where the axis ends
LEAST_PART: Final = 0.1  #: of the round trip that the smaller part has to be for their sum to be drawn, too


def rtt(course: Course) -> Graph:
    """Of a connection."""
    clock = clock_of(course)
    halves: dict[str, list[Int64]] = {"client": [], "server": []}  #: who is at the end of that part
    totals: list[Int64] = []
    for sender in ("client", "server"):
        rows = course.way(sender).trips.rows.reshape(-1, 6)
        time, far, near, total, delayed, frame = rows.T
        halves[OTHER[sender]].append(np.stack((time, far, delayed, frame), axis=1))
        known = near >= 0
        halves[sender].append(np.stack((time, near, np.zeros(len(time), np.int64), frame), axis=1)[known])
        totals.append(np.stack((time, total, delayed, frame), axis=1)[known])
    parts = {name: _ordered(rows) for name, rows in (("client", halves["client"]), ("server", halves["server"]))}
    whole = _ordered(totals)
    if course.place in parts:  # the capturing machine's own work is no way
        parts[course.place] = parts[course.place][:0]
    middles = [int(np.median(rows[:, 1])) if len(rows) else 0 for rows in parts.values()]
    if course.place in parts or min(middles) < LEAST_PART * sum(middles):
        whole = whole[:0]
    every = np.concatenate([rows[:, 1] for rows in (*parts.values(), whole)])
    positive = every[every > 0]
    longest = int(positive.max()) if len(positive) else MILLI
    unit, factor = time_scale(longest)
    axis = _axis(positive, unit, factor)
    plain = {name: rows[rows[:, 2] == 0] for name, rows in parts.items()}
    late = _ordered([rows[rows[:, 2] != 0] for rows in parts.values()])
    sorts = [(name, f"to the {name} and back", rows) for name, rows in plain.items()]
    sorts += [("round_trip", "whole round trip", whole[whole[:, 2] == 0]), ("delayed_ack", "maybe a delayed ACK", late)]
    series = [_points(style, name, rows, clock, factor, axis.logarithmic) for style, name, rows in sorts]
    names = {"client": "capture point to client and back", "server": "capture point to server and back"}
    return Graph(
        name=f"rtt-{course.stream}",
        title="Round-trip times",
        subtitle=between(course),
        x=clock.axis,
        y=axis,
        series=tuple(one for one in series if len(one)),
        notes=say.trip_notes(course.place, course.handshake_ns, bool(len(late)), course.late),
        headers=HEADERS,
        rows=tuple(_row(names[name], rows) for name, rows in parts.items() if len(rows)),
    )


def _axis(values: Int64, unit: str, factor: int) -> Axis:
    """Logarithmic, where the round trips differ so much that the short ones could not be told apart."""
    least, most = (int(values.min()), int(values.max())) if len(values) else (factor, factor)
    if most > WIDE * least:
        return logarithmic("round trip", unit, least / factor, most / factor)
    return Axis("round trip", unit, least=0, most=ROOM_ABOVE * most / factor)


def _ordered(parts: list[Int64]) -> Int64:
    """All samples in the order of time."""
    rows = np.concatenate(parts)
    found: Int64 = rows[np.argsort(rows[:, 0], kind="stable")]
    return found


def _points(style: str, name: str, rows: Int64, clock: Clock, factor: int, positive: bool) -> Series:
    if positive:
        rows = rows[rows[:, 1] > 0]
    rows = rows[thinning.line(rows[:, 0], rows[:, 1])]
    texts = [f"{duration(took)}\nframe {frame}" for _, took, _, frame in rows.tolist()]
    return Series(name, style, Shape.POINTS, clock.at(rows[:, 0]), rows[:, 1] / factor, texts=texts)


def _row(name: str, rows: Int64) -> Cells:
    least, median, upper, most = np.quantile(rows[:, 1], (0, 0.5, 0.95, 1)).round().astype(np.int64).tolist()
    return (name, f"{len(rows):,}", duration(least), duration(median), duration(upper), duration(most))
