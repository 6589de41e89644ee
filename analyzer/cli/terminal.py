"""The terminal that standard output may be: its width and colours."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

#: SGR parameters (ECMA-48)
STYLES = {"title": "1", "quiet": "2", "problem": "1;31", "warning": "33", "note": "36", "client": "35", "server": "94"}
DEFAULT_WIDTH = 130  #: where standard output is no terminal


def width() -> int:
    """Columns to write in; COLUMNS overrides."""
    return (
        shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if sys.stdout.isatty() or "COLUMNS" in os.environ else DEFAULT_WIDTH
    )


def painter() -> Callable[[str, str], str]:
    """(text, style) -> text in colour, if standard output is a terminal that has some and NO_COLOR is not set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return lambda text, style: text
    return lambda text, style: f"\033[{STYLES[style]}m{text}\033[0m" if text and style in STYLES else text
