"""Text of packets in pictures: plotly obeys some HTML tags and entities, and some characters hide or cover what stands beside."""

from __future__ import annotations

from typing import Final
from unicodedata import category

from analyzer.report.machine import terminal_safe
from analyzer.report.text import shortened

LONGEST: Final = 160  #: characters; a name may have been made long to push everything else out of the picture
STACKED: Final = 2  #: combining characters on one another; more would reach into other lines
COMBINING: Final = ("Mn", "Me")  #: general categories of the characters that are drawn over the one before them
MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def plain(text: str, longest: int = LONGEST) -> str:
    """One line that can be drawn: no control characters, no towers of accents, not too long."""
    return shortened(_lower(terminal_safe(text)), longest)


def harmless(text: str, longest: int = LONGEST) -> str:
    """The same for plotly, which takes `<b>`, `<a href=...>`, `<br>` and `&lt;` in any text for markup."""
    return plain(text, longest).translate(MARKUP)


def lines(text: str) -> str:
    """Several lines for plotly, as a builder joined them with line feeds."""
    return "<br>".join(map(harmless, text.split("\n")))


def _lower(text: str) -> str:
    """Without the combining characters that stand too high."""
    if text.isascii():
        return text
    kept, height = [], 0
    for character in text:
        height = height + 1 if category(character) in COMBINING else 0
        if height <= STACKED:
            kept.append(character)
    return "".join(kept)
