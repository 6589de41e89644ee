"""What an explanation of a difference is, and what it may look at.

An explanation is a rule about bytes, never about a frame of a known capture: it has to hold where nobody has looked yet.
tests/oracle/EXPLAINED.md tells each at length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from analyzer.batch import Interface
from analyzer.flow.fact import Fact

from .difference import Difference
from .ours import FIELDS, headers

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frame as a library and we read it."""

    by: str
    frame: bytes
    theirs: list[tuple[str, dict[str, Any]]]  #: all headers that the library finds
    ours: dict[str, list[dict[str, Any]]]
    place: int  #: in `theirs`: the header in which the difference is

    def in_front(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Protocol and our reading of each header in front of that one, the outermost first, as far as we have it."""
        depth: Counter[str] = Counter()
        for protocol, _ in self.theirs[: self.place]:
            if depth[protocol] < len(self.ours[protocol]):
                yield protocol, self.ours[protocol][depth[protocol]]
            depth[protocol] += 1

    def same(self) -> dict[str, Any] | None:
        """Our reading of that header."""
        protocol = self.theirs[self.place][0]
        depth = sum(other == protocol for other, _ in self.theirs[: self.place])
        return self.ours[protocol][depth] if depth < len(self.ours[protocol]) else None


class Frame:
    """A frame as we read it, looked at only where tshark reads it differently."""

    def __init__(
        self, dissection: Dissection, row: int, protocols: str, other_rules: str, odd_times: Mapping[str, Set[int]]
    ) -> None:
        self.dissection = dissection
        self.row = row
        self.protocols = protocols.split(":")  #: as tshark has it
        self.other_rules = other_rules
        self.odd_times = odd_times  #: explanation -> TCP streams with a time stamp that it explained

    @property
    def interface(self) -> Interface:
        batch = self.dissection.batch
        return batch.interfaces[int(batch.interface[self.row])]

    def streams(self) -> list[int]:
        """The TCP streams to which the frame belongs."""
        table, facts = self.dissection.tcp, self.dissection.tcp_facts
        if table is None or facts is None:
            return []
        streams = facts[Fact.STREAM][np.flatnonzero(table["row"] == self.row)].tolist()
        return [stream for stream in streams if stream >= 0]

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
