"""Why a connection stood still, over time: a line for the stalls of each direction, and one for each reason of waits.py."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import Wait
from analyzer.report.tables.waits import said
from analyzer.report.text import duration, numbers
from analyzer.report.wording import graphs as say

from .axes import Clock, between, clock_of
from .course import Course
from .graph import Axis, Cells, Graph, Kind, Series, Shape

HEADERS: Final = ("from", "how long", "why", "waited for", "frames")
#: style, what the legend says, and the reasons that are drawn so; HEAD_OF_LINE is what the stalls say
GROUPS: Final = (
    ("loss", "lost packets", (Reason.SYN_REPEAT, Reason.TAIL_LOSS)),
    ("receiver", "the receiver", (Reason.ZERO_WINDOW, Reason.WINDOW_FULL, Reason.NAGLE_DELAYED_ACK)),
    ("server_time", "the server", (Reason.SERVER_THINKING, Reason.SERVER_IDLE, Reason.UNANSWERED)),
    ("client_time", "the client", (Reason.CLIENT_IDLE,)),
    (
        "network", "the way and congestion",
        (Reason.CONNECT, Reason.ROUND_TRIP, Reason.NETWORK_DELAY, Reason.SLOW_START, Reason.CONGESTION_WINDOW),
    ),
    ("moving", "data flows", (Reason.TRANSFER,)),
    ("unknown", "nobody, or unknown", (Reason.IDLE, Reason.CLOSE, Reason.AFTER_RESET, Reason.UNKNOWN)),
)  # fmt: skip
LEAST_SHARE: Final = 0.0005  #: of the time that a reason has to have for a line of its own


def stall_timeline(course: Course) -> Graph:
    """Of a connection."""
    clock = clock_of(course)
    whole = max(course.end_ns - course.begin_ns, 1)
    labels: list[str] = []
    series: list[Series] = []
    for sender in ("client", "server"):
        direction = course.client if sender == "client" else 1 - course.client
        mine = [stall for stall in course.stalls if stall.direction == direction]
        if mine:
            series.append(_stalls(mine, len(labels), course, clock, f"head of line, {sender}'s data"))
            labels.append(f"head of line, {sender}'s data  {duration(sum(stall.duration_ns or 0 for stall in mine))}")
    for style, name, reasons in GROUPS:
        found = [reason for reason in reasons if course.totals.get(reason, 0) >= LEAST_SHARE * whole]
        found.sort(key=lambda reason: -course.totals[reason])
        lines = {reason: len(labels) + i for i, reason in enumerate(found)}
        labels += [f"{said(reason)}  {duration(course.totals[reason])}" for reason in found]
        waits = [wait for wait in course.waits if wait.reason in lines]
        if waits:
            series.append(_waits(style, name, waits, lines, clock))
    return Graph(
        name=f"stalls-{course.stream}",
        title="Why the connection waited",
        subtitle=between(course),
        x=clock.axis,
        y=Axis("", kind=Kind.CATEGORY, labels=tuple(labels)),
        series=tuple(series),
        notes=say.timeline_notes(course.late),
        headers=clock.headed(HEADERS),
        rows=tuple(_rows(course, clock)),
    )


def _stalls(stalls: list[Stall], place: int, course: Course, clock: Clock, name: str) -> Series:
    start = np.array([stall.start_ns for stall in stalls], np.int64)
    end = np.array([course.end_ns if stall.end_ns is None else stall.end_ns for stall in stalls], np.int64)
    texts = [f"{say.stall(stall)}\n{_frames(_shown_by(stall))}" for stall in stalls]
    return Series(name, "stall_bar", Shape.BARS, clock.at(start), np.full(len(stalls), float(place)), clock.at(end), texts=texts)


def _waits(style: str, name: str, waits: list[Wait], lines: dict[Reason, int], clock: Clock) -> Series:
    start = np.array([wait.start_ns for wait in waits], np.int64)
    end = np.array([wait.end_ns for wait in waits], np.int64)
    place = np.array([lines[wait.reason] for wait in waits], np.float64)
    texts = [f"{said(wait.reason)} for {duration(wait.duration_ns)}\n{_frames(wait.evidence)}" for wait in waits]
    return Series(name, style, Shape.BARS, clock.at(start), place, clock.at(end), texts=texts)


def _frames(evidence: tuple[int, ...]) -> str:
    return f"{'frame' if len(evidence) == 1 else 'frames'} {numbers(evidence)}"


def _rows(course: Course, clock: Clock) -> list[Cells]:
    """The phases, without those in which data simply flowed, the longest first."""
    told = sorted((wait for wait in course.waits if wait.reason != Reason.TRANSFER), key=lambda wait: -wait.duration_ns)
    return [
        (clock.cell(wait.start_ns), duration(wait.duration_ns), said(wait.reason), wait.who or "", numbers(wait.evidence))
        for wait in told
    ]


def _shown_by(stall: Stall) -> tuple[int, ...]:
    """The frames that showed its begin and its end."""
    return (stall.opened_frame,) if stall.closed_frame is None else (stall.opened_frame, stall.closed_frame)
