"""The graphs of a report, each with the table behind it: of handshakes by server, and of the most interesting connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analyzer.report.graphs.axes import between
from analyzer.report.graphs.connection_graphs import ConnectionGraphs
from analyzer.report.graphs.course import Course
from analyzer.report.graphs.distributions import handshake_distributions
from analyzer.report.graphs.graph import MOST_ROWS, Graph
from analyzer.report.text import duration, listed, plural, size

from .contents import Group, Picture
from .kept import Row
from .table import Column, Table

OPEN: Final = 1  #: connections that are shown at once; the others are opened by who wants to see them


def distributions(handshakes: Sequence[Row]) -> tuple[Picture, ...]:
    """How long servers took to answer; nothing, where nothing was measured."""
    graph = handshake_distributions(handshakes)
    return () if graph.empty else (picture(graph),)


def connections(graphs: ConnectionGraphs) -> tuple[Group, ...]:
    """A group of pictures for each connection, the most interesting first."""
    groups: list[Group] = []
    for stream in graphs.streams:
        course, drawn = graphs.course(stream), graphs.graphs(stream)
        if course is not None and drawn:
            title = between(course)
            pictures = tuple(map(picture, drawn))
            groups.append(Group(f"stream-{stream}", title, _about(course), pictures, len(groups) < OPEN))
    return tuple(groups)


def picture(graph: Graph) -> Picture:
    """A graph with its table."""
    headers, rows = graph.table()
    columns = tuple(Column(header, number=_number(rows[:MOST_ROWS], place)) for place, header in enumerate(headers))
    return Picture(graph.name, graph, Table(f"{graph.name}-table", graph.title, columns, rows, len(rows)))


def _number(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether all cells of a column begin with a digit, or are empty."""
    return any(row[place] for row in rows) and all(not row[place] or row[place][0].isdigit() for row in rows)


def _about(course: Course) -> str:
    """In a line: bytes, time, and what went wrong."""
    resent = sum(len(way.resent.rows) + way.resent.left_out for way in course.ways)
    stalls = len(course.stalls) + course.stalls_left_out
    parts = [
        f"{size(sum(way.bytes for way in course.ways))} in {duration(course.end_ns - course.begin_ns)}",
        f"{plural(resent, 'segment')} sent again" if resent else "",
        plural(stalls, "head-of-line stall") if stalls else "",
    ]
    return listed([part for part in parts if part])
