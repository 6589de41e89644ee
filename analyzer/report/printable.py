"""A byte stream as text that a terminal can be given: CRLF is an end of line, and what is not printable a dot.

A piece that is UTF-8 from one end to the other is read as such; anything else is taken for binary, of which the ASCII is shown.
"""

from __future__ import annotations

from typing import Final
from unicodedata import east_asian_width

TAB: Final = "    "
DOT: Final = "."
LONGEST: Final = 4  #: bytes of a character


class Printable:
    """Hand it the stream piece by piece. `width`: where lines are folded; 0: nowhere."""

    def __init__(self, width: int = 0) -> None:
        self._width = width
        self._column = 0
        self._rest = b""  #: half a character, or a CR, until it is known what follows

    def feed(self, data: bytes) -> str:
        """The text of further bytes; what waits for the next ones comes with them."""
        data = self._rest + data
        text, used = _decoded(data)
        self._rest = data[used:]
        if text.endswith("\r"):
            text, self._rest = text[:-1], b"\r"
        return self._written(text)

    def end(self) -> str:
        """What waits, and the end of the line if one has begun."""
        text = self._written(DOT * len(self._rest))
        self._rest = b""
        begun, self._column = self._column > 0, 0
        return text + "\n" if begun else text

    def _written(self, text: str) -> str:
        text = text.replace("\r\n", "\n")
        first, *more = text.split("\n")
        if not self._width and text.replace("\n", "").isprintable():  # most of a text, and quickly told
            self._column = len(more[-1]) if more else self._column + len(first)
            return text
        lines = [self._folded(printable(first))]
        for line in more:
            self._column = 0
            lines.append(self._folded(printable(line)))
        return "\n".join(lines)

    def _folded(self, line: str) -> str:
        """The line, which begins in the present column, with ends of lines where there is no more room."""
        taken = columns(line)
        if not self._width or self._column + taken <= self._width:
            self._column += taken
            return line
        if taken > len(line):
            return "".join(map(self._folded, line)) if len(line) > 1 else self._next_line(line)
        room = self._width - self._column
        parts = [line[:room], *(line[at : at + self._width] for at in range(room, len(line), self._width))]
        self._column = len(parts[-1])
        return "\n".join(parts)

    def _next_line(self, character: str) -> str:
        self._column = columns(character)
        return f"\n{character}"


def columns(text: str) -> int:
    """Columns that a terminal needs for it."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def printable(text: str) -> str:
    """The text, with a dot for each character that a terminal would obey, hide or not know."""
    text = text.replace("\t", TAB)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else DOT for character in text)


def _decoded(data: bytes) -> tuple[str, int]:
    """The text of a piece, and of how many of its bytes: a character that its end cuts is left out."""
    try:
        return data.decode("utf-8"), len(data)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and len(data) - error.start < LONGEST:
            return data[: error.start].decode("utf-8"), error.start
    return data.decode("ascii", "replace").replace("\ufffd", DOT), len(data)
