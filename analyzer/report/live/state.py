"""What the user has chosen to see, and how keys change that.

Keys are characters, or the names of those that are none: up, down, page_up, page_down, home, end, enter, escape, backspace, tab,
back_tab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from analyzer.live.snapshot import Snapshot, Talking

from .conversations import SORTS, Key, chosen

PANES: Final = ("handshakes", "journeys", "stalls", "findings", "notices")
ASIDE: Final = ("findings", "notices")  #: those that have a place of their own on a large screen
PAGE: Final = 5  #: lines that a page key scrolls
LONGEST_FILTER: Final = 60  #: characters


@dataclass
class State:
    """Of the user interface."""

    sort: int = 0  #: index into SORTS
    reverse: bool = False
    selected: Key | None = None  #: None: the first one
    opened: Key | None = None
    pane: str = PANES[0]  #: the current one: it can be scrolled
    rows_pane: str = PANES[0]  #: the latest one that is not aside
    scroll: int = 0  #: lines of the pane, or of what is opened, above the first one that is shown
    most_scroll: int = 0  #: how far that can go; said by the screen when it was drawn
    zoomed: bool = False  #: the pane has the room of the conversations, too
    needle: str = ""  #: the filter
    typing: bool = False  #: the filter is being typed
    paused: bool = False
    help: bool = False
    over: bool = False  #: the user wants to end

    def conversations(self, snapshot: Snapshot) -> list[Talking]:
        """Those to show, in order."""
        return chosen(snapshot.conversations, self.needle, self.sort, self.reverse)

    def press(self, key: str, snapshot: Snapshot) -> None:
        """A key was pressed while this was shown."""
        if self.typing:
            self._type(key)
        elif self.help and key != "q":
            self.help = False
        elif key in KEYS:
            KEYS[key](self, snapshot)
        elif key.isdecimal() and 0 < int(key) <= len(SORTS):
            self.sort, self.reverse = int(key) - 1, False

    def _type(self, key: str) -> None:
        if key in ("enter", "escape"):
            self.typing = False
            self.needle = self.needle if key == "enter" else ""
        elif key == "backspace":
            self.needle = self.needle[:-1]
        elif len(key) == 1 and key.isprintable() and len(self.needle) < LONGEST_FILTER:
            self.needle += key
        self.selected = None

    def _select(self, snapshot: Snapshot, step: int) -> None:
        if self.opened is not None or self.zoomed:
            self._roll(1 if step > 0 else -1)
            return
        found = [(one.protocol, one.stream) for one in self.conversations(snapshot)]
        if found:
            place = found.index(self.selected) if self.selected in found else 0
            self.selected = found[min(max(place + step, 0), len(found) - 1)]

    def _roll(self, lines: int) -> None:
        self.scroll = min(max(self.scroll + lines, 0), self.most_scroll)

    def _to(self, snapshot: Snapshot, last: bool) -> None:
        if self.opened is not None or self.zoomed:
            self.scroll = self.most_scroll if last else 0
        else:
            self._select(snapshot, len(snapshot.conversations) * (1 if last else -1))

    def _open(self, snapshot: Snapshot) -> None:
        found = [(one.protocol, one.stream) for one in self.conversations(snapshot)]
        if self.opened is None and found:
            self.opened = self.selected = self.selected if self.selected in found else found[0]
            self.scroll = 0

    def _close(self) -> None:
        """One step back: what was opened last goes first."""
        if self.opened is not None:
            self.opened, self.scroll = None, 0
        elif self.zoomed:
            self.zoomed, self.scroll = False, 0
        else:
            self.needle = ""

    def _switch(self, step: int) -> None:
        self.pane, self.scroll = PANES[(PANES.index(self.pane) + step) % len(PANES)], 0
        if self.pane not in ASIDE:
            self.rows_pane = self.pane

    def _zoom(self) -> None:
        self.zoomed, self.scroll = not self.zoomed, 0

    def _sort(self) -> None:
        self.sort, self.reverse = (self.sort + 1) % len(SORTS), False

    def _flip(self, name: str) -> None:
        setattr(self, name, not getattr(self, name))

    def _begin_filter(self) -> None:
        self.typing, self.opened, self.scroll = True, None, 0

    def _end(self) -> None:
        self.over = True


def _simply(action: Callable[[State], object]) -> Callable[[State, Snapshot], object]:
    return lambda state, _: action(state)


KEYS: Final[Mapping[str, Callable[[State, Snapshot], object]]] = {
    "q": _simply(State._end),
    **dict.fromkeys(("up", "k"), lambda state, snapshot: state._select(snapshot, -1)),
    **dict.fromkeys(("down", "j"), lambda state, snapshot: state._select(snapshot, 1)),
    **dict.fromkeys(("home", "g"), lambda state, snapshot: state._to(snapshot, False)),
    **dict.fromkeys(("end", "G"), lambda state, snapshot: state._to(snapshot, True)),
    "page_up": _simply(lambda state: state._roll(-PAGE)),
    "page_down": _simply(lambda state: state._roll(PAGE)),
    "enter": lambda state, snapshot: state._open(snapshot),
    **dict.fromkeys(("escape", "backspace"), _simply(State._close)),
    "tab": _simply(lambda state: state._switch(1)),
    "back_tab": _simply(lambda state: state._switch(-1)),
    "z": _simply(State._zoom),
    "s": _simply(State._sort),
    "S": _simply(lambda state: state._flip("reverse")),
    **dict.fromkeys(("p", " "), _simply(lambda state: state._flip("paused"))),
    "/": _simply(State._begin_filter),
    **dict.fromkeys(("?", "h"), _simply(lambda state: state._flip("help"))),
}
