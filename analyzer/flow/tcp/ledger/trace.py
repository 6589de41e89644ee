"""One connection as columns: every packet that the capture has of it, in capture order.

All later questions (was it a copy, an original, why was it sent again, who waited) are asked of a Trace. Sequence numbers
are 64-bit stream offsets here: 0 is the first byte behind the SYN, or the first byte seen without one; a SYN lies at -1
and a FIN takes one offset behind the data. A direction is 0 or 1 as in Fact.SIDE; `client` says which one is the client's.

Kernels get all columns as one array: handing over fourteen takes longer than what is asked of a short connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

import numpy as np

from analyzer.batch import Column, Int64

NO_ACK: Final = -(1 << 62)  #: `acked` of a packet without the ACK flag
NONE: Final = -1  #: a column that the packet has nothing for: no time stamps, no IP identification (IPv6)

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10


class At(IntEnum):
    """Where kernels find the columns of a trace: the row of each in `packed`."""

    FRAME = 0
    TIME = 1
    DIRECTION = 2
    START = 3
    END = 4
    LENGTH = 5
    ACKED = 6
    FLAGS = 7
    WINDOW = 8
    TSVAL = 9
    TSECR = 10
    IP_ID = 11
    TTL = 12
    LINK = 13


COLUMNS: Final = tuple(column.name.lower() for column in At)
NO_BLOCKS: Final = np.empty((3, 0), np.int64).data


@dataclass(slots=True, eq=False)
class Trace:
    """The packets of one connection. All columns have one length; times are ns, offsets and lengths bytes."""

    stream: int
    slot: int
    client: int  #: direction of the client
    frame: Int64
    time: Int64
    direction: Int64
    start: Int64  #: offset of its first byte (of the SYN: -1)
    end: Int64  #: offset behind it, a SYN or FIN counted as one
    length: Int64  #: payload bytes
    acked: Int64  #: offset in the other side's stream below which everything is acknowledged; NO_ACK
    flags: Int64
    window: Int64  #: scaled, as far as the scale is known
    tsval: Int64  #: NONE without time stamps
    tsecr: Int64
    ip_id: Int64  #: NONE in IPv6
    ttl: Int64  #: or hop limit
    link: Int64  #: hash of interface, MAC addresses and tags: differs where the same packet was captured in another place
    sack_row: Int64  #: for each SACK block the row that it stands in, ascending
    sack_from: Int64  #: its left edge as an offset in the other side's stream
    sack_to: Int64  #: its right edge
    reported: int = 0  #: the rows before this one were judged already; they are here as history
    sack: bool | None = None  #: whether both ends permit SACK; None: a SYN was not seen
    pressed: bool = False  #: there is no room: half of it has to be decided, whatever may come
    over: bool = True  #: nothing more of the connection is to come: it was closed, or the capture ends here
    columns: Int64 | None = field(default=None, init=False, repr=False)  #: those above in one array, once somebody has asked

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, columns: Int64, blocks: Int64, **more: Any) -> Trace:
        """Of columns in the order of At, and of the SACK blocks: row, left and right edge. `more`: what is no column."""
        named = dict(zip(COLUMNS, columns, strict=True))
        row, left, right = blocks
        made = cls(**named, sack_row=row, sack_from=left, sack_to=right, **more)
        made.columns = columns
        return made

    def packed(self) -> memoryview:
        """The columns for a kernel, in the order of At."""
        if self.columns is None:
            self.columns = np.stack([getattr(self, name) for name in COLUMNS])
        return self.columns.data

    def blocks(self) -> memoryview:
        """The same of the SACK blocks: row, left and right edge."""
        return np.stack((self.sack_row, self.sack_from, self.sack_to)).data if len(self.sack_row) else NO_BLOCKS

    def take(self, rows: Column) -> Trace:
        """The packets at `rows` (ascending positions or a mask), as a trace of its own."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        place = np.full(len(self), -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = place[self.sack_row] >= 0
        return Trace(
            self.stream, self.slot, self.client, self.frame[rows], self.time[rows], self.direction[rows], self.start[rows],
            self.end[rows], self.length[rows], self.acked[rows], self.flags[rows], self.window[rows], self.tsval[rows],
            self.tsecr[rows], self.ip_id[rows], self.ttl[rows], self.link[rows], place[self.sack_row[kept]],
            self.sack_from[kept], self.sack_to[kept], int(np.count_nonzero(rows < self.reported)), self.sack,
            self.pressed, self.over,
        )  # fmt: skip
