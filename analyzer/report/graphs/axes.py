"""What the pictures of connections have in common: their time axis, who is talking to whom, and times as cells of a table."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.table import Ends
from analyzer.report.text import SECOND, duration

from .course import Course
from .graph import Axis, Cells, Float64, Kind

MILLI: Final = 1_000_000
SHORT_NS: Final = 2 * SECOND  #: what is shorter is shown in ms
LONGEST_NS: Final = 1 << 62  #: longer spans, of a clock that makes no sense, do not fit into 64 bits
LEAST_SPAN: Final = 0.001  #: of the axis, in its unit: a picture of a single packet has no width
LEAST_BYTES: Final = 10  #: that an axis of bytes shows: there are no parts of them
PLACES: Final = frozenset(("time", "from", "to", "start"))  #: headers of what Clock.cell writes
SINCE_FIRST: Final = "time since the connection's first packet"
SINCE_SEEN: Final = "time since the first packet shown"

OTHER: Final = {"client": "server", "server": "client"}


class Clock:
    """Times of the capture as places on an axis that begins at 0."""

    def __init__(self, begin_ns: int, end_ns: int, name: str) -> None:
        self.begin_ns = begin_ns
        self.end_ns = end_ns
        self.per_unit = MILLI if end_ns - begin_ns < SHORT_NS else SECOND
        unit = "ms" if self.per_unit == MILLI else "s"
        self.axis = Axis(name, unit, Kind.TIME, least=0, most=max((end_ns - begin_ns) / self.per_unit, LEAST_SPAN))

    def at(self, time: Int64) -> Float64:
        """Where these times lie."""
        if self.end_ns - self.begin_ns > LONGEST_NS:
            return (time.astype(np.float64) - self.begin_ns) / self.per_unit
        return (time - self.begin_ns).astype(np.float64) / self.per_unit

    def point(self, time: int) -> float:
        return (time - self.begin_ns) / self.per_unit

    def cell(self, time: int) -> str:
        """The same as text."""
        digits = 3 if self.per_unit == MILLI else 6
        return f"{round(self.point(time), digits) + 0.0:.{digits}f}"  # + 0.0: no -0.000

    def headed(self, headers: Cells) -> Cells:
        """The headers of a table, those of such cells with their unit."""
        return tuple(f"{header} ({self.axis.unit})" if header in PLACES else header for header in headers)


def clock_of(course: Course) -> Clock:
    return Clock(course.begin_ns, course.end_ns, SINCE_SEEN if course.late else SINCE_FIRST)


def time_scale(most_ns: int) -> tuple[str, int]:
    """The unit in which durations up to this are read most easily, and its ns."""
    for unit, factor in (("us", 1_000), ("ms", MILLI)):
        if most_ns < 2_000 * factor:
            return unit, factor
    return "s", SECOND


def logarithmic(name: str, unit: str, least: float, most: float) -> Axis:
    """An axis from 1, 2 or 5 times a power of ten to another, at least a factor of ten apart."""
    low, high = _round(least, down=True), _round(most, down=False)
    if high < 10 * low:
        low, high = _round((low * high / 10) ** 0.5, down=True), _round((low * high * 10) ** 0.5, down=False)
    return Axis(name, unit, logarithmic=True, least=low, most=high)


def _round(value: float, down: bool) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [step * power for step in (1, 2, 5, 10)]
    nearly = 1e-9 * value
    return (
        max(step for step in steps if step <= value + nearly) if down else min(step for step in steps if step >= value - nearly)
    )


def endpoint(ends: Ends, which: int, resolve: Callable[[str], str] = str) -> str:
    """192.0.2.1:443; [2001:db8::1]:443"""
    name = resolve(ends.addresses[which])
    return f"[{name}]:{ends.ports[which]}" if ":" in name else f"{name}:{ends.ports[which]}"


def between(course: Course) -> str:
    """TCP stream 4: client to server, in how long."""
    ends = course.ends
    who = f": client {endpoint(ends, 0)}, server {endpoint(ends, 1)}" if ends is not None else ""
    return f"TCP stream {course.stream}{who}, {duration(course.end_ns - course.begin_ns)}"
