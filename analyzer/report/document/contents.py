"""What a report says, in its order: sections of words, tables and graphs. Nothing of it is escaped, and none has a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.report.graphs.graph import Graph

from .kept import Row
from .table import Table
from .waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class Figure:
    """A number at the top."""

    label: str
    value: str
    note: str = ""
    problem: bool = False  #: it is bad news


@dataclass(frozen=True, slots=True)
class Share:
    """How much of all waiting was for whom."""

    who: str
    name: str
    ns: int
    percent: float


@dataclass(frozen=True, slots=True)
class Found:
    """A finding."""

    row: Row
    text: str
    cost: str
    frames: str
    filters: Sequence[tuple[str, str]]  #: file, filter; of the only file, an empty name


@dataclass(frozen=True, slots=True)
class Layer:
    """The findings of a layer."""

    name: str
    title: str
    question: str  #: what one wants to know of it
    fine: str  #: the answer where there are no findings
    findings: Sequence[Found]


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph, and the table behind it."""

    name: str
    graph: Graph
    table: Table


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with values."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures of one thing."""

    name: str
    title: str
    about: str
    pictures: Sequence[Picture]
    open: bool = False  #: it is shown at once


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report with a heading of its own."""

    name: str
    title: str
    lead: str
    hint: str = ""  #: what one can do with it on a page
    layers: Sequence[Layer] = ()
    waterfall: Waterfall | None = None
    facts: Facts | None = None
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    groups: Sequence[Group] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """The whole of it."""

    title: str
    about: Sequence[str]
    verdict: Sequence[str]
    figures: Sequence[Figure]
    shares: Sequence[Share]
    sections: Sequence[Section]

    @property
    def pictures(self) -> list[Picture]:
        """All of them."""
        inside = [picture for section in self.sections for group in section.groups for picture in group.pictures]
        return [picture for section in self.sections for picture in section.pictures] + inside
