"""D-SACK: the receiver says that data came twice (RFC 2883 section 4).

It is the first SACK block of an ACK, if that lies below the acknowledgment number or inside the second block; and it is sent
once, with the ACK that the second arrival causes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.batch import Column, Int64

from .trace import Trace


@dataclass(slots=True)
class Dsacks:
    """The D-SACK blocks of a trace, in capture order."""

    row: Int64  #: the ACK that carries it
    left: Int64  #: offsets in the stream of the other direction
    right: Int64

    def __len__(self) -> int:
        return len(self.row)

    def take(self, mask: Column) -> Dsacks:
        """Those at which the mask is set."""
        return Dsacks(self.row[mask], self.left[mask], self.right[mask])


def dsacks(trace: Trace) -> Dsacks:
    """All of both directions."""
    row, left, right = trace.sack_row, trace.sack_from, trace.sack_to
    if not len(row):
        return Dsacks(row, left, right)
    first = np.ones(len(row), np.bool_)
    first[1:] = row[1:] != row[:-1]
    below = right <= trace.acked[row]
    inside = np.zeros(len(row), np.bool_)
    inside[:-1] = ~first[1:] & (left[1:] <= left[:-1]) & (right[:-1] <= right[1:])
    mine = first & (below | inside) & (left < right)
    return Dsacks(row[mine], left[mine], right[mine])
