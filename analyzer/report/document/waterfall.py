"""Journeys as bars on one time axis, each divided into its phases: what a browser's network panel shows.

The axis is that of the capture (the clock), or every journey begins at its left end (side by side), which shows more where
little happened most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analyzer.journey.phase import PHASES

from .kept import Row

REPAIR: Final = ("loss_repair", "head_of_line")  #: who is waited for where the network lost something
TICKS: Final = (1, 2, 5)  #: steps of the axis, times a power of ten
MOST_TICKS: Final = 6
LONG: Final = 100  #: bars
SPARSE: Final = 0.02  #: of the axis: if half of the journeys are shorter, they stand side by side


@dataclass(frozen=True, slots=True)
class Part:
    """A phase in a bar."""

    phase: str
    percent: float  #: of the bar
    duration_ns: int
    start_ns: int  #: since the journey began
    who: str | None  #: was waited for most of the time; None: it took none
    waited: Sequence[tuple[str, int]]  #: who was waited for how long, the longest first
    first_frame: int | None
    last_frame: int | None
    repair: bool  #: most of it went into the repair of losses


@dataclass(frozen=True, slots=True)
class Bar:
    """A journey."""

    row: Row
    left: float  #: in percent of the axis: where it begins on the clock
    width: float  #: how long it is there
    beside: float  #: how long it is side by side with the others
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Axis:
    """Length and ticks of an axis, in ns since its left end."""

    length_ns: int
    ticks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Bars in the order of their begin."""

    bars: Sequence[Bar]
    total: int  #: journeys that there were
    clock: Axis
    beside: Axis
    start_ns: int  #: where the clock begins
    sparse: bool  #: it is better read side by side

    @property
    def long(self) -> bool:
        """There are so many that a browser had better not draw those that are out of view."""
        return len(self.bars) > LONG

    @property
    def phases(self) -> list[str]:
        """Those that occur."""
        found = {part.phase for bar in self.bars for part in bar.parts}
        return [phase for phase in PHASES if phase in found]

    @property
    def repaired(self) -> bool:
        """Somebody waited for the repair of losses most of a phase."""
        return any(part.repair for bar in self.bars for part in bar.parts)


def waterfall(journeys: Sequence[Row], total: int) -> Waterfall:
    """The bars of so many journeys out of `total`."""
    journeys = sorted(journeys, key=lambda row: row["start_ns"])
    start = min((row["start_ns"] for row in journeys), default=0)
    end = max((row["start_ns"] + _length(row) for row in journeys), default=start)
    longest = max(map(_length, journeys), default=0)
    clock, beside = axis(end - start), axis(longest)
    bars = [_bar(row, start, clock, beside) for row in journeys]
    short = sum(bar.width < 100 * SPARSE for bar in bars)
    return Waterfall(bars, total, clock, beside, start, 2 * short > len(bars) > 1)


def axis(length_ns: int) -> Axis:
    """With ticks at round times."""
    length_ns = max(length_ns, 1)
    step = 1
    while length_ns // step > MOST_TICKS:
        power = 10 ** (len(str(step)) - 1)
        first = step // power
        step = power * next((tick for tick in TICKS if tick > first), 10)
    return Axis(length_ns, range(0, length_ns + 1, step))


def _length(row: Row) -> int:
    return int(row["duration_ns"] or 0)


def _bar(row: Row, start: int, clock: Axis, beside: Axis) -> Bar:
    length = _length(row)
    parts = [_part(row, phase, length) for phase in row["phases"]]
    left = 100 * (row["start_ns"] - start) / clock.length_ns
    return Bar(row, left, 100 * length / clock.length_ns, 100 * length / beside.length_ns, parts)


def _part(row: Row, phase: dict[str, Any], length: int) -> Part:
    took = phase["duration_ns"]
    waited = sorted(phase["waited"].items(), key=lambda item: -item[1])
    return Part(
        phase["phase"], 100 * took / length if length else 0, took, phase["start_ns"] - row["start_ns"], phase["who"], waited,
        phase["first_frame"], phase["last_frame"], phase["who"] in REPAIR,
    )  # fmt: skip
