"""Attempts to connect that were told lately: a later one to another address of the same name may show that they raced."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from analyzer.journey.connection import Connection
from analyzer.journey.race import MOST_TOGETHER, Attempt

MOST_NAMES: Final = 1_024  #: names that clients asked for; those used least recently are forgotten
RACING_NS: Final = 60_000_000_000  #: between two attempts of one race, at most


class Racing:
    """By client and name, the latest told of each connection."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], OrderedDict[int, tuple[Attempt, Connection]]] = OrderedDict()

    def add(self, attempt: Attempt, connection: Connection) -> None:
        """A connection was told."""
        place = _place(attempt)
        attempts = self._known.setdefault(place, OrderedDict())
        self._known.move_to_end(place)
        attempts[attempt.stream] = attempt, connection
        if len(attempts) > MOST_TOGETHER:
            attempts.popitem(last=False)
        if len(self._known) > MOST_NAMES:
            self._known.popitem(last=False)

    def against(self, attempt: Attempt) -> Iterator[Connection]:
        """Those that may have raced against this attempt."""
        for other, connection in tuple(self._known.get(_place(attempt), {}).values()):
            if other.server != attempt.server and abs(other.syn_ns - attempt.syn_ns) < RACING_NS:
                yield connection


def _place(attempt: Attempt) -> tuple[str, str]:
    return attempt.lookup.client, attempt.lookup.name.lower()
