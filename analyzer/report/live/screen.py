"""The screen of a capture that is growing: lines for a terminal of some size, out of a snapshot and what the user chose to see.

At the top what is captured and what was lost, at the bottom the keys. Between them the conversations, and below those one pane;
where there is room also the findings and notices: beside it on a wide screen, below it on a high one. What is opened, and a pane
that is zoomed, has all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analyzer.live.snapshot import Snapshot
from analyzer.report.tables import Resolve
from analyzer.report.text import count, wrapped
from analyzer.report.wording import live as words

from . import conversations
from .head import head
from .line import Line, beside, clipped, spread, width_of
from .opened import opened
from .panes import pane
from .state import ASIDE, PANES, State

LEAST_WIDTH: Final = 24
LEAST_HEIGHT: Final = 6
SHORT: Final = 12  #: lines between head and keys below which there is only one pane
HIGH: Final = 30  #: and from which on there are findings and notices, too
WIDE: Final = 150  #: columns from which on those stand side by side with the pane
MOST_NOTICES: Final = 5  #: lines of notices that stand there, with their title; more where they are the current pane
SHARE: Final = 0.55  #: of the conversations, between head and keys


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are drawn."""

    plain: bool = False  #: no characters beyond ASCII
    keys: bool = True  #: somebody can press them

    @property
    def rule(self) -> str:
        """What a horizontal line is made of."""
        return "-" if self.plain else "─"

    @property
    def bar(self) -> str:
        """What stands between two panes."""
        return " | " if self.plain else " │ "


def screen(
    snapshot: Snapshot, state: State, width: int, height: int, resolve: Resolve = str, look: Look | None = None
) -> list[Line]:
    """Exactly `height` lines of at most `width` columns. Tells the state how far can be scrolled."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return _fit([[(words.TOO_SMALL, "")]], width, height)
    return _Drawing(snapshot, state, width, resolve, look or Look()).lines(height)


def _fit(lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """As many lines as there have to be, each not too long."""
    return [clipped(line, width) for line in lines[:height]] + [[] for _ in range(height - len(lines))]


class _Drawing:
    """Of one screen."""

    def __init__(self, snapshot: Snapshot, state: State, width: int, resolve: Resolve, look: Look) -> None:
        self._snapshot, self._state, self._width, self._resolve, self._look = snapshot, state, width, resolve, look

    def lines(self, height: int) -> list[Line]:
        """All of them."""
        state = self._state
        state.most_scroll = 0
        above = head(self._snapshot, state.paused, self._width, height, self._look.plain)
        room = height - len(above) - 1
        if state.help:
            between = self._help()
        elif state.opened is not None:
            between = self._opened(room)
        elif state.zoomed:
            between = self._tabs(room, PANES)
        else:
            between = self._panes(room)
        return [*_fit([*above, *_fit(between, self._width, room)], self._width, height - 1), clipped(self._keys(), self._width)]

    def _panes(self, room: int) -> list[Line]:
        if room < SHORT:
            return self._conversations(room)
        upper = max(round(room * SHARE), 3)
        lower = room - upper
        if room < HIGH:
            return [*self._conversations(upper), *self._tabs(lower, PANES)]
        tabs = tuple(name for name in PANES if name not in ASIDE)
        if self._width >= WIDE:
            half = (self._width - len(self._look.bar)) * 3 // 5
            left = self._tabs(lower, tabs, half)
            right = self._aside(lower, self._width - half - len(self._look.bar))
            return [*self._conversations(upper), *beside(left, right, half, self._look.bar)]
        upper, lower = room * 2 // 5, room * 3 // 10
        return [
            *self._conversations(upper),
            *self._tabs(lower, tabs),
            *self._aside(room - upper - lower, self._width),
        ]

    def _conversations(self, room: int) -> list[Line]:
        snapshot, state = self._snapshot, self._state
        found = state.conversations(snapshot)
        total = snapshot.counters.tcp + snapshot.counters.udp
        order = conversations.SORTS[state.sort].title
        about = f"{count(len(found))} of {count(total)}, by {order}{' reversed' if state.reverse else ''}"
        title: Line = [("Conversations", "title"), (f"  {about}", "quiet")]
        if state.needle:
            title += [("  ", ""), (f" {state.needle} ", "current")]
        if found:
            listed = conversations.pane(found, state.selected, state.sort, self._width, max(room - 2, 1))
        else:
            said = words.NO_MATCH if state.needle else words.SILENT if snapshot.counters.packets else words.WAITING
            listed = [[(said, "quiet")]]
        return _fit([self._ruled(title, self._width), *listed], self._width, room)

    def _ruled(self, title: Line, width: int) -> Line:
        """A title with a line behind it."""
        left = width - width_of(title) - 1
        return [*title, (" " + self._look.rule * left, "quiet")] if left > 0 else title

    def _tabs(self, room: int, names: Sequence[str], width: int = 0) -> list[Line]:
        """One of these panes, below the names of all."""
        state = self._state
        shown = state.pane if state.pane in names else state.rows_pane
        title: Line = []
        for name in names:
            style = "quiet" if name != shown else "current" if name == state.pane else "title"
            title += [(f" {words.PANES[name]}{self._number(name)} ", style), (" ", "")]
        return self._pane(shown, title[:-1], room, width or self._width)

    def _pane(self, name: str, title: Line, room: int, width: int) -> list[Line]:
        """A pane below its title; the current one as far as it was scrolled."""
        state = self._state
        found = pane(name, self._snapshot, state.needle, self._resolve, width)
        rows = max(room - 1 - len(found.titles), 0)
        first = 0
        if name == state.pane:
            state.most_scroll = max(len(found.lines) - rows, 0)
            first = state.scroll = min(state.scroll, state.most_scroll)
        lines = found.lines[first : first + rows]
        return _fit([self._ruled(title, width), *found.titles, *lines], width, room)

    def _number(self, name: str) -> str:
        """How many there are, where all are there."""
        rows = {"findings": self._snapshot.findings, "notices": self._snapshot.notices}.get(name, ())
        return f" {count(len(rows))}" if rows else ""

    def _aside(self, room: int, width: int) -> list[Line]:
        """Findings, and below them the latest notices if there are any."""
        current = self._state.pane
        below = min(len(self._snapshot.notices) + 1, room // 2) if self._snapshot.notices or current == "notices" else 0
        below = max(below, MOST_NOTICES) if current == "notices" else min(below, MOST_NOTICES)
        lines: list[Line] = []
        for name, rows in zip(ASIDE, (room - below, below), strict=True):
            title = (f" {words.PANES[name]}{self._number(name)} ", "current" if name == current else "title")
            lines += self._pane(name, [title], rows, width) if rows else []
        return lines

    def _opened(self, room: int) -> list[Line]:
        state, snapshot = self._state, self._snapshot
        row = snapshot.opened
        if row is not None and (row["protocol"], row["stream"]) != state.opened:
            row = None
        title: Line = [("Conversation", "title")]
        lines = opened(row, self._resolve, snapshot.now_ns - snapshot.running_ns, self._width)
        state.most_scroll = max(len(lines) - room + 1, 0)
        state.scroll = min(state.scroll, state.most_scroll)
        if state.most_scroll:
            title += [(f"  {state.scroll + 1} to {min(state.scroll + room - 1, len(lines))} of {len(lines)} lines", "quiet")]
        return [self._ruled(title, self._width), *lines[state.scroll : state.scroll + room - 1]]

    def _help(self) -> list[Line]:
        widest = max(len(key) for key, _, _ in words.KEYS)
        lines = [self._ruled([("Keys", "title")], self._width)]
        for key, _, text in words.KEYS:
            first, *rest = wrapped(text, self._width, " " * (widest + 2), " " * (widest + 2))
            lines += [[(f"{key:<{widest}}", "title"), (first[widest:], "")], *([(more, "")] for more in rest)]
        return lines

    def _keys(self) -> Line:
        """As many keys as there is room for."""
        state = self._state
        if not self._look.keys:
            return [(words.NO_KEYS, "quiet")]
        if state.typing:
            cursor = "_" if self._look.plain else "█"
            typed: Line = [("filter: ", "title"), (state.needle + cursor, "")]
            return spread(typed, [part for key, text in words.TYPING for part in _key(key, text)], self._width)
        full = words.OPENED if state.opened is not None else words.FULL if state.zoomed else ()
        line: Line = []
        for key, text in full or [(key, text) for key, text, _ in words.KEYS]:
            more = _key(key, text)
            if width_of(line) + width_of(more) > self._width:
                break
            line += more
        return line


def _key(key: str, text: str) -> Line:
    return [(key, "title"), (f" {text}  ", "quiet")]
