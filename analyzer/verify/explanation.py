"""What an explanation of a difference is, and what it may look at.

An explanation is a rule about bytes, never about a frame of a known capture: it has to hold where nobody has looked yet.
tests/oracle/EXPLAINED.md tells each at length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np

from .difference import Difference
from .ours import FIELDS, headers

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection

IS_FRAGMENT: Final = -2  #: what IPv4 and IPv6 carry instead of a protocol


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frame as a library and we read it."""

    by: str
    linktype: int
    frame: bytes
    length: int  #: on the wire
    theirs: list[tuple[str, dict[str, Any]]]
    ours: dict[str, list[dict[str, Any]]]

    def stopped_at_fragment(self) -> bool:
        return any(header["carries"] == IS_FRAGMENT for protocol in ("ip", "ipv6") for header in self.ours[protocol])


class Frame:
    """A frame as we read it, looked at only where tshark reads it differently."""

    def __init__(self, dissection: Dissection, row: int, protocols: str, far_times: bool, other_rules: str) -> None:
        self.dissection = dissection
        self.row = row
        self.protocols = protocols.split(":")  #: as tshark has it
        self.far_times = far_times  #: time stamps were out of range in this frame or before it
        self.other_rules = other_rules

    def bytes_of(self, protocol: str) -> list[bytes]:
        """The captured bytes of each header of a protocol, and of all behind it."""
        table = self.dissection.walk.table(protocol)
        if table is None:
            return []
        mine = np.flatnonzero(table["row"] == self.row).tolist()
        return [self.dissection.batch.data[table["at"][i] : table["end"][i]].tobytes() for i in mine]

    def headers(self, protocol: str) -> list[dict[str, Any]]:
        table = self.dissection.walk.table(protocol) if protocol in FIELDS else None
        if table is None:
            return []
        return headers(self.dissection.batch, protocol, table, np.array([self.row])).get(self.row, [])


Seen = TypeVar("Seen", Evidence, Frame)


@dataclass(frozen=True, slots=True)
class Explanation(Generic[Seen]):
    """A reason for a difference."""

    name: str
    reason: str
    right: str  #: who is right: ours, theirs, both
    holds: Callable[[Difference, Seen], bool]
