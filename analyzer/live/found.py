"""Findings as they are made. What is found while a capture goes on may be undone by the next packet (a query is unanswered until
its answer comes), so a finding is told when it was there twice, some seconds apart; and again when it has doubled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from analyzer.flow.columns import Row
from analyzer.live.event import Event

MOST_KINDS: Final = 1_000  #: findings that are remembered
Place = tuple[object, ...]


class FoundRows:
    """Hand it all findings every few seconds."""

    def __init__(self) -> None:
        self.latest: tuple[Row, ...] = ()  #: those that were there both times, worst first
        self._seen: set[Place] = set()
        self._told: dict[Place, tuple[int, int]] = {}  #: revision and count

    def events(self, rows: Iterable[Row]) -> Iterator[Event]:
        """What is new in these."""
        seen, self._seen, latest = self._seen, set(), []
        for row in rows:
            place = (row["kind"], row["protocol"], row["frames"][0] if row["frames"] else None)
            self._seen.add(place)
            if place not in seen:
                continue
            latest.append(row)
            revision, count = self._told.get(place, (0, 0))
            if row["count"] >= 2 * count and (revision or len(self._told) < MOST_KINDS):
                self._told[place] = revision + 1, row["count"]
                yield Event("finding", row | {"first_frame": place[-1]}, revision + 1)
        self.latest = tuple(latest)
