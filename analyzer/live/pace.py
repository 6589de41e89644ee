"""How much time there is for rows of single connections: the less, the more packets wait to be read."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Final

TICK_S: Final = 0.1  #: how often there is time for it
#: backlog (share of the kernel's buffer in use) below which so much of a tick may be spent
SHARES: Final = ((0.05, 0.5), (0.15, 0.25), (0.3, 0.05))


class Pace:
    """Ask after each batch."""

    def __init__(self) -> None:
        self._next = 0.0

    def spend(self, steps: Iterator[object], backlog: float) -> bool:
        """Take steps while there is time; whether there was a tick."""
        now = monotonic()
        if now < self._next:
            return False
        self._next = now + TICK_S
        share = next((share for below, share in SHARES if backlog < below), 0.0)
        until = now + share * TICK_S
        while monotonic() < until and next(steps, self) is not self:
            pass
        return True
