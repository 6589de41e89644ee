"""The report as plain text within the width of a terminal; the waterfall as bars of letters, one for each phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from analyzer.report.machine import terminal_safe
from analyzer.report.printable import columns as columns_of
from analyzer.report.text import duration, shortened, wrapped
from analyzer.report.wording import document as words
from analyzer.report.wording.journeys import PHASES

from .bars import bad, status, what, where
from .contents import Contents, Found, Section
from .table import Column, Table
from .waterfall import Bar, Waterfall

NARROWEST: Final = 72
WIDEST: Final = 160
LABEL: Final = 9  #: columns of the labels in the margin
GAP: Final = "  "
LEAST: Final = 12  #: columns that words keep; numbers keep all of theirs
NUMBER: Final = 5  #: columns of a journey's number, and the following of what is said of it
NAME: Final = 30
STATUS: Final = 14
TOOK: Final = 10
LETTERS: Final = {
    "lookup": "d", "race": "h", "connect": "c", "proxy": "p", "starttls": "s", "tls": "t", "client": ".", "request": ">",
    "wait": "w", "receive": "#",
}  # fmt: skip
MOST_ROWS: Final = 20  #: of the table of a graph


def text(contents: Contents, width: int) -> Iterator[str]:
    """The lines."""
    width = min(max(width, NARROWEST), WIDEST)
    yield from _wrapped(contents.title, width)
    for line in contents.about:
        yield from _wrapped(line, width)
    for sentence in contents.verdict:
        yield ""
        yield from _wrapped(sentence, width)
    yield ""
    for one in contents.figures:
        yield from _wrapped(f"{one.label:<13}{one.value}" + (f"  ({one.note})" if one.note else ""), width)
    if contents.shares:
        yield ""
        yield words.SHARES
        yield from (f"  {one.name:<24}{duration(one.ns):>9}  {one.percent:5.1f} %" for one in contents.shares)
    for section in contents.sections:
        yield ""
        yield ""
        yield from _section(section, width)


def _section(section: Section, width: int) -> Iterator[str]:
    yield section.title
    yield "=" * len(section.title)
    yield from _wrapped(section.lead, width)
    for layer in section.layers:
        yield ""
        yield from _wrapped(f"{layer.title}: {layer.question}" + ("" if layer.findings else f" {layer.fine}"), width)
        for found in layer.findings:
            yield from _finding(found, width)
    if section.waterfall is not None:
        yield ""
        yield from _waterfall(section.waterfall, width)
    if section.facts is not None:
        yield ""
        for name, value in section.facts.pairs:
            yield from _wrapped(value, width, f"{name:<13}", " " * 13)
    for group in section.groups:
        yield ""
        yield from _wrapped(group.title, width)
        yield from _wrapped(group.about, width)
        for picture in group.pictures:
            yield ""
            yield from _table(picture.table.first(MOST_ROWS), width)
    for table in section.tables:
        yield ""
        yield from _table(table, width)


def _finding(found: Found, width: int) -> Iterator[str]:
    margin = " " * LABEL
    cost = f" (cost: {found.cost})" if found.cost else ""
    yield from _wrapped(found.text + cost, width, f"{found.row['severity']:<{LABEL}}", margin)
    if found.frames:
        yield from _wrapped(found.frames, width, margin, margin)
    for file, filter_ in found.filters:
        yield margin + (f"{terminal_safe(file)}: " if file else "") + terminal_safe(filter_)
    if found.row["advice"]:
        yield from _wrapped(found.row["advice"], width, margin, margin)


def _waterfall(falls: Waterfall, width: int) -> Iterator[str]:
    """Number, name, status, time, bar."""
    room = max(width - NUMBER - NAME - STATUS - TOOK - 5, 1)
    yield from _wrapped(", ".join(f"{LETTERS[phase]} {PHASES[phase].title}" for phase in falls.phases), width)
    for bar in falls.bars:
        name = _cell(f"{what(bar)} {where(bar)}", NAME)
        mark = "!" if bad(bar.row) else " "
        took = duration(bar.row["duration_ns"] or 0)
        drawn = _drawn(bar, falls.sparse, room)
        yield f"{bar.row['number']:>{NUMBER}}{mark} {name} {_cell(status(bar), STATUS)} {took:>{TOOK}} {drawn}".rstrip()
    if falls.total > len(falls.bars):
        yield from _wrapped(words.slowest(len(falls.bars), falls.total), width)


def _drawn(bar: Bar, beside: bool, room: int) -> str:
    """The phases as letters, each as many as its share of the width."""
    left = 0.0 if beside else bar.left
    whole = bar.beside if beside else bar.width
    drawn = " " * min(int(left * room / 100), room - 1)
    reached = left
    for part in bar.parts:
        reached += part.percent * whole / 100
        drawn += LETTERS[part.phase] * (round(reached * room / 100) - len(drawn))
    return drawn if drawn.strip() or not bar.parts else drawn + LETTERS[bar.parts[-1].phase]


def _table(table: Table, width: int) -> Iterator[str]:
    """As wide as it may be: the widest words give way, then whole columns; numbers are never cut."""
    titles = [column.title.strip() for column in table.columns]
    rows = [[terminal_safe(cell) for cell in row] for row in table.rows]
    whole = [max(columns_of(row[i]) for row in (titles, *rows)) for i in range(len(titles))]
    places = _fitting(table.columns, whole, width)
    widths = {place: whole[place] for place in places}
    while _together(widths.values()) > width and (texts := [place for place in places if not table.columns[place].number]):
        widest = max(texts, key=lambda place: widths[place])
        widths[widest] -= 1
    yield from _wrapped(f"{table.caption}{f' ({table.cut})' if table.cut else ''}", width)
    for row in (titles, *rows):
        yield GAP.join(_cell(row[place], widths[place], table.columns[place].number) for place in places).rstrip()


def _fitting(columns: Sequence[Column], whole: Sequence[int], width: int) -> list[int]:
    """The columns for which there is room, if words take little of it."""
    least = [room if column.number else min(room, LEAST) for column, room in zip(columns, whole, strict=True)]
    places = list(range(len(columns)))
    while len(places) > 1 and _together(least[place] for place in places) > width:
        places.remove(max(places, key=lambda place: (columns[place].extra, place)))
    return places


def _together(widths: Iterable[int]) -> int:
    """Columns that these take with the gaps between them."""
    every = list(widths)
    return sum(every) + len(GAP) * (len(every) - 1)


def _cell(value: str, width: int, right: bool = False) -> str:
    """Exactly so many columns; characters may need two of them."""
    value = terminal_safe(value)
    least = width
    while columns_of(value) > width:
        value = shortened(value, least)
        least -= 1
    space = " " * (width - columns_of(value))
    return space + value if right else value + space


def _wrapped(value: str, width: int, first: str = "", rest: str = "") -> Iterator[str]:
    for line in wrapped(terminal_safe(value), width, first, rest):
        yield from (line[at : at + width] for at in range(0, len(line), width))
