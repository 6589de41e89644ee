"""The report in Markdown (CommonMark with the tables of GitHub), without pictures.

What packets said is text here too: whatever Markdown or HTML would obey is escaped, control characters are written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from analyzer.report.machine import terminal_safe
from analyzer.report.text import duration
from analyzer.report.wording import document as words
from analyzer.report.wording.journeys import PHASES

from .bars import status, what, where
from .contents import Contents, Found, Section
from .table import Table
from .waterfall import Waterfall

#: ASCII punctuation that begins something somewhere (CommonMark 0.31 section 2.4); the dot, comma and brackets of prose do not,
#: except where a line begins, where no text of a packet stands, and in `://`, `www.` and `@`, which GitHub turns into links
SPECIAL: Final = re.compile(r"[\\`*_{}\[\]<>#|~&$!^]")
LINK: Final = re.compile(r"(?i)(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)")
TICKS: Final = re.compile("`+")
BREAK: Final = "<!-- -->"  #: nothing, but no link goes over it
MOST_ROWS: Final = 20  #: of the table of a graph


def markdown(contents: Contents) -> Iterator[str]:
    """The lines."""
    yield f"# {escaped(contents.title)}"
    yield ""
    for line in contents.about:
        yield escaped(line)
        yield ""
    for number, sentence in enumerate(contents.verdict):
        text = escaped(sentence)
        yield text if number else f"**{text}**"
        yield ""
    yield from _grid(
        [one.label for one in contents.figures], [False] * len(contents.figures), [[one.value for one in contents.figures]]
    )
    if contents.shares:
        yield ""
        yield f"{words.SHARES}: " + ", ".join(f"{one.name} {duration(one.ns)}" for one in contents.shares) + "."
    for section in contents.sections:
        yield ""
        yield from _section(section)


def escaped(text: str) -> str:
    """The text as Markdown that says just that."""
    text = SPECIAL.sub(lambda found: "\\" + found[0], terminal_safe(text))
    return LINK.sub(BREAK, text)


def code(text: str) -> str:
    """The text as code."""
    text = terminal_safe(text)
    ticks = "`" * (max(map(len, TICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    if section.lead:
        yield ""
        yield escaped(section.lead)
    for layer in section.layers:
        yield ""
        yield f"### {layer.title}"
        yield ""
        yield layer.question + ("" if layer.findings else f" {layer.fine}")
        yield ""
        for found in layer.findings:
            yield from _finding(found)
    if section.waterfall is not None:
        yield ""
        yield from _journeys(section.waterfall)
    if section.facts is not None:
        yield ""
        yield from (f"- {name}: {escaped(value)}" for name, value in section.facts.pairs)
    for group in section.groups:
        yield ""
        yield f"### {escaped(group.title)}"
        if group.about:
            yield ""
            yield escaped(group.about)
        for picture in group.pictures:
            yield ""
            yield from _table(picture.table.first(MOST_ROWS))
    for table in section.tables:
        yield ""
        yield from _table(table)


def _finding(found: Found) -> Iterator[str]:
    cost = f" (cost: {found.cost})" if found.cost else ""
    yield f"- **{words.SEVERITIES[found.row['severity']]}**{cost}: {escaped(found.text)}"
    if found.frames:
        yield f"  - {found.frames}"
    for file, text in found.filters:
        yield f"  - {escaped(file) + ': ' if file else ''}{code(text)}"
    if found.row["advice"]:
        yield f"  - {escaped(found.row['advice'])}"
    if found.row["learn"]:
        yield f"  - To learn more: {escaped(found.row['learn'])}"


def _journeys(falls: Waterfall) -> Iterator[str]:
    titles = ["#", "Request", "Of", "Status", "Time", *(PHASES[phase].title for phase in falls.phases)]
    rows = []
    for bar in falls.bars:
        took = {part.phase: 0 for part in bar.parts}
        for part in bar.parts:
            took[part.phase] += part.duration_ns
        phases = [duration(took[phase]) if phase in took else "" for phase in falls.phases]
        rows.append([str(bar.row["number"]), what(bar), where(bar), status(bar), duration(bar.row["duration_ns"] or 0), *phases])
    yield from _grid(titles, [True, False, False, False, True, *[True] * len(falls.phases)], rows)
    if falls.total > len(falls.bars):
        yield ""
        yield words.slowest(len(falls.bars), falls.total)


def _table(table: Table) -> Iterator[str]:
    cut = f" ({table.cut})" if table.cut else ""
    yield f"**{escaped(table.caption)}**{cut}"
    yield ""
    yield from _grid([column.title.strip() for column in table.columns], [column.number for column in table.columns], table.rows)


def _grid(titles: Sequence[str], numbers: Sequence[bool], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(escaped, titles))} |"
    yield f"|{'|'.join('---:' if number else '---' for number in numbers)}|"
    for row in rows:
        yield f"| {' | '.join(map(escaped, row))} |"
