"""What fields are read from: one batch with the tables of its protocols, and the little that is known from before it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table
from analyzer.dissect import stack
from analyzer.dissect.walk import Walk
from analyzer.flow.fact import Fact, Facts

T = TypeVar("T")


class Dissected(Protocol):
    """A batch behind dissection and analysis, as the pipeline yields it."""

    @property
    def batch(self) -> Batch: ...
    @property
    def walk(self) -> Walk: ...
    @property
    def tcp_facts(self) -> Facts | None: ...
    @property
    def udp_facts(self) -> Facts | None: ...


class Occurrences(NamedTuple):
    """A field wherever it stands in a batch: several times in a frame with tunnels or quoted headers."""

    row: Int64  #: rows of the batch, ascending; within a row from the outermost header to the innermost
    value: Column  #: one for each; its kind says what the numbers mean
    quoted: Column | None = None  #: 1 where it stands in a header quoted by an ICMP error; None: nowhere
    labels: list[str] | None = None  #: of kind LABEL: the texts that the values are positions in


NOWHERE = Occurrences(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(slots=True)
class View:
    """One batch. Valid until the next one is asked for."""

    dissection: Dissected
    first_ns: int  #: time of the first frame of the capture
    previous_ns: int  #: time of the last frame of the batch before; that of the first frame in the first batch
    files: Sequence[str] = ()  #: names of the files that are read together
    _known: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def batch(self) -> Batch:
        return self.dissection.batch

    def __len__(self) -> int:
        return len(self.dissection.batch)

    def table(self, name: str) -> Table | None:
        """Every occurrence of a protocol in this batch, None without one."""
        return self.once(("table", name), lambda: self.dissection.walk.table(name) if name in stack.DISSECTORS else None)

    def facts(self, name: str) -> Facts | None:
        """What the analysis knows of each occurrence of tcp or udp."""
        return self.dissection.tcp_facts if name == "tcp" else self.dissection.udp_facts

    def fact(self, name: str, fact: Fact) -> Column:
        """One fact of each occurrence of tcp or udp."""
        facts = self.facts(name)
        return np.empty(0, np.int64) if facts is None else facts[fact]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made once for this batch."""
        if key not in self._known:
            self._known[key] = make()
        value: T = self._known[key]
        return value

    def paths(self) -> Column:
        """The path of each frame, an index into dissection.walk.paths."""
        return self.once("paths", self.dissection.walk.path_of_row)


def views(dissections: Iterable[Dissected], files: Sequence[str] = ()) -> Iterator[View]:
    """A view of each batch of a capture, in order."""
    first = previous = 0
    begun = False
    for dissection in dissections:
        time = dissection.batch.time
        if len(time) and not begun:
            first = previous = int(time[0])
            begun = True
        yield View(dissection, first, previous, files)
        if len(time):
            previous = int(time[-1])


def read(view: View, at: Int64, offset: int, width: int) -> Column:
    """The big-endian number of 1, 2, 4 or 8 bytes at `offset` behind each position; the caller has checked that it is there."""
    data = view.batch.data
    if width == 1:
        return data[at + offset]
    index = at[:, None] + np.arange(offset, offset + width)
    number: Column = data[index].view(f">u{width}").reshape(len(at)).astype(f"u{width}")
    return number
