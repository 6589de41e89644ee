"""What a picture is, whoever draws it: axes with units, series with a style word, marks, notes, and a table of the same facts.

A builder makes a Graph of facts; drawn_with_plotly.py and drawn_with_matplotlib.py draw any Graph. Colours, symbols and dashes
are words here (palette.py says what they look like). Text may hold what packets said: whoever draws it makes it harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Cells = tuple[str, ...]  #: one row of a table

MOST_ROWS: Final = 200  #: of the table behind a picture; more are counted in its last row


def _nothing() -> Float64:
    return np.zeros(0, np.float64)


class Kind(Enum):
    """What an axis shows."""

    TIME = "time"  #: since the start, in the axis' unit
    VALUE = "value"
    CATEGORY = "category"  #: places 0, 1, 2 ... from the top to the bottom, each with a label


class Shape(Enum):
    """How the points of a series are drawn."""

    POINTS = "points"  #: a symbol at (x, y)
    LINE = "line"  #: from each (x, y) straight to the next; NaN breaks it
    STEPS = "steps"  #: y holds from its x to the next x; NaN breaks it
    SEGMENTS = "segments"  #: a stroke of its own from (x, y) to (x_to, y_to)
    BARS = "bars"  #: a horizontal bar from x to x_to in the category at place y
    BANDS = "bands"  #: the whole height of the picture from x to x_to, behind everything else


@dataclass(frozen=True, slots=True)
class Axis:
    """One of the two axes."""

    name: str
    unit: str = ""  #: "s", "ms", "B", "bit/s"; large values are drawn with SI prefixes where the unit is B or bit/s
    kind: Kind = Kind.VALUE
    labels: tuple[str, ...] = ()  #: of the categories, from the top to the bottom
    logarithmic: bool = False
    least: float | None = None  #: where it begins; None: at the least value
    most: float | None = None

    @property
    def title(self) -> str:
        """time since the first packet (ms)"""
        return f"{self.name} ({self.unit})" if self.unit and not self.prefixed else self.name

    @property
    def prefixed(self) -> bool:
        """Whether its values are drawn with their unit and an SI prefix: 1.5 MB."""
        return self.unit in ("B", "bit/s")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Things of one sort, that look alike. All columns have one length."""

    name: str  #: what the legend says; empty: it belongs to the series of its style that has a name
    style: str  #: a word of palette.LOOKS
    shape: Shape
    x: Float64
    y: Float64 = field(default_factory=_nothing)  #: empty for BANDS
    x_to: Float64 = field(default_factory=_nothing)  #: of SEGMENTS, BARS and BANDS
    y_to: Float64 = field(default_factory=_nothing)  #: of SEGMENTS
    texts: Sequence[str] = ()  #: what is to be said of each where one can point at it; empty: only its numbers
    left_out: int = 0  #: so many more there were no room for

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class Mark:
    """A short text right of a point; without y at the top."""

    x: float
    text: str
    y: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A picture."""

    name: str  #: in letters, digits and "-", other than that of every other picture of the same report: sequence-4-server
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    subtitle: str = ""
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()  #: sentences to be read below it
    headers: Cells = ()
    rows: tuple[Cells, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(len(series) for series in self.series)

    def table(self) -> tuple[Cells, tuple[Cells, ...]]:
        """The facts of the picture for who cannot see it: headers, and at most MOST_ROWS rows and one that counts the others."""
        if len(self.rows) <= MOST_ROWS:
            return self.headers, self.rows
        more = f"... {len(self.rows) - MOST_ROWS:,} more"
        return self.headers, (*self.rows[:MOST_ROWS], (more, *[""] * (len(self.headers) - 1)))
