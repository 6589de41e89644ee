"""A batch of frames: one NumPy array per column, the bytes of all of them in one buffer.

Positions are offsets into `Batch.data`. Every layer knows three of them: `at`, where it begins; `end`, where its captured
bytes end; `reported`, where its bytes would end had the capture kept them all (Wireshark's "reported length", as a position).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Column = NDArray[Any]

BATCH_ROWS = 8192  #: most rows of a batch; measured best of 1 K to 1 M: the columns of one layer stay in the cache


@dataclass(slots=True)
class Interface:
    """Where frames were captured: a pcapng interface, or the one interface that a pcap file is."""

    linktype: int  #: LINKTYPE_ number (tcpdump.org/linktypes.html)
    name: str = ""
    description: str = ""
    snap_length: int = 0  #: 0 = no limit
    fcs_length: int = 0  #: bytes of frame check sequence at the end of every frame
    resolution: int = 1_000_000  #: time stamp units per second
    file: int = 0  #: which of the files that are read together
    statistics: dict[str, int] = field(default_factory=dict)  #: received, dropped, ... as the capture itself reports them


@dataclass(slots=True)
class Batch:
    """Up to BATCH_ROWS frames. The bytes and columns are reused: they are valid until the next batch is asked for."""

    data: NDArray[np.uint8]
    number: Int64  #: frame number, 1-based, over all files
    time: Int64  #: ns since 1970
    start: Int64  #: where the frame's bytes begin in data
    end: Int64  #: where its captured bytes end
    reported: Int64  #: start + length on the wire
    interface: NDArray[np.int32]  #: index into interfaces
    linktype: NDArray[np.int32]
    fault: NDArray[np.uint8]  #: Fault of the record itself
    interfaces: list[Interface]
    file: NDArray[np.int16] | None = None  #: index of the file, where several are merged
    number_in_file: Int64 | None = None

    def __len__(self) -> int:
        return len(self.number)


class Table:
    """Every occurrence of one protocol in a batch, in (row, depth) order: `row` indexes the batch, columns are by name.

    The columns that every protocol has: row, depth (0 = the link layer), at, end, reported, inner, inner_end,
    inner_reported (the same three positions of what it carries), carries (what that is; below 0: nothing that is
    dissected), fault, network (position of the enclosing IP header, -1 without one), version (4, 6 or 0 of that header),
    quoted (1 inside an ICMP error), partial (1 where the payload is not all there: the first fragment of a datagram that
    cannot be reassembled) and path (the protocols from the link layer to here, an index into Walk.paths).
    """

    __slots__ = ("columns",)

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns["row"])

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def take(self, index: Column) -> Table:
        """The occurrences at `index` (positions or a boolean mask), as a new table."""
        return Table({name: column[index] for name, column in self.columns.items()})


def views(*arrays: Column) -> tuple[memoryview, ...]:
    """Memoryviews for a kernel: interpreted, items of a NumPy array would keep their narrow type in arithmetic."""
    return tuple(array.data for array in arrays)
