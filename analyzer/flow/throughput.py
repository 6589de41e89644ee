"""Packets and bytes over time, by direction: what a network analyzer draws as an I/O graph.

Time is cut into intervals of one length, counted from the first frame of the capture. A frame counts in the interval of its time
stamp, to the client's or the server's side of the innermost TCP or UDP conversation that it belongs to, else to `other`. Bytes
are those of the frame on the wire; payload is that of TCP or UDP; retransmitted is the payload of the segments that Wireshark
calls retransmissions. Intervals without a frame are rows of zeros. Frames with an unreadable time stamp are only counted.

Where no interval is wanted it is the shortest of LADDER with at most ROWS intervals. Each step of the ladder is a multiple of the
one before, so that intervals are joined while the capture is read, and nothing is kept of the frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table
from analyzer.dissect.walk import Walk
from analyzer.fault import Fault
from analyzer.flow import meaning
from analyzer.flow.columns import Row
from analyzer.flow.conversations import Conversations
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.meaning import Key
from analyzer.flow.tcp.verdict import Verdict

ROWS: Final = 100  #: most intervals where nobody says how long they are
MAX_ROWS: Final = 1_000_000  #: most where somebody does
MOST_BINS: Final = 8_192  #: intervals that are kept while the capture is read; more are joined
SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
LADDER: Final = (
    *(digit * 10**power for power in range(3, 9) for digit in (1, 2)),  # 1 us, 2 us, 10 us, ... 200 ms
    SECOND, 2 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND, 300 * SECOND, 600 * SECOND, 3600 * SECOND, 6 * 3600 * SECOND, DAY,
    *(days * DAY for days in (2, 10, 20, 100, 200, 1_000, 2_000, 10_000)),
)  # fmt: skip
CLIENT, SERVER, OTHER = 0, 1, 2
SIDES: Final = ("client", "server", "other")
RETRANSMITTED: Final = int(Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION)
#: what is counted of each interval
COUNTED: Final = (
    *(f"{what}_{side}" for what in ("packets", "bytes") for side in SIDES),
    *(f"{what}_{side}" for what in ("payload", "retransmitted") for side in SIDES[:2]),
)
INTERVAL: Final[dict[str, Key]] = {
    "start_ns": meaning.time(f"begin of the interval, {meaning.EPOCH}"),
    "interval_ns": meaning.time("its length"),
    **{
        f"packets_{side}": meaning.integer(f"packets {words}")
        for side, words in zip(SIDES, ("from clients", "from servers", "of no TCP or UDP conversation"), strict=True)
    },
    **{
        f"bytes_{side}": meaning.integer(f"their lengths on the wire: {words}", "bytes")
        for side, words in zip(SIDES, ("from clients", "from servers", "the others"), strict=True)
    },
    "payload_client": meaning.integer("TCP or UDP payload from clients", "bytes"),
    "payload_server": meaning.integer("TCP or UDP payload from servers", "bytes"),
    "retransmitted_client": meaning.integer("payload from clients that Wireshark calls retransmitted", "bytes"),
    "retransmitted_server": meaning.integer("payload from servers that Wireshark calls retransmitted", "bytes"),
    **{
        f"bits_per_second_{side}": meaning.integer(f"throughput: bytes_{side} * 8 / interval, rounded", "bit/s") for side in SIDES
    },
}
INTERVAL_KEYS: Final = tuple(INTERVAL)


class TooManyIntervals(ValueError):
    """The interval is too short for the capture."""


class Throughput:
    """Call `update` for each batch, then ask for `rows`. interval_ns: None: as the capture needs it."""

    def __init__(self, interval_ns: int | None = None) -> None:
        self._fixed = interval_ns is not None
        self.interval_ns = LADDER[0] if interval_ns is None else interval_ns
        self._first_ns: int | None = None
        self._bins: dict[int, Int64] = {}
        self._low = self._high = 0
        self.without_time = 0  #: frames of which the time stamp cannot be read

    def update(self, batch: Batch, walk: Walk, tcp: Transport, udp: Transport, mask: Column | None = None) -> None:
        """Count the frames of a batch; mask: the ones that are selected."""
        if not len(batch):
            return
        readable = batch.fault != Fault.TIMESTAMP
        if self._first_ns is None and readable.any():
            self._first_ns = int(batch.time[readable.argmax()])
        chosen = readable if mask is None else readable & mask
        self.without_time += int(np.count_nonzero(~readable if mask is None else ~readable & mask))
        rows = np.flatnonzero(chosen)
        if not len(rows) or self._first_ns is None:
            return
        counts = _counts(batch, walk, tcp, udp)
        place = (batch.time[rows] - self._first_ns) // self.interval_ns
        self._reserve(int(place.min()), int(place.max()))
        place = (batch.time[rows] - self._first_ns) // self.interval_ns
        bins, code = np.unique(place, return_inverse=True)
        added = np.zeros((len(bins), len(COUNTED)), np.int64)
        np.add.at(added, code, counts[rows])
        for number, values in zip(bins.tolist(), added, strict=True):
            known = self._bins.get(number)
            if known is None:
                self._bins[number] = values
            else:
                known += values
        if not self._fixed and len(self._bins) > MOST_BINS:
            self._coarser()

    def _reserve(self, low: int, high: int) -> None:
        """Room for intervals up to these; TooManyIntervals: there is none."""
        if self._bins:
            low, high = min(low, self._low), max(high, self._high)
        self._low, self._high = low, high
        if self._fixed and high - low >= MAX_ROWS:
            raise TooManyIntervals(f"{high - low + 1:,} intervals are more than {MAX_ROWS:,}; take longer ones")
        while not self._fixed and self._high - self._low >= MAX_ROWS:
            self._coarser()

    def _coarser(self) -> None:
        """The next interval of the ladder."""
        longer = LADDER[LADDER.index(self.interval_ns) + 1]
        ratio = longer // self.interval_ns
        self.interval_ns = longer
        bins, self._bins = self._bins, {}
        for number, values in bins.items():
            known = self._bins.get(number // ratio)
            if known is None:
                self._bins[number // ratio] = values
            else:
                known += values
        self._low, self._high = self._low // ratio, self._high // ratio

    def rows(self) -> Iterator[Row]:
        """The intervals from the first to the last frame that counts, with the keys of INTERVAL."""
        if not self._bins or self._first_ns is None:
            return
        while not self._fixed and max(self._bins) - min(self._bins) >= ROWS and self.interval_ns != LADDER[-1]:
            self._coarser()
        nothing = np.zeros(len(COUNTED), np.int64)
        for number in range(min(self._bins), max(self._bins) + 1):
            row: Row = {"start_ns": self._first_ns + number * self.interval_ns, "interval_ns": self.interval_ns}
            row |= zip(COUNTED, self._bins.get(number, nothing).tolist(), strict=True)
            for side in SIDES:
                row[f"bits_per_second_{side}"] = round(row[f"bytes_{side}"] * 8 * SECOND / self.interval_ns)
            yield row


Transport = tuple[Facts | None, Conversations]  #: what is known of each header of a batch, and the conversations


def _counts(batch: Batch, walk: Walk, tcp: Transport, udp: Transport) -> Int64:
    """What each frame of a batch adds to COUNTED."""
    side = np.full(len(batch), OTHER, np.int64)
    payload, resent = np.zeros(len(batch), np.int64), np.zeros(len(batch), np.int64)
    depth = np.full(len(batch), -1, np.int64)
    for protocol, (facts, conversations) in (("udp", udp), ("tcp", tcp)):
        table = walk.table(protocol)
        if table is None or facts is None:
            continue
        index = _innermost(table, facts, depth)
        rows, of = table["row"][index], facts[Fact.SIDE][index]
        slots, code = np.unique(of >> 1, return_inverse=True)
        side[rows] = np.where(of & 1 == conversations.clients(slots)[code], CLIENT, SERVER)
        length = np.maximum(facts[Fact.LENGTH][index], 0)
        payload[rows] = length
        resent[rows] = np.where(facts[Fact.VERDICT][index] & RETRANSMITTED != 0, length, 0) if protocol == "tcp" else 0
    wire = batch.reported - batch.start
    counts = np.zeros((len(batch), len(COUNTED)), np.int64)
    everyone = np.arange(len(batch))
    counts[everyone, side] = 1
    counts[everyone, len(SIDES) + side] = wire
    for place, values in ((2 * len(SIDES), payload), (2 * len(SIDES) + 2, resent)):
        for one in (CLIENT, SERVER):
            counts[:, place + one] = np.where(side == one, values, 0)
    return counts


def _innermost(table: Table, facts: Facts, depth: Int64) -> Int64:
    """The headers that lie deeper in their frames than those seen before, the last of each frame; `depth` is moved there."""
    index = np.flatnonzero((facts[Fact.SIDE] >= 0) & (facts[Fact.SIZE] >= 0) & (table["depth"] > depth[table["row"]]))
    rows = table["row"][index]
    last = np.ones(len(rows), bool)
    last[:-1] = rows[1:] != rows[:-1]  # a table is in the order of frames and depths
    index = index[last]
    depth[table["row"][index]] = table["depth"][index]
    return index
