"""TCP checksums of the first packets of a capture, by the address that sent them.

- *checksum offload*: most checksums of a sender are wrong, or hold only the sum of the pseudo-header: it sits on the capturing
  machine, where the network card fills them in later. They say nothing.
- *bad checksum*: the checksums of a sender are right, except for a few. Those packets were damaged on the way, and their receiver
  drops them: what the capture shows there did not arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table, views
from analyzer.finding import Finding, Severity
from analyzer.flow import checksum
from analyzer.flow.fact import Fact, Facts

from .capture import LARGEST_FRAME
from .evidence import Evidence

SAMPLE: Final = 20_000  #: packets whose checksums are verified
OFFLOADED: Final = 0.5  #: share of a sender's checksums that are wrong from which on its card fills them in
FEWEST: Final = 4  #: packets of a sender that tell of its card; most of fewer being wrong says nothing
HEADER: Final = 20
ADDRESS: Final = {4: (12, 16), 6: (8, 24)}  #: where the source address stands in an IP header
GOOD, PARTIAL = checksum.STATES["good"], checksum.STATES["partial"]


class Checksums:
    """Looks at the TCP segments of the first batches."""

    def __init__(self) -> None:
        self.verified = 0
        self._sender: list[Int64] = []
        self._state: list[Column] = []
        self._frame: list[Int64] = []
        self._stream: list[Int64] = []

    def update(self, batch: Batch, table: Table, facts: Facts, chosen: Column) -> None:
        """Verify the chosen frames of a batch, as far as the sample goes."""
        if self.verified >= SAMPLE:
            return
        network, at, end = table["network"], table["at"], table["end"]
        whole = chosen[table["row"]] & (facts[Fact.SIZE] >= 0) & (facts[Fact.LENGTH] >= 0) & (network >= 0)
        whole &= (end == table["reported"]) & (end - at >= HEADER) & (table["partial"] == 0) & (table["fault"] == 0)
        whole &= facts[Fact.SIZE] <= LARGEST_FRAME  # of joined segments nobody makes the checksum anew
        rows = np.flatnonzero(whole)[: SAMPLE - self.verified]
        if not len(rows):
            return
        self.verified += len(rows)
        version = table["version"][rows].astype(np.int64)
        state = np.zeros(len(rows), np.uint8)
        where = (network[rows].astype(np.int64), version, at[rows].astype(np.int64), end[rows].astype(np.int64))
        checksum.verify(*views(batch.data, *where, state))
        self._sender.append(_senders(batch, network[rows], version))
        self._state.append(state)
        self._frame.append(facts[Fact.FRAME][rows])
        self._stream.append(facts[Fact.STREAM][rows])

    def findings(self) -> Iterator[Finding]:
        """What they say."""
        if not self.verified:
            return
        sender, state, frame, stream = map(np.concatenate, (self._sender, self._state, self._frame, self._stream))
        if (state == GOOD).all():
            return
        _, code = np.unique(sender, return_inverse=True)
        packets, wrong = np.bincount(code), np.bincount(code[state != GOOD], minlength=int(code.max()) + 1)
        most = wrong >= OFFLOADED * packets
        offload = (state == PARTIAL) | ((state != GOOD) & (most & (packets >= FEWEST))[code])
        bad = (state != GOOD) & ~offload & ~most[code]
        values = {"of": self.verified}
        if offload.any():
            yield _evidence(frame[offload], stream[offload]).finding("checksum_offload", Severity.NOTE, "tcp", values)
        if bad.any():
            yield _evidence(frame[bad], stream[bad]).finding("bad_checksum", Severity.WARNING, "tcp", values)


def _evidence(frame: Int64, stream: Int64) -> Evidence:
    evidence = Evidence()
    evidence.add(frame, stream)
    return evidence


def _senders(batch: Batch, network: Int64, version: Int64) -> Int64:
    """A number for the source address of each packet."""
    number = version.copy()
    for family, (first, last) in ADDRESS.items():
        mine = version == family
        if mine.any():
            octets = batch.data[network[mine, None] + np.arange(first, last)].astype(np.int64)
            for column in octets.T:
                number[mine] = number[mine] * 0x100000001B3 + column
    return number
