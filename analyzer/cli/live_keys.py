"""Keys of a terminal, read without waiting, as names (see report.live.state) or characters.

Sequences are those of ECMA-48 and of xterm's function keys; what is none of them is left out.
"""

from __future__ import annotations

import codecs
import os
import re
import select
from collections.abc import Iterator
from typing import Final

ESCAPE: Final = "\x1b"
SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])")
BEGUN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?\Z")  #: the rest may still come; or somebody has pressed Escape
NAMES: Final = {
    "\x1b[A": "up", "\x1b[B": "down", "\x1b[H": "home", "\x1b[F": "end", "\x1bOA": "up", "\x1bOB": "down", "\x1bOH": "home",
    "\x1bOF": "end", "\x1b[1~": "home", "\x1b[4~": "end", "\x1b[7~": "home", "\x1b[8~": "end", "\x1b[5~": "page_up",
    "\x1b[6~": "page_down", "\x1b[Z": "back_tab", "\x1b": "escape", "\t": "tab", "\r": "enter", "\n": "enter",
    "\x7f": "backspace", "\b": "backspace",
}  # fmt: skip
AT_ONCE: Final = 1024  #: bytes
REDRAW: Final = "\x0c"  #: Ctrl-L


class Keys:
    """Of the terminal behind a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""  # a sequence

    def pressed(self) -> list[str]:
        """The keys since the last time; a sequence that has only begun waits for the next time."""
        text, self._begun = self._begun, ""
        if came := self._came():
            text += came
            if begun := BEGUN.search(text):
                text, self._begun = text[: begun.start()], begun[0]
        return list(named(text))

    def _came(self) -> str:
        if not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        try:
            return self._decoder.decode(os.read(self._descriptor, AT_ONCE))
        except OSError:  # the terminal went away
            return ""


def named(text: str) -> Iterator[str]:
    """Each key in what a terminal sent."""
    at = 0
    while at < len(text):
        found = SEQUENCE.match(text, at)
        key = found[0] if found else text[at]
        at += len(key)
        if key in NAMES:
            yield NAMES[key]
        elif key.isprintable() or key == REDRAW:
            yield key
