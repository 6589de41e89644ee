"""The latest rows of one kind, each as it is now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from analyzer.flow.columns import Row
from analyzer.live.event import Event


class Latest:
    """keys: say which rows are the same. most: so many are kept."""

    def __init__(self, keys: Sequence[str], most: int) -> None:
        self._keys, self._most = keys, most
        self._rows: OrderedDict[tuple[object, ...], Row] = OrderedDict()

    def add(self, event: Event) -> None:
        """A row came, came again, or was withdrawn."""
        place = tuple(event.row.get(key) for key in self._keys)
        if event.withdrawn:
            self._rows.pop(place, None)
            return
        self._rows[place] = event.row
        if event.revision == 1:
            self._rows.move_to_end(place)
        if len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def rows(self) -> tuple[Row, ...]:
        """The latest first; one that has changed stays in its place."""
        return tuple(reversed(self._rows.values()))
