"""The terminal while a screen is shown: alternate screen, no cursor, each key at once; as it was before in every case.

Ctrl-Z gives the terminal back, stops the program, and takes the terminal again when it goes on; so does being stopped from
outside. Signals only leave a note: what they ask for is done between two pictures.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from analyzer.cli.live_keys import Keys

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

STOPPING: Final = (signal.SIGTSTP, signal.SIGCONT)


class Terminal:
    """Use it as a context."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console: Console = Console(highlight=False, markup=False, emoji=False)
        self.has_keys = sys.stdin is not None and sys.stdin.isatty()
        self._descriptor = sys.stdin.fileno() if self.has_keys else -1
        self._keys = Keys(self._descriptor)
        self._before: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._stop = self._again = False
        self._size = (0, 0)

    @property
    def plain(self) -> bool:
        """It shows ASCII only."""
        return not self.console.encoding.lower().replace("-", "").startswith("utf")

    def __enter__(self) -> Self:
        self._take()
        self._handlers = {number: signal.signal(number, self._note) for number in STOPPING}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._give_back()

    def show(self, picture: RenderableType) -> None:
        """Draw over what is there."""
        self.console.update_screen(picture)

    def keys(self) -> list[str]:
        """Those pressed since the last time."""
        return self._keys.pressed() if self.has_keys else []

    def changed(self) -> bool:
        """Whether all has to be drawn anew: another size, or back after a stop. Stops the program if that was asked for."""
        if self._stop:
            self._stop = False
            self._stopped()
        again, self._again = self._again, False
        if again:
            self._take()
        size = (self.console.width, self.console.height)
        again, self._size = again or size != self._size, size
        return again

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTSTP:
            self._stop = True
        else:
            self._again = True

    def _stopped(self) -> None:
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # and here it goes on
        signal.signal(signal.SIGTSTP, self._note)
        self._again = True

    def _take(self) -> None:
        if self.has_keys:
            self._before = self._before or termios.tcgetattr(self._descriptor)
            _repeated(lambda: tty.setcbreak(self._descriptor))
        self.console.set_alt_screen(True)
        self.console.show_cursor(False)

    def _give_back(self) -> None:
        try:
            self.console.show_cursor(True)
            self.console.set_alt_screen(False)
        finally:
            if self._before is not None:
                before, self._before = self._before, None
                _repeated(lambda: termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before))


def _repeated(action: Callable[[], object]) -> None:
    """Do it, again where a signal broke it off: in the background it waits until the program has the terminal."""
    while True:
        try:
            action()
        except termios.error as error:
            if error.args[0] != errno.EINTR:
                raise
        else:
            return
