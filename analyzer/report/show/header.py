"""One header of a frame: an occurrence of a protocol."""

from __future__ import annotations

from types import ModuleType
from typing import Final, NamedTuple

from analyzer.batch import Column

NETWORK: Final = ("ip", "ipv6")


class Header(NamedTuple):
    """Where it stands in the columns of its protocol."""

    dissector: ModuleType
    table: str
    columns: dict[str, Column]
    i: int

    def number(self, column: str) -> int:
        return int(self.columns[column][self.i])

    @property
    def behind(self) -> int:
        """Where its own bytes end: in a frame that is cut there, before what it carries would begin."""
        return min(self.number("inner"), self.number("end"))

    @property
    def name(self) -> str:
        return str(self.dissector.NAME)
