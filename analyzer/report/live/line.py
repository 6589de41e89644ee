"""Lines of the screen: parts of text, each with the name of a style. What a line holds is safe on a terminal and fits."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from analyzer.report.machine import terminal_safe
from analyzer.report.printable import columns

if TYPE_CHECKING:
    from rich.text import Text

Part = tuple[str, str]  #: text, and key of STYLES or nothing
Line = list[Part]

#: as the other tables have them (cli.terminal), and those that only a screen has; colours of the terminal's own 16, so that they
#: suit dark and light backgrounds
STYLES: Final = {
    "": "", "title": "bold", "quiet": "dim", "problem": "bold red", "warning": "yellow", "note": "cyan", "client": "magenta",
    "server": "bright_blue", "selected": "reverse", "current": "bold reverse", "alarm": "bold red reverse", "graph": "cyan",
}  # fmt: skip
MARK: Final = "\x1f"  #: between style and text of a line of a table: no safe text has it


class Table(io.StringIO):
    """What a table is written to that the commands print, too; gives its lines."""

    @staticmethod
    def paint(text: str, style: str) -> str:
        """For the table."""
        return f"{style}{MARK}{text}"

    def lines(self) -> list[Line]:
        """Everything that was written."""
        return [[(text, style)] if mark else [(style, "")] for style, mark, text in map(_split, self.getvalue().splitlines())]


def _split(line: str) -> tuple[str, str, str]:
    return line.partition(MARK)


def width_of(line: Line) -> int:
    """Columns that it takes."""
    return sum(columns(text) for text, _ in line)


def clipped(line: Line, width: int, fill: str | None = None) -> Line:
    """The line in at most `width` columns, safe; with `fill` in exactly so many, the rest in that style."""
    found: Line = []
    left = width
    for text, style in line:
        text = _fitting(terminal_safe(text), left)
        left -= columns(text)
        if text:
            found.append((text, style))
    if fill is not None and left > 0:
        found.append((" " * left, fill))
    return found


def padded(text: str, width: int) -> str:
    """A safe text in exactly so many columns."""
    text = _fitting(text, width)
    return text + " " * (width - columns(text))


def _fitting(text: str, room: int) -> str:
    if columns(text) <= room:
        return text
    if text.isascii():
        return text[: max(room, 0)]
    while columns(text) > room:
        text = text[:-1]
    return text


def spread(left: Line, right: Line, width: int) -> Line:
    """Two parts of a line at its two ends; where there is no room for both, the left one gives way."""
    taken = width_of(right)
    if taken + 2 > width:
        return clipped(left, width)
    return [*clipped(left, width - taken - 2, ""), ("  ", ""), *right]


def flowing(parts: Sequence[Line], width: int, most: int, gap: str = "  ") -> list[Line]:
    """Parts side by side in at most `most` lines, none of them broken; those without room are left out."""
    lines: list[Line] = []
    for part in parts:
        if lines and width_of(lines[-1]) + len(gap) + width_of(part) <= width:
            lines[-1] += [(gap, ""), *part]
        elif len(lines) < most:
            lines.append(list(part))
    return lines


def beside(left: Sequence[Line], right: Sequence[Line], width: int, gap: str) -> list[Line]:
    """Two blocks side by side, the left one `width` columns wide."""
    rows = max(len(left), len(right))
    blank: list[Line] = [[]]
    both = zip([*left, *blank * (rows - len(left))], [*right, *blank * (rows - len(right))], strict=True)
    return [[*clipped(one, width, ""), (gap, "quiet"), *other] for one, other in both]


def drawn(lines: Iterable[Line], width: int) -> Text:
    """For a console of rich."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="crop", end="")
    for number, line in enumerate(lines):
        if number:
            text.append("\n")
        for part, style in clipped(line, width):
            text.append(part, STYLES[style])
    return text
