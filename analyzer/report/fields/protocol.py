"""Names of protocols as fields: whether the frame has the protocol, and as a column which bytes it has of it."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from analyzer.batch import Column, Table
from analyzer.dissect import stack
from analyzer.dissect.link import names

from .field import Extract, Field
from .kinds import PRESENCE
from .view import NOWHERE, Occurrences, View

UNKNOWN: Final = "data"  #: Wireshark's name of bytes without a dissector, which stands in few paths only
_NAME: Final = re.compile(r"[a-z0-9_.-]+")


def _protocol(name: str) -> Extract:
    def extract(view: View) -> Occurrences:
        paths = view.dissection.walk.paths
        having = np.fromiter((name in path for path in paths), bool, len(paths))
        if not having.any():
            return NOWHERE
        mask = having[view.paths()]
        table = view.table(name)
        if table is not None:
            _without_bytes(mask, table)
        row = np.flatnonzero(mask)
        return Occurrences(row, np.ones(len(row), np.int64))

    return extract


def _without_bytes(mask: Column, table: Table) -> None:
    """Takes the frames out of the mask that have no byte of the protocol: a header before it only announced it."""
    there = table["end"] > table["at"]
    if not there.all():
        empty = np.zeros(len(mask), bool)
        empty[table["row"][~there]] = True
        empty[table["row"][there]] = False
        mask &= ~empty


def _names() -> list[str]:
    """Every protocol that can stand in a path without a dissector."""
    attributes = (*vars(stack).items(), *vars(names).items())
    tables = [value for name, value in attributes if name.isupper() and isinstance(value, dict)]
    known = {name for table in tables for name in table.values() if isinstance(name, str)}
    return sorted(name for name in known - {*stack.DISSECTORS, UNKNOWN} if _NAME.fullmatch(name))


FIELDS = tuple(
    Field(name, PRESENCE, f"The frame has the protocol {name}", _protocol(name))
    for name in sorted(stack.DISSECTORS)
    if _NAME.fullmatch(name)
)
NAMED = tuple(Field(name, PRESENCE, f"The frame carries {name}, which is not dissected", _protocol(name)) for name in _names())
