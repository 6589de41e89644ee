"""Where a packet was seen: at which link (interface, MAC addresses, tags) and how many hops from its sender."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64

from .trace import Trace

PLACES: Final = 8  #: most links of a direction; more are no places, but lengths or counters in the headers before IP


def place(trace: Trace) -> Int64:
    """A number for each row that is the same for packets of a direction that were seen at the same place."""
    if max(len(np.unique(trace.link[trace.direction == direction])) for direction in (0, 1)) > PLACES:
        return trace.ttl
    return trace.link * 256 + trace.ttl


def turn(packet: Int64, at: Int64) -> Int64:
    """Which sighting of its packet at its place each one is, from 0; sightings in capture order."""
    order = np.lexsort((at, packet))
    new = np.ones(len(packet), np.bool_)
    new[1:] = (packet[order][1:] != packet[order][:-1]) | (at[order][1:] != at[order][:-1])
    index = np.arange(len(packet))
    turns = np.empty(len(packet), np.int64)
    turns[order] = index - np.maximum.accumulate(np.where(new, index, 0))
    return turns
