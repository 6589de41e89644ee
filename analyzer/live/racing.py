"""Attempts to connect that were told lately: a later one to another address of the same name may show that they raced."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from analyzer.journey.connection import Connection
from analyzer.journey.race import MOST_TOGETHER, Attempt

MOST_ATTEMPTS: Final = 512  #: of all names; those of the name that was used least recently are forgotten
RACING_NS: Final = 60_000_000_000  #: between two attempts of one race, at most


class Racing:
    """By client and name, the latest told of each connection."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], OrderedDict[int, tuple[Attempt, Connection]]] = OrderedDict()
        self._count = 0

    def add(self, attempt: Attempt, connection: Connection) -> None:
        """A connection was told."""
        place = _place(attempt)
        attempts = self._known.setdefault(place, OrderedDict())
        self._known.move_to_end(place)
        self._count += attempt.stream not in attempts
        attempts[attempt.stream] = attempt, connection
        if len(attempts) > MOST_TOGETHER:
            attempts.popitem(last=False)
            self._count -= 1
        while self._count > MOST_ATTEMPTS:
            self._count -= len(self._known.popitem(last=False)[1])

    def against(self, attempt: Attempt) -> Iterator[Connection]:
        """Those that may have raced against this attempt."""
        for other, connection in tuple(self._known.get(_place(attempt), {}).values()):
            if other.server != attempt.server and abs(other.syn_ns - attempt.syn_ns) < RACING_NS:
                yield connection


def _place(attempt: Attempt) -> tuple[str, str]:
    return attempt.lookup.client, attempt.lookup.name.lower()
