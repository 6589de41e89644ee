"""Names of protocols as fields: whether the frame has the protocol, and as a column which bytes it has of it."""

from __future__ import annotations

import re

import numpy as np

from analyzer.dissect import stack
from analyzer.dissect.link import names

from .field import Extract, Field
from .kinds import PRESENCE
from .view import NOWHERE, Occurrences, View

_NAME = re.compile(r"[a-z0-9_.-]+")


def _protocol(name: str) -> Extract:
    def extract(view: View) -> Occurrences:
        paths = view.dissection.walk.paths
        having = np.fromiter((name in path for path in paths), bool, len(paths))
        if not having.any():
            return NOWHERE
        row = np.flatnonzero(having[view.paths()])
        return Occurrences(row, np.ones(len(row), np.int64))

    return extract


def _names() -> list[str]:
    """Every protocol that can stand in a path: those with a dissector, and those that are only named."""
    attributes = (*vars(stack).items(), *vars(names).items())
    tables = [value for name, value in attributes if name.isupper() and isinstance(value, dict)]
    known = {*stack.DISSECTORS, *(name for table in tables for name in table.values() if isinstance(name, str))}
    return sorted(name for name in known if _NAME.fullmatch(name))


FIELDS = tuple(Field(name, PRESENCE, f"The frame has the protocol {name}", _protocol(name)) for name in _names())
