"""Fields of packets: everything that `packets -e` can show and a display filter can ask for, by Wireshark's names.

A field finds all its occurrences in a batch at once, as columns. What is shown of them and what a filter does with them
is decided by the reader: see Field.shown and Field.occurrences.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from . import analysis, frame, link, network, protocol, transport, wireless
from .field import Field
from .view import Dissected, Occurrences, View, views

__all__ = ["FIELDS", "Dissected", "Field", "Occurrences", "UnknownField", "View", "find", "views"]

NEAREST: Final = 3  #: suggestions for a name that is unknown

_MODULES: Final = (frame, link, wireless, network, transport, analysis, protocol)
FIELDS: Final[dict[str, Field]] = {field.name: field for module in _MODULES for field in module.FIELDS}


class UnknownField(ValueError):
    """A name that is no field, with the nearest ones that are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nearest = difflib.get_close_matches(name, FIELDS, NEAREST, 0.6)
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else "; `analyzer fields` lists all"
        super().__init__(f"there is no field {name!r}{hint}")


def find(names: Iterable[str]) -> list[Field]:
    """The fields of these names. Raises UnknownField."""
    fields = []
    for name in names:
        if name not in FIELDS:
            raise UnknownField(name)
        fields.append(FIELDS[name])
    return fields
