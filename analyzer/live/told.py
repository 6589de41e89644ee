"""What was told already, so that a row comes again only where it has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from typing import Final

import orjson

from analyzer.flow.columns import Row
from analyzer.live.event import KEYS, Event

MOST_GROUPS: Final = 1 << 15  #: of one kind for a connection each; those told least recently are forgotten
MOST_ROWS: Final = 1 << 12  #: of a group that are remembered, the latest ones
MOST_HELD: Final = 1 << 18  #: of all groups together
WITHDRAWN: Final = None  #: instead of the hash of a row
Place = tuple[Hashable, ...]


class Told:
    """The latest rows of each group: of a connection, of a conversation."""

    def __init__(self) -> None:
        self.forgotten = 0  #: groups: if they come again, then as new ones
        #: revision and hash by the values of KEYS
        self._groups: OrderedDict[Place, dict[Place, tuple[int, int | None]]] = OrderedDict()
        self._held = 0  #: rows of all groups

    def events(self, kind: str, group: Hashable, rows: Iterable[Row], whole: bool = True) -> Iterator[Event]:
        """What is new or different in these rows of a group; whole: they are all that is true of it now."""
        known = self._taken(kind, group)
        keys = KEYS[kind]
        now = {tuple(row.get(key) for key in keys): row for row in rows}
        for place in [place for place in known if place not in now] if whole else ():
            revision, before = known[place]
            if before is not WITHDRAWN:
                known[place] = revision + 1, WITHDRAWN
                yield Event(kind, dict(zip(keys, place, strict=True)), revision + 1, withdrawn=True)
        for place, row in now.items():
            revision, before = known.get(place, (0, 0))
            told = _hash(row)
            if not revision or told != before:
                known[place] = revision + 1, told
                yield Event(kind, row, revision + 1)
        while len(known) > MOST_ROWS:
            del known[next(iter(known))]
        if known:
            self._groups[kind, group] = known
            self._held += len(known)
            while len(self._groups) > MOST_GROUPS or self._held > MOST_HELD:
                self._held -= len(self._groups.popitem(last=False)[1])
                self.forgotten += 1

    def knows(self, kind: str, group: Hashable) -> bool:
        """Whether rows of it are remembered."""
        return (kind, group) in self._groups

    def forget(self, group: Hashable) -> None:
        """Its rows will not be made again."""
        for kind in KEYS:
            self._taken(kind, group)

    def _taken(self, kind: str, group: Hashable) -> dict[Place, tuple[int, int | None]]:
        known = self._groups.pop((kind, group), {})
        self._held -= len(known)
        return known


def _hash(row: Row) -> int:
    try:
        return hash(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS))
    except TypeError:  # surrogates, or integers of more than 64 bits
        return hash(repr(row))
