"""How fast a connection was, and how much of its data was under way: bits per second, and bytes in flight below the window.

Throughput counts payload, every byte once, in equal intervals; what was sent again is a line of its own. Bytes in flight are
what was sent and not yet acknowledged, as seen at the capture point.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.report.text import SECOND, size
from analyzer.report.wording import graphs as say

from .axes import LEAST_BYTES, OTHER, Clock, between, clock_of
from .course import Course, Line
from .graph import Axis, Cells, Float64, Graph, Series, Shape
from .rate import Rate

INTERVALS: Final = 150  #: in a picture, at most; none is shorter than a round trip, in which a window of data goes at once
FEWEST: Final = 20  #: in a picture of few round trips
ROOM_ABOVE: Final = 1.5  #: times the highest bytes in flight; a window above that does not belong to the picture
RATE_HEADERS: Final = ("from", "to", "client", "server", "sent again")
FLIGHT_HEADERS: Final = ("from", "to", "most in flight", "least window")
TABLE_ROWS: Final = 24  #: of the table behind a picture: each stands for an equal part of the time


def throughput(course: Course) -> Graph:
    """Of both directions."""
    clock = clock_of(course)
    lasted = course.end_ns - course.begin_ns
    least = max(lasted // INTERVALS, min(course.handshake_ns or 0, lasted // FEWEST), 1)
    client, server = course.way("client"), course.way("server")
    width = max(_width(rate, least) for rate in (client.rate, server.rate, client.again, server.again))
    series = [
        _rate("client", "client's data", client.rate, clock, width),
        _rate("server", "server's data", server.rate, clock, width),
        _rate("repeated", "sent again by the client", client.again, clock, width),
        _rate("repeated", "sent again by the server", server.again, clock, width),
    ]
    return Graph(
        name=f"throughput-{course.stream}",
        title="Throughput",
        subtitle=between(course),
        x=clock.axis,
        y=Axis("throughput", "bit/s", least=0),
        series=tuple(one for one in series if len(one)),
        notes=say.rate_notes(width, course.late),
        headers=clock.headed(RATE_HEADERS),
        rows=tuple(_rate_rows(course, clock)),
    )


def _width(rate: Rate, least_ns: int) -> int:
    return rate.intervals(least_ns, rate.begin_ns)[2]


def _rate(style: str, name: str, rate: Rate, clock: Clock, width: int) -> Series:
    """Bits per second; 0 behind the last byte."""
    starts, octets, width = rate.intervals(width, clock.end_ns)
    used = np.flatnonzero(octets)
    if not len(used):
        return Series(name, style, Shape.STEPS, np.zeros(0), np.zeros(0))
    last = int(used[-1])
    times = np.concatenate((starts[: last + 1], [min(int(starts[last]) + width, clock.end_ns), clock.end_ns]))
    return Series(name, style, Shape.STEPS, clock.at(times), np.concatenate((octets[: last + 1], [0, 0])) * 8 * SECOND / width)


def _rate_rows(course: Course, clock: Clock) -> list[Cells]:
    """Bytes in equal parts of the time."""
    ways = (course.way("client"), course.way("server"))
    edges = np.linspace(course.begin_ns, max(course.end_ns, course.begin_ns + 1), TABLE_ROWS + 1).astype(np.int64)
    counts = []
    for rate in (ways[0].rate, ways[1].rate, ways[0].again, ways[1].again):
        starts, octets, _ = rate.intervals(1, course.end_ns)
        place = np.clip(np.searchsorted(edges, starts, side="right") - 1, 0, TABLE_ROWS - 1)
        counts.append(np.bincount(place, octets, TABLE_ROWS).astype(np.int64))
    return [
        (
            clock.cell(int(edges[i])), clock.cell(int(edges[i + 1])), size(int(counts[0][i])), size(int(counts[1][i])),
            size(int(counts[2][i] + counts[3][i])),
        )
        for i in range(TABLE_ROWS)
    ]  # fmt: skip


def in_flight(course: Course, sender: str) -> Graph:
    """Bytes in flight of the data of "client" or "server", below the receiver's window."""
    clock, way, receiver = clock_of(course), course.way(sender), OTHER[sender]
    highest = int(way.flight.value.max()) if len(way.flight.value) else 0
    known = bool(len(way.room.value))
    most = max(int(ROOM_ABOVE * highest), LEAST_BYTES)
    near = known and int(way.room.value.min()) <= most
    resent = way.resent.rows.reshape(-1, way.resent.width)
    at = np.searchsorted(way.flight.time, resent[:, 0], side="right") - 1
    resent, at = resent[at >= 0], at[at >= 0]
    texts = [f"{say.resent(row[3], row[4])}\nframe {row[5]}" for row in resent.tolist()]
    under_way = way.flight.value[at].astype(np.float64) if len(at) else np.zeros(0)
    series = [
        *([_line("window", f"{receiver}'s window", way.room, clock)] if near else []),
        _line("in_flight", f"in flight, {sender}'s data", way.flight, clock),
        Series(
            "sent again", "timeout", Shape.POINTS, clock.at(resent[:, 0]), under_way, texts=texts, left_out=way.resent.left_out
        ),
    ]
    return Graph(
        name=f"in-flight-{course.stream}-{sender}",
        title=f"Bytes in flight of the {sender}'s data",
        subtitle=between(course),
        x=clock.axis,
        y=Axis("bytes in flight", "B", least=0, most=most),
        series=tuple(one for one in series if len(one)) if highest else (),
        notes=say.flight_notes(receiver, known, course.late, None if near or not known else int(way.room.value.min())),
        headers=clock.headed(FLIGHT_HEADERS),
        rows=tuple(_flight_rows(course, way.flight, way.room, clock)) if highest else (),
    )


def _line(style: str, name: str, line: Line, clock: Clock) -> Series:
    return Series(name, style, Shape.STEPS, clock.at(line.time), _floats(line))


def _floats(line: Line) -> Float64:
    return line.value.astype(np.float64)


def _flight_rows(course: Course, flight: Line, room: Line, clock: Clock) -> list[Cells]:
    edges = np.linspace(course.begin_ns, max(course.end_ns, course.begin_ns + 1), TABLE_ROWS + 1).astype(np.int64)
    edges[-1] += 1
    found: list[Cells] = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        flying, open_ = _between(flight, begin, end), _between(room, begin, end)
        most = size(int(flying.max())) if len(flying) else ""
        found.append((clock.cell(begin), clock.cell(end), most, size(int(open_.min())) if len(open_) else ""))
    return found


def _between(line: Line, begin: int, end: int) -> Int64:
    """The values that held in that time."""
    first, last = np.searchsorted(line.time, (begin, end)).tolist()
    return line.value[max(first - 1, 0) : last]
