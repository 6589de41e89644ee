"""What shows a capture while it grows: the screen, lines of text, or rows for machines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

from analyzer.cli.live_keys import REDRAW

if TYPE_CHECKING:
    from analyzer.cli.live_terminal import Terminal
    from analyzer.live.event import Event
    from analyzer.live.snapshot import Snapshot
    from analyzer.report.summary import Summary

REFRESH_S: Final = 0.25  #: between two pictures when no key is pressed
DRAWN_SHARE: Final = 10  #: pictures may take one part in so many of the time
Front = Callable[[Sequence["Event"]], None]  #: is called at least every tenth of a second


class Watched(Protocol):
    """What is shown: analyzer.watching.Watch, or what stands for it in a test."""

    summary: Summary

    def __iter__(self) -> Iterator[list[Event]]: ...

    def snapshot(self, opened: tuple[str, int] | None = None) -> Snapshot: ...

    def stop(self) -> None: ...

    def resolve(self, address: str) -> str: ...


@contextmanager
def on_screen(watch: Watched, titled: Callable[[Snapshot], Snapshot], resolve: Callable[[str], str]) -> Iterator[Front]:
    """The whole terminal, until the capture ends."""
    from analyzer.cli.live_terminal import Terminal

    with Terminal() as terminal:
        yield _Screen(watch, titled, resolve, terminal).show


@contextmanager
def as_lines(kinds: frozenset[str] | None, resolve: Callable[[str], str], out: TextIO) -> Iterator[Front]:
    """A line of text for each event."""
    from analyzer.cli.terminal import painter
    from analyzer.report.live.lines import DEFAULT_KINDS, Lines

    lines, wanted = Lines(resolve, painter()), kinds or frozenset(DEFAULT_KINDS)

    def show(events: Sequence[Event]) -> None:
        texts = [f"{line}\n" for line in lines.lines(event for event in events if event.kind in wanted)]
        if texts:
            out.write("".join(texts))
            out.flush()

    yield show


@contextmanager
def as_rows(kinds: frozenset[str] | None) -> Iterator[Front]:
    """A row of JSON for each event."""
    from analyzer.live.event import EVENTS
    from analyzer.report.machine import Rows

    out, wanted = Rows(sys.stdout), kinds or frozenset(EVENTS)

    def show(events: Sequence[Event]) -> None:
        found = [as_row(event) for event in events if event.kind in wanted]
        if found:
            out.rows(found)
            out.flush()

    yield show


def as_row(event: Event) -> dict[str, Any]:
    """The event as machines get it, but for the key `schema`."""
    withdrawn = {"withdrawn": True} if event.withdrawn else {}
    row = {key: value for key, value in event.row.items() if key != "schema"}
    return {"event": event.kind, "revision": event.revision, **withdrawn, **row}


class _Screen:
    """Draws, and listens to keys."""

    def __init__(
        self, watch: Watched, titled: Callable[[Snapshot], Snapshot], resolve: Callable[[str], str], terminal: Terminal
    ) -> None:
        from analyzer.report.live.screen import Look
        from analyzer.report.live.state import State

        self._watch, self._titled, self._resolve, self._terminal = watch, titled, resolve, terminal
        self._state = State()
        self._look = Look(terminal.plain, terminal.has_keys)
        self._snapshot = titled(watch.snapshot(None))
        self._due = 0.0

    def show(self, events: Sequence[Event]) -> None:
        """Draw, if it is time to or a key was pressed. Events are in the snapshot."""
        keys = self._terminal.keys()
        for key in keys:
            self._state.press(key, self._snapshot)
        if self._state.over:
            self._watch.stop()
        began = time.monotonic()
        if self._terminal.changed() or REDRAW in keys:
            self._terminal.console.clear()
            self._due = began
        if keys or began >= self._due:
            self._draw()
            self._due = began + max(REFRESH_S, DRAWN_SHARE * (time.monotonic() - began))

    def _draw(self) -> None:
        from analyzer.report.live.line import drawn
        from analyzer.report.live.screen import screen

        state, console = self._state, self._terminal.console
        if not state.paused:
            self._snapshot = self._titled(self._watch.snapshot(state.opened))
        elif state.opened is not None and not _is_opened(self._snapshot, state.opened):
            self._snapshot = replace(self._snapshot, opened=self._watch.snapshot(state.opened).opened)
        width, height = console.size
        lines = screen(self._snapshot, state, width, height, self._resolve, self._look)
        self._terminal.show(drawn(lines, width))


def _is_opened(snapshot: Snapshot, key: tuple[str, int]) -> bool:
    row = snapshot.opened
    return row is not None and (row["protocol"], row["stream"]) == key
